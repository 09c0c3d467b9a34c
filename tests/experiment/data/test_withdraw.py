"""A participant's data removed for good."""

from __future__ import annotations

import shutil
from contextlib import suppress

import pytest

from experiment.data.bids import check_new_participant, read_kinds, register
from experiment.data.consents import read_consents
from experiment.data.journal import locked
from experiment.data.read_data import read_data
from experiment.data.withdraw import look_up, withdraw
from experiment.data.withdrawn import Mark, read_marks
from experiment.records import Kind
from tricky.core.errors import InputError


@pytest.fixture
def study(machine):
    here = machine("study")
    here.record("07", 1, age="31", note="left-handed", consent=True)
    here.record("07", 2, n_rows=3, consent=True)
    here.record("08", age="25", consent=True)
    return here


@pytest.mark.parametrize("name", ["07", "sub-07"])
def test_sessions_row_and_consents_are_removed_and_a_mark_is_left(study, bids_issues, name):
    before = study.files()
    held = withdraw(study.data, name)
    assert held.words == "2 sessions, the row in participants.tsv, 2 lines of consent.tsv"
    after = study.files()
    assert not any("07" in path for path in after)
    others = {path: content for path, content in before.items() if "sub-08" in path}
    assert others
    assert others.items() <= after.items()
    assert read_kinds(study.data) == {"08": Kind.PERSON}
    assert read_consents(study.data).participants() == ["08"]
    assert {mark.participant_id for mark in read_marks(study.data)} == {"sub-07"}
    assert len(read_marks(study.data)) == 2
    everything = b"".join(after.values())
    for word in (b"left-handed", b"31\t"):
        assert word not in everything
    assert read_data(study.data).notes == ()
    assert bids_issues(study.data) == []


def test_the_mark_contains_only_the_id(study):
    withdraw(study.data, "07")
    header, *lines = (study.root / "withdrawn.tsv").read_text().splitlines()
    assert header == "participant_id\tsession_sha256"
    assert all(len(cells) == 2 and len(cells[1]) == 64 for cells in (line.split("\t") for line in lines))


def test_lock_files_contain_nothing_of_a_session(study):
    with locked(study.data, "sub-07_ses-1_task-harder", "busy"), locked(study.data, "sub-077_task-x", "busy"):
        pass
    withdraw(study.data, "07")
    names = [path.name for path in (study.root / ".locks").iterdir()]
    assert not any("sub-07_" in name for name in names)


def test_the_id_is_not_used_again(study):
    withdraw(study.data, "07")
    with pytest.raises(
        InputError, match="sub-07 was withdrawn, and the id is not used again; give another, such as 09"
    ):
        check_new_participant(study.data, "07")
    with pytest.raises(InputError, match="was withdrawn"):
        register(study.data, ["07"], Kind.PERSON)
    check_new_participant(study.data, "09")


def test_a_second_call_changes_nothing(study):
    withdraw(study.data, "07")
    before = study.files()
    held = withdraw(study.data, "07")
    assert (held.words, held.withdrawn) == ("", True)
    assert study.files() == before


def test_an_unknown_participant_cannot_be_withdrawn(study):
    for name, said in (("09", "no participant 09"), ("../08", "letters and digits only")):
        with pytest.raises(InputError, match=said):
            withdraw(study.data, name)
    assert read_marks(study.data) == set()


def test_a_participant_with_a_consent_only_is_removed_from_the_list(study):
    path = study.root / "consent.tsv"
    path.write_text(path.read_text().replace("sub-08", "sub-09"))
    withdraw(study.data, "09")
    assert read_consents(study.data).participants() == ["07", "07"]
    assert read_marks(study.data) == {Mark("sub-09", "n/a")}


def test_a_running_session_is_not_removed(study):
    before = study.files()
    with (
        locked(study.data, "sub-07_ses-2_task-harder", "busy"),
        pytest.raises(InputError, match="this session is running; end it first"),
    ):
        withdraw(study.data, "07")
    assert study.files() == before


def test_damaged_sessions_are_removed_as_well(study):
    table = study.data / "sub-07" / "ses-1" / "beh" / "sub-07_ses-1_task-harder_beh.tsv"
    table.write_bytes(b"\0")
    (table.parent / "notes.txt").write_text("he said")
    withdraw(study.data, "07")
    assert not (study.data / "sub-07").exists()
    assert len(read_marks(study.data)) == 1  # of the other session


def test_copies_elsewhere_in_the_data_set_are_named(study):
    data = study.data
    shutil.copytree(data / "sub-07", data / "sub-07 - Copy")
    shutil.copytree(data / "sub-07", data / "derivatives" / "sub-07")
    (data / "sub-070").mkdir()
    (data / "derivatives" / "sub-070.csv").touch()
    assert look_up(data, "07").elsewhere == (data / "derivatives" / "sub-07", data / "sub-07 - Copy")


class Interrupted(Exception):  # noqa: N818 - as a power loss is none
    """The machine went off."""


@pytest.mark.parametrize("step", range(6))
def test_an_interrupted_withdrawal_is_finished_by_the_same_call(
    study, machine, monkeypatch, bids_issues, step
):
    from pathlib import Path

    whole = machine("whole")
    shutil.copytree(study.root, whole.root, dirs_exist_ok=True)
    withdraw(whole.data, "07")
    left = [step]
    real = {name: getattr(Path, name) for name in ("replace", "rename")}

    def counted(name):
        def call(self, target):
            left[0] -= 1
            if left[0] < 0:
                raise Interrupted
            return real[name](self, target)

        return call

    with monkeypatch.context() as patched:
        for name in real:
            patched.setattr(Path, name, counted(name))
        patched.setattr(
            shutil, "rmtree", lambda *_: (_ for _ in ()).throw(Interrupted) if step == 2 else None
        )
        with suppress(Interrupted):
            withdraw(study.data, "07")
    assert bids_issues(study.data) == []
    withdraw(study.data, "07")
    assert study.files() == whole.files()
    assert sorted(path.name for path in study.data.iterdir()) == sorted(
        path.name for path in whole.data.iterdir()
    )
