from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from experiment.data.bids import read_participants
from experiment.data.merge import merge_data
from experiment.data.read_data import read_data
from experiment.data.withdraw import withdraw
from stimuli.records import read_any_set
from tricky.core.errors import InputError

NAMING: dict[str, Any] = {
    "task": "naming",
    "classes": ["cat", "dog", "owl"],
    "columns": {"observer": "who", "image": "file", "response": "said", "class_name": "truth"},
}
LINES = ("who,file,said,truth", "s1,a.png,cat,cat", "s1,b.png,dog,cat", "s2,b.png,cat,cat", "s2,c.png,,owl")
TIMED = NAMING | {"columns": NAMING["columns"] | {"response_time": "rt"}, "response_time_unit": "s"}
TIMED_LINES = ("who,file,said,truth,rt", "s1,a.png,cat,cat,0.51", "s1,b.png,dog,cat,0.62")


def test_a_table_with_a_column_map_becomes_sessions_of_a_set(place, bids_issues):
    done = place.run(place.write("trials.csv", *LINES), **NAMING)
    assert (done.n_new, done.n_same, done.n_trials, done.n_images, done.n_labelled) == (2, 0, 4, 3, 0)
    rows = place.rows()
    assert rows["participant"].tolist() == ["s1", "s1", "s2", "s2"]
    assert rows["response"].tolist() == ["cat", "dog", "cat", "n/a"]
    assert rows["correct"].tolist() == ["true", "false", "true", "n/a"]
    made = read_any_set(place.root / "stimuli" / "imported")
    assert made.imported
    assert {item.image_id: item.class_name for item in made.items.values()} == {
        "a.png": "cat",
        "b.png": "cat",
        "c.png": "owl",
    }
    (session, _) = read_data(place.data).sessions
    assert session.sidecar.setting == "imported"
    assert session.sidecar.imported is not None
    assert session.sidecar.imported.format == "table"
    assert session.complete
    assert bids_issues(place.data) == []


def test_the_names_of_files_are_recorded_nowhere(place):
    place.run(place.write("Anna.csv", *LINES), **NAMING)
    files = [path for path in place.root.rglob("*") if path.is_file() and path.name != "study.toml"]
    assert not any(b"Anna" in path.read_bytes() for path in files)


def test_importing_again_a_copy_or_a_renamed_copy_adds_nothing(place, bytes_of):
    file = place.write("trials.csv", *TIMED_LINES)
    place.run(file, **TIMED)
    before = bytes_of(place.data)
    copy = place.root.parent / "other name.csv"
    shutil.copy(file, copy)
    for sources in ([file], [copy], [file, copy]):
        done = place.run(*sources, **TIMED)
        assert (done.n_new, done.n_same) == (0, 1)
    assert f"left out: {copy}, an exact copy of {file}" in done.notes
    assert bytes_of(place.data) == before


def test_the_same_rows_under_another_id_are_refused_as_a_copy(place, bytes_of):
    place.run(place.write("trials.csv", *TIMED_LINES), **TIMED)
    before = bytes_of(place.data)
    copy = place.write("s9.csv", *[line.replace("s1,", "s9,") for line in TIMED_LINES])
    with pytest.raises(InputError, match="the rows of 's9' are those of sub-s1, response times included"):
        place.run(copy, **TIMED)
    assert bytes_of(place.data) == before


def test_a_renamed_copy_adds_nobody_where_the_file_s_name_is_the_id(place):
    settings = NAMING | {"columns": NAMING["columns"] | {"observer": "<file name>"}}
    file = place.write("s1.csv", "file,said,truth", "a.png,cat,cat", "b.png,dog,cat")
    place.run(file, **settings)
    shutil.copy(file, copy := place.root.parent / "s2.csv")
    done = place.run(copy, **settings)
    assert done.n_new == 0
    assert any("imported before as sub-s1" in note for note in done.notes)
    assert set(place.rows()["participant"]) == {"s1"}


