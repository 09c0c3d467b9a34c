"""`tricky merge` and `tricky withdraw`, as they are typed."""

from __future__ import annotations

import shutil
import sys

import pytest

from experiment.data.bids import read_kinds
from experiment.records import Kind
from tricky.cli import main
from tricky.study import create_study


@pytest.fixture
def tricky(machine, monkeypatch, capsys):
    create_study(machine("here").root)

    def call(*arguments, typed=None):
        def answer(_prompt):
            if typed is None:
                raise EOFError
            return typed

        monkeypatch.setattr("builtins.input", answer)
        monkeypatch.setattr(sys, "argv", ["tricky", "-C", str(machine("here").root), *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return ended.value.code or 0, shown.out, shown.err

    return call


def test_other_machines_are_merged_and_conflicts_name_the_options_that_solve_them(machine, tricky):
    here, a = machine("here"), machine("a")
    here.record("01")
    a.record("01", seed=1)
    a.record("02")
    code, out, error = tricky("merge", a.root)
    assert (code, out) == (2, "")
    assert error.startswith(f"tricky: sub-01 in {a.data}: ")
    options = error.strip().rpartition("give them free ids: ")[2].split()
    assert options == ["--rename", "01=03"]
    for n_added in (2, 0):
        code, out, error = tricky("merge", a.root, *options)
        assert (code, error) == (0, "")
        assert f"{n_added} sessions added, 0 continued, {2 - n_added} there already; 3 participants" in out


@pytest.mark.parametrize("text", ["01", "01=", "=02", "01=a_b", "01=../x", "01=02=03"])
def test_a_rename_that_is_written_otherwise_is_refused(machine, tricky, text):
    machine("a").record("01")
    code, _, error = tricky("merge", machine("a").root, "--rename", text)
    assert (code, "write OLD=NEW" in error) == (2, True)


def test_a_participant_is_renamed_once(machine, tricky):
    machine("a").record("01")
    code, _, error = tricky("merge", machine("a").root, "--rename", "01=02", "--rename", "sub-01=sub-03")
    assert (code, "renamed twice" in error) == (2, True)


def test_simulated_observers_can_be_left_out(machine, tricky):
    machine("a").record("sim01", kind=Kind.SIMULATED)
    assert "0 sessions added" in tricky("merge", machine("a").root, "--people-only")[1]


@pytest.mark.parametrize("typed", [None, "", "no", "07"])
def test_nothing_is_removed_without_a_yes(machine, tricky, typed):
    here = machine("here")
    here.record("07")
    before = here.files()
    code, _, error = tricky("withdraw", "07", typed=typed)
    assert (code, "everything is as it was" in error) == (2, True)
    assert here.files() == before


@pytest.mark.parametrize(("arguments", "typed"), [(("07", "--yes"), None), (("sub-07",), "yes")])
def test_a_participant_is_withdrawn_and_what_mentions_them_is_named(machine, tricky, arguments, typed):
    here = machine("here")
    here.record("07", consent=True)
    here.record("sim01", kind=Kind.SIMULATED)
    (here.root / "study.toml").write_text('[analyse.exclude]\nsessions = { "07/1" = "slept" }\n')
    (here.root / "report").mkdir()
    (here.root / "report" / "results.json").write_text("{}")
    code, out, error = tricky("withdraw", *arguments, typed=typed)
    assert (code, error) == (0, "")
    assert (
        "sub-07 is withdrawn; removed: 1 session, the row in participants.tsv, 1 line of consent.tsv" in out
    )
    assert "report: made with these data; run `tricky analyse` again" in out
    assert "study.toml: [analyse.exclude] sessions names '07/1'; remove the line" in out
    assert list(read_kinds(here.data)) == ["sim01"]
    assert "withdrawn before; nothing of theirs is left" in tricky("withdraw", "07")[1]


def test_files_for_the_owner_only_stay_so(machine, tricky):
    here = machine("here")
    here.record("07", consent=True)
    machine("a").record("08", consent=True)
    (here.root / "study.toml").write_text("[experiment.privacy]\nowner_only = true\n")
    shutil.rmtree(here.data)
    for command in (("merge", machine("a").root), ("withdraw", "08", "--yes")):
        assert tricky(*command)[0] == 0
        written = [here.root / "consent.tsv", *(path for path in here.data.rglob("*"))]
        assert {path.stat().st_mode & 0o077 for path in written} == {0}


def test_an_unknown_participant_is_an_error_of_one_line(machine, tricky):
    machine("here").record("07")
    code, _, error = tricky("withdraw", "08", "--yes")
    assert (code, error.count("\n")) == (2, 1)
    assert "no participant 08; participants.tsv lists the ids" in error
