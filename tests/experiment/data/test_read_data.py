import json
import shutil

import pytest

from experiment.data.read_data import read_data
from experiment.records import Kind
from tricky.core.errors import InputError


@pytest.fixture
def here(machine):
    study = machine("study")
    study.record("07")
    study.record("08", n_rows=3)
    return study


def refusal(here):
    with pytest.raises(InputError) as caught:
        read_data(here.data)
    return str(caught.value)


def test_sound_data_are_read_without_a_note(here):
    found = read_data(here.data)
    assert [(each.file.participant, each.complete) for each in found.sessions] == [
        ("07", True),
        ("08", False),
    ]
    assert found.notes == ()


def test_a_file_that_could_change_a_number_is_an_error(here):
    (here.data / "sub-07" / "beh" / "sub-07_task-harder_beh (1).tsv").write_text("another")
    assert "another version" in refusal(here)


def test_what_was_left_out_and_what_other_programs_saved_is_noted(here):
    (here.data / ".DS_Store").touch()
    table = here.data / "sub-07" / "beh" / "sub-07_task-harder_beh.tsv"
    table.write_bytes(table.read_bytes().replace(b"\n", b"\r\n"))
    assert read_data(here.data).notes == (
        "left out: .DS_Store (made by the system or another program)",
        "sub-07/beh/sub-07_task-harder_beh.tsv: saved by another program; what it says is as it was recorded",
    )


def test_a_participant_with_two_rows_is_refused(here):
    path = here.data / "participants.tsv"
    path.write_text(path.read_text() + "sub-07\tperson\n")
    assert "line 4, column participant_id: 'sub-07' is in line 2, too" in refusal(here)


def test_a_participant_without_a_row_is_refused(here):
    path = here.data / "participants.tsv"
    path.write_text(path.read_text().replace("sub-08\tperson\n", ""))
    assert "sub-08 is not in participants.tsv" in refusal(here)
    path.unlink()
    assert "participants.tsv: missing" in refusal(here)


@pytest.mark.parametrize(("kind", "other"), [(Kind.PERSON, Kind.SIMULATED), (Kind.SIMULATED, Kind.PERSON)])
def test_people_and_simulated_observers_cannot_be_confused_by_an_edit(machine, kind, other):
    study = machine("study")
    study.record("07", kind=kind)
    path = study.data / "participants.tsv"
    path.write_text(path.read_text().replace(kind, other))
    assert f"the session of a {kind} observer, but participants.tsv says {other}" in refusal(study)


def test_a_persons_session_under_a_second_id_is_refused(here):
    shutil.copytree(here.data / "sub-07", here.data / "sub-09")
    for path in (here.data / "sub-09" / "beh").iterdir():
        path.write_text(path.read_text().replace('"07"', '"09"'))
        path.rename(path.with_name(path.name.replace("sub-07", "sub-09")))
    with (here.data / "participants.tsv").open("a") as file:
        file.write("sub-09\tperson\n")
    assert "sub-09_task-harder_beh.tsv: the same rows as" in refusal(here)


def test_the_same_trials_under_two_tasks_are_refused(here):
    folder = here.data / "sub-07" / "beh"
    for suffix in (".tsv", ".json"):
        path = folder / f"sub-07_task-harder_beh{suffix}"
        text = path.read_text()
        (folder / f"sub-07_task-again_beh{suffix}").write_text(text.replace('"harder"', '"again"'))
    assert "contains trial t0 of the same session as sub-07_task-again_beh.tsv" in refusal(here)


def test_tasks_with_different_sets_are_different_sessions(here):
    folder = here.data / "sub-08" / "beh"
    content = json.loads((folder / "sub-08_task-harder_beh.json").read_text())
    content |= {"TaskName": "again", "StimulusSet": {"name": "other", "set_id": "f" * 16, "n_trials": 6}}
    (folder / "sub-08_task-again_beh.json").write_text(json.dumps(content))
    table = (folder / "sub-08_task-harder_beh.tsv").read_text()
    (folder / "sub-08_task-again_beh.tsv").write_text(table.replace("\tleft\t", "\tright\t"))
    assert len(read_data(here.data).sessions) == 3


def test_ids_that_people_confuse_are_noted_where_they_are_there_already(here):
    path = here.data / "participants.tsv"
    path.write_text(path.read_text() + "sub-7\tperson\n")
    assert read_data(here.data).notes == (
        "participants.tsv: sub-07 and sub-7 differ in leading zeros or capital letters only",
    )