def test_a_corrected_file_is_refused_unless_it_replaces_the_import(place, bytes_of):
    place.run(place.write("trials.csv", *LINES), **NAMING)
    before = bytes_of(place.data)
    lines = [line.replace("s1,b.png,dog", "s1,b.png,cat") for line in LINES[:-2]]
    corrected = place.write("trials.csv", *lines)
    with pytest.raises(InputError, match="sub-s1 was imported before with other rows; if this is a"):
        place.run(corrected, **NAMING)
    assert bytes_of(place.data) == before
    done = place.run(corrected, replace=True, **NAMING)
    assert done.n_new == 1
    assert set(place.rows()["participant"]) == {"s1"}
    assert list(read_participants(place.data).rows) == ["s1"]
    assert place.rows()["correct"].tolist() == ["true", "true"]


def test_more_observers_of_the_same_images_are_added_and_other_images_are_refused(place):
    place.run(place.write("one.csv", *LINES), **NAMING)
    done = place.run(place.write("two.csv", LINES[0], "s3,c.png,owl,owl", "s3,a.png,dog,cat"), **NAMING)
    assert (done.n_new, done.n_same) == (1, 0)
    assert len({each.sidecar.stimulus_set.set_id for each in read_data(place.data).sessions}) == 1
    with pytest.raises(InputError, match="has other images, trials, labels or answers; import all files"):
        place.run(place.write("three.csv", LINES[0], "s4,d.png,owl,owl"), **NAMING)
    place.run(place.root.parent / "three.csv", name="more", **NAMING)
    assert (place.root / "stimuli" / "more").is_dir()


def test_sessions_that_were_run_here_are_not_mixed_with_imported_ones(place):
    place.run(place.write("one.csv", *LINES), **NAMING)
    with pytest.raises(InputError, match=r"sub-s1 is in .* already, with other sessions than those of"):
        place.run(place.write("two.csv", LINES[0], "s1,d.png,owl,owl"), name="more", **NAMING)
    place.run(place.root.parent / "two.csv", name="more", **NAMING, prefix="b")
    assert {"s1", "s2", "bs1"} == set(read_participants(place.data).rows)
    study = place.study().with_settings(experiment={"stimuli": "imported"})
    with pytest.raises(InputError, match="and a session needs a set that `tricky stimuli build` built"):
        study.simulate()


def test_who_was_withdrawn_is_not_imported_again(place):
    file = place.write("trials.csv", *LINES)
    place.run(file, **NAMING)
    withdraw(place.data, "s1")
    done = place.run(file, **NAMING)
    assert "left out: sub-s1, who was withdrawn" in done.notes
    assert set(read_participants(place.data).rows) == {"s2"}


def test_imported_sessions_of_two_machines_are_merged_once(place, tmp_path):
    from tests.experiment.import_sessions.conftest import ImportStudy

    other = ImportStudy(tmp_path / "elsewhere" / "study")
    file = place.write("trials.csv", *LINES)
    for each in (place, other):
        each.run(file, **NAMING)
    merged = merge_data(place.data, [other.data], place.study().dataset(), fields=())
    assert (merged.n_added, merged.n_same) == (0, 2)


