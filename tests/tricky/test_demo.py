"""The whole path as a new user takes it: one command, real images, real networks."""

import json
import re
from pathlib import Path

from analysis import population_accuracy, read_sessions


def content_of(study: Path) -> dict[str, bytes]:
    return {
        path.relative_to(study).as_posix(): path.read_bytes() for path in study.rglob("*") if path.is_file()
    }


def test_the_demo_does_a_whole_study_and_doing_it_again_changes_nothing(tmp_path, tricky):
    study = tmp_path / "study"
    first = tricky("demo", str(study), "--seed", "3")
    assert first.returncode == 0, first.stderr
    assert "65 pairs of one trivial and one impossible image" in first.stdout
    assert "run --participant 07" in first.stdout
    assert "report.html" in first.stdout

    difficulty = json.loads((study / "difficulty" / "difficulty.json").read_text())
    assert sum(difficulty["counts"].values()) == difficulty["n_images"] == 4600
    assert difficulty["counts"]["impossible"] >= 65  # for 60 pairs and practice
    pool = json.loads((study / "decisions" / "pool.json").read_text())
    assert len(pool["models"]) == 11
    assert min(model["accuracy"] for model in pool["models"]) > 0.7  # chance is 0.1

    trials = read_sessions(study / "data").query("block == 'main'")
    assert len(trials) == 12 * 60
    found = population_accuracy(trials["correct"], trials["participant"], trials["trial_id"])
    shown = re.sub(r"\s+", " ", first.stdout)
    assert f"right in {found.estimate:.1%} of trials" in shown
    assert f"{found.low:.1%} to {found.high:.1%}" in shown

    status = tricky("-C", str(study), "status")
    assert status.stdout.count("up to date") == 6, status.stdout

    before = content_of(study)
    again = tricky("demo", str(study), "--seed", "3")
    assert again.returncode == 0, again.stderr
    assert content_of(study) == before


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path, tricky):
    (tmp_path / "thesis.tex").write_text("years of work")
    done = tricky("demo", str(tmp_path))
    assert done.returncode == 2
    assert "not empty, and no study" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_the_published_histogram_gives_the_published_shares(tmp_path, tricky):
    reference = Path(__file__).parents[1] / "references" / "meding2022_pool11_histogram.csv"
    rows = [line.split(",") for line in reference.read_text().splitlines() if re.match(r"\d", line)]
    assert sum(int(n_images) for _, n_images in rows) == 50_000
    counts = [n_correct for n_correct, n_images in rows for _ in range(int(n_images))]
    table = tmp_path / "published.csv"
    table.write_text("image_id,n_correct\n" + "".join(f"{i},{n}\n" for i, n in enumerate(counts)))
    study = tmp_path / "study"
    assert tricky("init", str(study)).returncode == 0

    def shares(*flags: str) -> dict[str, str]:
        done = tricky("-C", str(study), "label", "--counts", str(table), "--models", "11", *flags)
        assert done.returncode == 0, done.stderr
        return dict(
            re.findall(r"^(trivial|in-between|impossible)\s+([\d.]+)%", done.stdout, flags=re.MULTILINE)
        )

    assert shares() == {"trivial": "46.000", "in-between": "42.496", "impossible": "11.504"}
    status = re.sub(r"\s+", " ", tricky("-C", str(study), "status").stdout)  # a terminal's width folds it
    assert "46.0% trivial, 42.5% in-between, 11.5% impossible" in status
    assert "out of date" not in status
    assert shares("--tolerance", "0") == {"trivial": "31.838", "in-between": "61.118", "impossible": "7.044"}
