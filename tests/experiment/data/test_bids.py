from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiment.data.bids import (
    SessionPath,
    check_new_participant,
    free_ids,
    read_kinds,
    read_participant,
    register,
)
from experiment.data.consents import Consent, keep_consent
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


def test_an_id_that_windows_can_not_distinguish_from_another_is_refused(tmp_path):
    register(tmp_path, ["anna"], Kind.PERSON)
    with pytest.raises(
        InputError, match="sub-Anna differs from sub-anna in leading zeros or capital letters only"
    ):
        register(tmp_path, ["Anna"], Kind.PERSON)


@pytest.mark.parametrize(
    ("known", "new"),
    [("07", "7"), ("7", "007"), ("Anna", "anna"), ("P07b", "p7B"), ("0", "00"), ("a01b1", "A1b01")],
)
def test_ids_that_differ_in_leading_zeros_or_capital_letters_only_are_refused(tmp_path, known, new):
    register(tmp_path, [known], Kind.PERSON)
    with pytest.raises(InputError, match=f"sub-{new} differs from sub-{known} in leading zeros or capital"):
        check_new_participant(tmp_path, new)
    for kind in Kind:
        with pytest.raises(InputError, match="leading zeros or capital letters only"):
            register(tmp_path, [new], kind)
    with pytest.raises(InputError, match="leading zeros or capital letters only"):
        register(tmp_path, ["x1", "x01"], Kind.SIMULATED)
    check_new_participant(tmp_path, known)


@pytest.mark.parametrize(
    ("known", "new"), [("07", "70"), ("7", "17"), ("a1", "b1"), ("10", "100"), ("1a0", "1a")]
)
def test_other_ids_are_not_taken_for_each_other(tmp_path, known, new):
    register(tmp_path, [known], Kind.PERSON)
    check_new_participant(tmp_path, new)


@pytest.mark.parametrize(
    ("known", "like", "free"),
    [
        (["01", "02", "07"], "02", ["08", "09", "10"]),
        ([], "", ["01", "02", "03"]),
        (["a1", "a9", "b20"], "a1", ["a10", "a11", "a12"]),
        (["007", "sim31"], "007", ["008", "009", "010"]),
        (["anna", "bert"], "anna", ["anna01", "anna02", "anna03"]),
        (["P07", "p09"], "P07", ["P10", "P11", "P12"]),
    ],
)
def test_free_ids_are_numbered_on(known, like, free):
    assert list(islice(free_ids(known, like), 3)) == free


def test_an_id_with_a_consent_only_is_in_use(tmp_path):
    keep_consent(tmp_path / "data", Consent("n/a", "sub-07", "n/a", "not agreed", "a.md", "0" * 64))
    with pytest.raises(InputError, match="sub-7 differs from sub-07"):
        check_new_participant(tmp_path / "data", "7")
    check_new_participant(tmp_path / "data", "07")


@pytest.mark.parametrize(
    "text",
    [
        '"left" eye is weak, 5" from screen; says "ok',
        '"none',
        "two\twords\nhere\r\n",
        "🙂 שלום, مرحبا",
        " spaces around ",
        "␉ and ␦ and ␦␉",
        "\x00\x1b\x7f",
        "NA",
        "007",
        "1e5",
        "=1+1",
        "'",
        "\u2028\u00a0\ufeff",
    ],
)
def test_free_text_about_a_participant_comes_back_as_it_was_typed(tmp_path, text):
    register(tmp_path, ["07", "08"], Kind.PERSON, values={"note": text})
    register(tmp_path, ["09"], Kind.PERSON)
    assert read_participant(tmp_path, "07")["note"] == text
    assert len((tmp_path / "participants.tsv").read_bytes().splitlines()) == 4


@given(text=st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: text.strip()))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_about_a_participant_comes_back(tmp_path, text):
    register(tmp_path, ["07"], Kind.PERSON, values={"note": text})
    assert read_participant(tmp_path, "07")["note"] == text


def test_a_data_set_with_any_text_about_participants_is_valid(machine, bids_issues):
    study = machine("study")
    texts = ['"left" eye', '"none', "two\twords\nhere", "🙂 שלום", "␉ and ␦", "NA", "a, b; c"]
    for number, text in enumerate(texts):
        study.record(f"{number:02d}", note=text)
    assert bids_issues(study.data) == []


def test_fields_that_a_lab_added_to_participants_are_kept(tmp_path):
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


def test_keys_that_a_lab_added_to_the_description_are_kept(tmp_path, dataset):
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