def test_rows_are_filtered_by_what_the_settings_say(place):
    lines = ("part,who,file,said,truth", "warm-up,s1,x.png,cat,cat", "main,s1,a.png,cat,cat", "end,,,,")
    file = place.write("trials.csv", *lines)
    done = place.run(file, **NAMING, leave_out={"part": ["warm-up", "end"]})
    assert done.n_trials == 1
    assert set(done.notes) == {
        "left out: 1 rows whose part is warm-up",
        "left out: 1 rows whose part is end",
    }
    assert place.run(file, **NAMING, keep={"part": ["main"]}).n_same == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"leave_out": {"part": ["practise"]}}, "leave_out: no row has 'practise' in the column 'part'"),
        ({"keep": {"part": ["main", "test"]}}, "keep: no row has 'test' in the column 'part'"),
        ({"leave_out": {"prat": ["main"]}}, r"no column 'prat', which .* names; did you mean 'part'\?"),
        ({"answers": {"5": "cat"}}, "answers: no cell holds '5'"),
    ],
)
def test_an_entry_of_the_settings_that_matches_nothing_is_refused(settings, said, place):
    file = place.write(
        "trials.csv", "part,who,file,said,truth", "main,s1,a.png,cat,cat", "warm,s1,b.png,cat,cat"
    )
    with pytest.raises(InputError, match=said):
        place.run(file, **(NAMING | settings))


HEADER = "who,ses,n,file,said,truth,rt,ok"
FULL = NAMING | {
    "columns": NAMING["columns"] | {"session": "ses", "trial": "n", "response_time": "rt", "correct": "ok"},
    "response_time_unit": "s",
}
REFUSED = {
    "no observer": ([",1,1,a,cat,cat,1,1"], "line 2, column who: '', expected the id of an observer"),
    "a name": (["Anna Müller,1,1,a,cat,cat,1,1"], "the observer 'Anna Müller' is no code"),
    "a first name": (["Anna,1,1,a,cat,cat,1,1"], "the observer 'Anna' is no code"),
    "two ids alike": (
        ["s-1,1,1,a,cat,cat,1,1", "S01,1,1,a,cat,cat,1,1"],
        "the observers 's-1' and 'S01' would both be sub-S01",
    ),
    "session": (["s1,first,1,a,cat,cat,1,1"], "column ses: 'first', expected a whole number, at least 1"),
    "trial": (["s1,1,1.5,a,cat,cat,1,1"], "column n: '1.5', expected a whole number"),
    "a trial twice": (
        ["s1,1,4,a,cat,cat,1,1", "s1,1,4,b,cat,cat,1,1"],
        "line 3: trial 4 of 's1', session 1 is there already",
    ),
    "no image": (["s1,1,1,,cat,cat,1,1"], "column file: '', expected 1 image of a trial"),
    "answer": (["s1,1,1,a,kat,cat,1,1"], "column said: 'kat', expected one of cat, dog, owl; for another"),
    "NA is an answer": (["s1,1,1,a,NA,cat,1,1"], "column said: 'NA', expected one of"),
    "class": (["s1,1,1,a,cat,lion,1,0"], "the class of 'a' is 'lion', expected one of cat, dog, owl"),
    "two classes": (
        ["s1,1,1,a,cat,cat,1,1", "s2,1,1,a,cat,dog,1,0"],
        "the class of 'a' is 'dog', but 'cat' in .*line 2",
    ),
    "time": (["s1,1,1,a,cat,cat,fast,1"], "column rt: 'fast', expected a number, at least 0"),
    "negative time": (["s1,1,1,a,cat,cat,-0.4,1"], "column rt: '-0.4', expected a number, at least 0"),
    "decimal comma": (['s1,1,1,a,cat,cat,"0,4",1'], "write the decimal sign as a point: 0.4"),
    "wrongly scored": (["s1,1,1,a,cat,cat,1,0"], "column ok: '0', expected true, as 'cat' was named"),
    "shown three times": (
        [f"s1,1,{n},a,cat,cat,1,1" for n in (1, 2, 3)],
        "line 4: 's1' saw a more than 2 times",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_determined_is_refused_and_nothing_is_written(what, place):
    lines, said = REFUSED[what]
    with pytest.raises(InputError, match=said) as raised:
        place.run(place.write("trials.csv", HEADER, *lines), **FULL)
    assert len(str(raised.value).splitlines()) == 1
    assert not place.data.exists()
    assert not (place.root / "stimuli").exists()


def test_an_image_that_was_shown_again_is_a_repeat(place):
    lines = ["s1,1,3,a,dog,cat,1,0", "s1,1,1,a,cat,cat,0.5,1", "s1,1,2,b,cat,cat,0.7,1"]
    place.run(place.write("trials.csv", HEADER, *lines), **FULL)
    made = read_any_set(place.root / "stimuli" / "imported")
    first, _, again = place.rows()["trial_id"]
    (repeat,) = [trial for trial in made.trials if trial.repeats is not None]
    assert (repeat.trial_id, repeat.repeats) == (again, first)


def test_without_trial_numbers_a_row_that_may_be_a_copy_is_refused(place):
    with pytest.raises(InputError, match=r"line 3: 's1' saw a\.png before; remove the row if it is a copy"):
        place.run(place.write("trials.csv", LINES[0], "s1,a.png,cat,cat", "s1,a.png,cat,cat"), **NAMING)


def test_rows_of_a_session_in_two_files_need_trial_numbers(place):
    one = place.write("1.csv", LINES[0], "s1,a.png,cat,cat")
    two = place.write("2.csv", LINES[0], "s1,b.png,cat,cat")
    with pytest.raises(InputError, match="nothing says in which order; name the column of sessions or of"):
        place.run(one, two, **NAMING)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"task": None}, "does not say what observers did; name it in study.toml"),
        (
            {"classes": []},
            "name all classes that observers could choose from, .*the files have cat, dog, owl",
        ),
        ({"columns": {"observer": "who"}}, "which column is the image[?] Name it in study.toml"),
        ({"columns": NAMING["columns"] | {"image": "flie"}}, "no column 'flie', .*did you mean 'file'"),
        ({"columns": NAMING["columns"] | {"response_time": "said"}}, 'response_time_unit: "s" or "ms"'),
        ({"task": "rating"}, "a rating study needs its questions"),
        ({"task": "2afc"}, "which column is the left image"),
        ({"task": "single", "groups": ["cat", "dog", "owl"]}, "the image 'a.png' has no difficulty"),
    ],
)
def test_settings_that_do_not_suffice_say_what_to_add(changes, said, place):
    with pytest.raises(InputError, match=said) as raised:
        place.run(place.write("trials.csv", *LINES), **(NAMING | changes))
    assert len(str(raised.value).splitlines()) == 1


