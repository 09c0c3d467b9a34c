"""From files of trials to a report, as a user gives the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from foreign_files import write_model_vs_human
from typer.testing import CliRunner

from tricky.cli import app, main


def tricky(root: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["-C", str(root), *arguments], env={"COLUMNS": "300"})
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.usefixtures("blank_figures")
def test_a_folder_of_human_files_becomes_a_report_that_recovers_their_accuracy(tmp_path, bids_issues):
    share = write_model_vs_human(tmp_path / "humans", ["sketch", "blur"], 4, n_images=48)
    root = tmp_path / "study"
    tricky(tmp_path, "init", str(root))
    said = tricky(root, "import", "sessions", str(tmp_path / "humans"))
    assert "8 files in the format model-vs-human: 384 trials of 8 observers on 96 images" in said
    assert "Next: tricky analyse --stimuli imported" in said
    assert bids_issues(root / "data") == []
    assert "out of date" not in tricky(root, "status")
    tricky(root, "analyse", "--stimuli", "imported")
    found = json.loads((root / "report" / "results.json").read_text(encoding="utf-8"))
    assert found["task"] == "naming"
    assert found["population"]["estimate"] == pytest.approx(share)
    assert found["population"]["chance"] == 1 / 16
    assert found["exclusions"]["n_unanswered"] == 16
    assert {row["condition"] for row in found["by_condition"]} == {
        f"{experiment}/{condition}" for experiment in ("sketch", "blur") for condition in ("full", "faint")
    }
    assert "report" in tricky(root, "status")


def test_a_mistake_is_one_line_and_nothing_is_written(tmp_path, capsys, monkeypatch):
    tricky(tmp_path, "init", str(tmp_path / "study"))
    (tmp_path / "a.csv").write_text("who,file\n1,a.png\n")
    monkeypatch.setattr(
        "sys.argv", ["tricky", "-C", str(tmp_path / "study"), "import", "sessions", str(tmp_path / "a.csv")]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert "does not say what observers did; name it in study.toml" in said[0]
    assert not (tmp_path / "study" / "data").exists()


def test_the_format_can_be_named_on_the_command_line(tmp_path):
    write_model_vs_human(tmp_path / "humans", ["sketch"], 1, n_images=16)
    tricky(tmp_path, "init", str(tmp_path / "study"))
    said = tricky(
        tmp_path / "study", "import", "sessions", str(tmp_path / "humans"), "--as", "model-vs-human"
    )
    assert "format model-vs-human" in said


def test_class_naming_cannot_be_a_set_that_is_built(tmp_path):
    (tmp_path / "study.toml").write_text('[stimuli.main]\ntask = "naming"\n')
    done = CliRunner().invoke(app, ["-C", str(tmp_path), "status"])
    assert "[stimuli.main] task" in str(done.exception)
    assert "`tricky import sessions`" in str(done.exception)
