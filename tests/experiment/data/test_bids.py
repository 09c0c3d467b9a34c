from __future__ import annotations

import json
from dataclasses import replace

import pytest

from experiment.data.bids import SessionPath, read_kinds, read_participant, register
from experiment.data.describe_dataset import describe_dataset
from experiment.records import Kind
from tricky.core.errors import InputError


@pytest.mark.parametrize("participant", ["07", "anna2", "A"])
def test_files_are_named_as_bids_wants_them(tmp_path, participant):
    place = SessionPath(tmp_path, participant, None, "harder")
    name = f"sub-{participant}_task-harder_beh"
    assert place.table == tmp_path / f"sub-{participant}" / "beh" / f"{name}.tsv"
    assert place.sidecar == tmp_path / f"sub-{participant}" / "beh" / f"{name}.json"


def test_a_numbered_session_has_its_own_folder(tmp_path):
    table = SessionPath(tmp_path, "07", 2, "harder").table
    assert table == tmp_path / "sub-07" / "ses-2" / "beh" / "sub-07_ses-2_task-harder_beh.tsv"


@pytest.mark.parametrize("participant", ["", "a_b", "a-b", "sub-07", "../x", "ä", "7 "])
def test_an_id_with_anything_but_letters_and_digits_is_refused(tmp_path, participant):
    with pytest.raises(InputError, match="letters and digits only"):
        SessionPath(tmp_path, participant, None, "harder")


def test_a_session_number_below_one_is_refused(tmp_path):
    with pytest.raises(InputError, match="counted from 1"):
        SessionPath(tmp_path, "07", 0, "harder")


def test_a_participant_keeps_the_kind_that_it_has(tmp_path):
    register(tmp_path, ["07"], Kind.PERSON)
    register(tmp_path, ["07", "08"], Kind.PERSON)
    register(tmp_path, ["sim01"], Kind.SIMULATED)
    assert read_kinds(tmp_path) == {"07": Kind.PERSON, "08": Kind.PERSON, "sim01": Kind.SIMULATED}
    with pytest.raises(InputError, match="sub-07 is there as person, not simulated"):
        register(tmp_path, ["07"], Kind.SIMULATED)
    with pytest.raises(InputError, match="sub-sim01 is there as simulated, not person"):
        register(tmp_path, ["sim01"], Kind.PERSON)


def test_an_id_that_windows_would_not_tell_from_another_is_refused(tmp_path):
    register(tmp_path, ["anna"], Kind.PERSON)
    with pytest.raises(
        InputError, match="sub-Anna differs from sub-anna in leading zeros or capital letters only"
    ):
        register(tmp_path, ["Anna"], Kind.PERSON)


def test_what_a_lab_added_to_its_participants_stays(tmp_path):
    path = tmp_path / "participants.tsv"
    path.write_text('participant_id\tage\tkind\tnote\nsub-07\t31\tperson\tsaid "why?"\n')
    register(tmp_path, ["08"], Kind.PERSON)
    assert path.read_text() == (
        'participant_id\tage\tkind\tnote\nsub-07\t31\tperson\t"said ""why?"""\nsub-08\tn/a\tperson\tn/a\n'
    )
    assert read_participant(tmp_path, "07")["note"] == 'said "why?"'


def test_a_participant_table_without_kinds_is_refused_in_one_line(tmp_path):
    (tmp_path / "participants.tsv").write_text("participant_id\tage\nsub-07\t31\n")
    with pytest.raises(InputError, match="line 1: no column `kind`"):
        register(tmp_path, ["08"], Kind.PERSON)


@pytest.mark.parametrize("line", ["sub-07", "sub-07\tperson\t31"])
def test_a_participant_table_with_ragged_lines_is_refused_in_one_line(tmp_path, line):
    (tmp_path / "participants.tsv").write_text(f"participant_id\tkind\n{line}\n")
    with pytest.raises(InputError, match=r"line 2: [13] cells, where the header has 2"):
        register(tmp_path, ["08"], Kind.PERSON)


def test_what_a_lab_added_to_the_description_stays(tmp_path, dataset):
    describe_dataset(tmp_path, dataset)
    path = tmp_path / "dataset_description.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"Funding": ["a grant"], "Name": "old"}))
    (tmp_path / "README").write_text("ours")
    describe_dataset(tmp_path, replace(dataset, name="new"))
    content = json.loads(path.read_text())
    assert (content["Funding"], content["Name"]) == (["a grant"], "new")
    assert (tmp_path / "README").read_text() == "ours"


def test_describing_a_data_set_again_rewrites_nothing(tmp_path, dataset):
    describe_dataset(tmp_path, dataset)
    before = {path: path.stat().st_ino for path in tmp_path.iterdir()}
    describe_dataset(tmp_path, dataset)
    assert {path: path.stat().st_ino for path in tmp_path.iterdir()} == before


def test_a_broken_description_is_refused_in_one_line(tmp_path, dataset):
    (tmp_path / "dataset_description.json").write_text("{")
    with pytest.raises(InputError, match="not readable as JSON"):
        describe_dataset(tmp_path, dataset)