def test_names_of_people_are_replaced_by_pseudonyms_if_the_study_asks_for_that(place):
    lines = (LINES[0], "Anna Müller,a.png,cat,cat", "Bea,a.png,dog,cat")
    place.run(place.write("trials.csv", *lines), **NAMING, participants="pseudonyms")
    ids = sorted(read_participants(place.data).rows)
    assert all(name.startswith("p") and len(name) == 11 for name in ids)
    assert len(ids) == 2
    assert b"Anna" not in b"".join(path.read_bytes() for path in place.data.rglob("*") if path.is_file())


def test_ids_of_the_files_are_recorded_only_if_the_study_asks_for_that(place, bids_issues):
    lines = (LINES[0], "subject-01,a.png,cat,cat")
    place.run(place.write("trials.csv", *lines), **NAMING, keep_original_ids=True)
    assert read_participants(place.data).rows["subject01"]["original_id"] == "subject-01"
    assert bids_issues(place.data) == []


def test_labels_of_the_study_are_taken_for_images_that_match(place):
    place.label({"set/a.png": 0, "set/b.png": 5}, class_name="tabby")
    done = place.run(place.write("trials.csv", *LINES), **NAMING, match_images="name")
    assert (done.n_images, done.n_labelled) == (3, 2)
    items = {i.image_id: i for i in read_any_set(place.root / "stimuli" / "imported").items.values()}
    assert set(items) == {"set/a.png", "set/b.png", "c.png"}
    assert (items["set/a.png"].difficulty, items["c.png"].difficulty) == ("impossible", "")
    assert items["set/a.png"].class_name == "cat"


def test_an_image_that_could_be_two_of_the_study_is_refused(place):
    place.label({"one/a.png": 0, "two/a.png": 5})
    with pytest.raises(InputError, match=r"'a.png' could be 'one/a.png' or 'two/a.png' of the study"):
        place.run(place.write("trials.csv", *LINES), **NAMING, match_images="name")


def test_trials_without_labels_are_left_out_if_the_study_asks_for_that(place):
    place.label({"a.png": 0, "b.png": 5})
    lines = ("who,file,said", "s1,a.png,impossible", "s1,b.png,trivial", "s1,z.png,trivial")
    settings = {"task": "single", "columns": {"observer": "who", "image": "file", "response": "said"}}
    done = place.run(place.write("trials.csv", *lines), **settings, leave_out_unlabelled=True)
    assert done.n_trials == 2
    assert "left out: 1 trials with an image without a fitting difficulty" in done.notes


def test_pairs_are_answered_by_side_or_by_image_and_scored_by_the_study_s_labels(place):
    place.label({"a.png": 0, "b.png": 5, "c.png": 5})
    lines = ("who,l,r,said", "s1,a.png,b.png,left", "s1,c.png,a.png,a.png", "s1,b.png,c.png,right")
    settings = {
        "task": "2afc",
        "columns": {"observer": "who", "left_image": "l", "right_image": "r", "response": "said"},
    }
    place.run(place.write("trials.csv", *lines), **settings)
    rows = place.rows()
    assert rows["response"].tolist() == ["left", "right", "right"]
    assert rows["correct"].tolist() == ["true", "true", "n/a"]


def test_numbers_as_ids_in_a_workbook_are_reported(place):
    import pandas as pd

    path = place.root.parent / "trials.xlsx"
    pd.DataFrame({"who": [7], "file": ["a.png"], "said": ["cat"], "truth": ["cat"]}).to_excel(
        path, index=False
    )
    done = place.run(path, **NAMING)
    assert any("ids in the column 'who' are numbers, so zeros" in note for note in done.notes)
    assert set(place.rows()["participant"]) == {"7"}


def test_times_in_the_wrong_unit_are_reported(place):
    lines = [TIMED_LINES[0], "s1,a.png,cat,cat,512", "s1,b.png,dog,cat,623"]
    assert any(
        "the median response time is 568 s" in n
        for n in place.run(place.write("t.csv", *lines), **TIMED).notes
    )


def test_confidence_is_imported_on_its_levels(place):
    columns = NAMING["columns"] | {"confidence": "sure"}
    file = place.write("trials.csv", "who,file,said,truth,sure", "s1,a.png,cat,cat,3", "s1,b.png,dog,cat,")
    with pytest.raises(InputError, match="column sure: '3', expected a whole number from 1 to 2"):
        place.run(file, **(NAMING | {"columns": columns, "confidence_levels": 2}))
    place.run(file, **(NAMING | {"columns": columns, "confidence_levels": 4}))
    assert place.rows()["confidence"].tolist() == ["3", "n/a"]


def test_an_import_that_was_interrupted_continues(place, monkeypatch):
    from experiment.import_sessions import write

    file, calls = place.write("trials.csv", *LINES), []
    put = write.put_new

    def stop_at_the_second(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        put(*arguments)

    monkeypatch.setattr(write, "put_new", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        place.run(file, **NAMING)
    assert len(read_data(place.data).sessions) == 1
    monkeypatch.setattr(write, "put_new", put)
    done = place.run(file, **NAMING)
    assert (done.n_new, done.n_same) == (1, 1)


def test_a_damaged_set_is_refused(place):
    file = place.write("trials.csv", *LINES)
    place.run(file, **NAMING)
    path = place.root / "stimuli" / "imported" / "stimulus_set.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"set_id": "0" * 16}))
    with pytest.raises(InputError, match="a value has changed since the file was written"):
        place.run(file, **NAMING)
