"""The data of several machines in one data set."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiment.data.bids import read_kinds, read_participant
from experiment.data.consents import read_consents
from experiment.data.journal import locked
from experiment.data.merge import merge_data
from experiment.data.read_data import read_data
from experiment.data.withdraw import withdraw
from experiment.records import Kind
from tricky.core.errors import InputError


@pytest.fixture
def merge(dataset):
    def call(here, *others, **options):
        folders = [each if isinstance(each, Path) else each.root for each in others]
        return merge_data(here.data, folders, dataset, **options)

    return call


def counts(merged):
    return merged.n_added, merged.n_continued, merged.n_same, merged.n_participants


def refusal(call):
    with pytest.raises(InputError) as caught:
        call()
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    return said


def test_participants_consents_and_sessions_come_together(machine, merge, bids_issues):
    here, a, b = machine("here"), machine("a"), machine("b")
    here.record("01", age="31", consent=True)
    a.record("02", age="25", note='said "stop"\n', consent=True)
    b.record("03", 1, consent=True)
    b.record("03", 2, n_rows=2, consent=True)
    assert counts(merge(here, a, b)) == (3, 0, 0, 3)
    for other, name in ((a, "sub-02"), (b, "sub-03")):
        files = {key: value for key, value in other.files().items() if key.startswith(f"data/{name}/")}
        assert files.items() <= here.files().items()
    assert read_participant(here.data, "02") == {
        "participant_id": "sub-02",
        "kind": "person",
        "age": "25",
        "note": 'said "stop"\n',
    }
    assert read_participant(here.data, "03")["age"] == "n/a"
    assert sorted(read_consents(here.data).participants()) == ["01", "02", "03", "03"]
    assert read_data(here.data).notes == ()
    assert bids_issues(here.data) == []


def test_a_study_without_data_takes_over_those_of_others(machine, merge, bids_issues):
    here, a = machine("here"), machine("a")
    a.record("01")
    merge(here, a.data)
    assert bids_issues(here.data) == []
    assert read_kinds(here.data) == {"01": Kind.PERSON}


def test_merging_again_changes_nothing(machine, merge):
    here, a = machine("here"), machine("a")
    a.record("01", consent=True)
    a.record("02", n_rows=3)
    merge(here, a)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in here.data.rglob("*")}
    assert counts(merge(here, a)) == (0, 0, 2, 2)
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in here.data.rglob("*")} == before


def test_the_other_machines_files_are_not_touched(machine, merge):
    here, a = machine("here"), machine("a")
    a.record("01", consent=True)
    before = a.files()
    merge(here, a)
    assert a.files() == before


def test_a_session_that_was_continued_on_another_machine_is_taken_over_once(machine, merge):
    here, a = machine("here"), machine("a")
    here.record("01", n_rows=2)
    complete = a.record("01")
    assert counts(merge(here, a)) == (0, 1, 0, 1)
    assert here.files()["data/sub-01/beh/sub-01_task-harder_beh.tsv"] == complete.read_bytes()
    earlier = machine("earlier")
    earlier.record("01", n_rows=4)
    assert counts(merge(here, earlier)) == (0, 0, 1, 1)
    assert here.files()["data/sub-01/beh/sub-01_task-harder_beh.tsv"] == complete.read_bytes()


def test_sessions_without_a_row_are_not_taken_for_each_other(machine, merge):
    here, a = machine("here"), machine("a")
    here.record("01", n_rows=0)
    a.record("01", n_rows=0)
    a.record("02", n_rows=0)
    assert counts(merge(here, a)) == (1, 0, 1, 2)


def test_a_session_begun_twice_without_a_row_in_common_is_a_conflict(machine, merge):
    here, a = machine("here"), machine("a")
    here.record("01", n_rows=0, seed=1)
    a.record("01", seed=2)
    assert "--rename 01=02" in refusal(lambda: merge(here, a))


def test_an_id_that_means_two_participants_is_refused_with_free_ids(machine, merge):
    here, a = machine("here"), machine("a")
    for number in range(1, 4):
        here.record(f"{number:02d}")
        a.record(f"{number:02d}", seed=9)
    a.record("04")
    before = here.files()
    said = refusal(lambda: merge(here, a))
    assert "sub-01 in " in said
    assert "(and 2 more such ids)" in said
    assert said.endswith("give them free ids: --rename 01=05 --rename 02=06 --rename 03=07")
    assert here.files() == before
    renames = {"01": "05", "02": "06", "03": "07"}
    assert counts(merge(here, a, renames=renames)) == (4, 0, 0, 7)


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ({"age": "31"}, {"age": "25"}, "age is '25' there, but '31' of sub-01 here"),
        ({"kind": Kind.SIMULATED}, {}, "kind is 'person' there, but 'simulated'"),
        ({"consent": True, "seed": 1}, {"consent": True, "session": 2}, None),
    ],
)
def test_what_is_known_of_one_id_must_agree(machine, merge, ours, theirs, said):
    here, a = machine("here"), machine("a")
    here.record("01", 1, **ours)
    a.record("01", theirs.pop("session", 3), **theirs)
    if said is None:
        assert counts(merge(here, a)) == (1, 0, 0, 1)
    else:
        assert said in refusal(lambda: merge(here, a))


def test_consents_of_one_session_must_agree(machine, merge):
    here, a = machine("here"), machine("a")
    here.record("01", consent=True)
    a.record("01", consent=True)
    path = a.root / "consent.tsv"
    path.write_text(path.read_text().replace("agreed", "not agreed"))
    assert "consent was asked another time" in refusal(lambda: merge(here, a))


def test_participants_who_did_not_agree_on_another_machine_are_merged_into_the_list(machine, merge):
    here, a = machine("here"), machine("a")
    here.record("01", consent=True)
    a.record("02", consent=True)
    shutil.rmtree(a.data / "sub-02")
    (a.data / "participants.tsv").write_text("participant_id\tkind\n")
    path = a.root / "consent.tsv"
    path.write_text(path.read_text().replace("agreed", "not agreed"))
    merge(here, a)
    assert [row[3] for row in read_consents(here.data).rows] == ["agreed", "not agreed"]
    assert list(read_kinds(here.data)) == ["01"]


@pytest.mark.parametrize("other", ["7", "007"])
def test_ids_that_differ_in_leading_zeros_are_a_conflict(machine, merge, other):
    here, a = machine("here"), machine("a")
    here.record("07")
    a.record(other)
    assert "leading zeros or capital letters only" in refusal(lambda: merge(here, a))


def test_a_renamed_participant_keeps_the_id_that_the_session_was_drawn_for(machine, merge, bids_issues):
    here, a = machine("here"), machine("a")
    here.record("07")
    table = a.record("07", seed=5, consent=True)
    assert counts(merge(here, a, renames={"07": "31"})) == (1, 0, 0, 2)
    there = here.data / "sub-31" / "beh" / "sub-31_task-harder_beh.tsv"
    assert there.read_bytes() == table.read_bytes()
    sidecar = json.loads(there.with_suffix(".json").read_text())
    assert (sidecar["Participant"], sidecar["RecordedAs"]) == ("31", "07")
    assert sidecar["Consent"]["participant_id"] == "sub-31"
    assert read_consents(here.data).participants() == ["31"]
    assert bids_issues(here.data) == []


def test_a_rename_is_remembered(machine, merge):
    here, a = machine("here"), machine("a")
    here.record("07")
    a.record("07", 1, seed=5)
    merge(here, a, renames={"07": "31"})
    before = here.files()
    for renames in ({}, {"07": "31"}):
        assert counts(merge(here, a, renames=renames)) == (0, 0, 1, 2)
        assert here.files() == before
    assert "was merged as sub-31 before" in refusal(lambda: merge(here, a, renames={"07": "32"}))
    a.record("07", 2, seed=5)
    assert counts(merge(here, a)) == (1, 0, 1, 2)
    assert (here.data / "sub-31" / "ses-2").is_dir()


def test_a_second_rename_keeps_the_first_id(machine, merge):
    here, a, b = machine("here"), machine("a"), machine("b")
    b.record("07")
    merge(a, b, renames={"07": "31"})
    merge(here, a, renames={"31": "41"})
    sidecar = json.loads((here.data / "sub-41" / "beh" / "sub-41_task-harder_beh.json").read_text())
    assert (sidecar["Participant"], sidecar["RecordedAs"]) == ("41", "07")


def test_the_same_session_under_another_id_is_a_conflict(machine, merge):
    here, a = machine("here"), machine("a")
    here.record("01")
    a.record("01")
    assert "the same session is here as that of sub-01" in refusal(
        lambda: merge(here, a, renames={"01": "02"})
    )


@pytest.mark.parametrize(
    ("renames", "said"),
    [({"09": "10"}, "no sub-09 in"), ({"01": "31", "02": "31"}, "the same new id")],
)
def test_renames_that_cannot_be_are_refused(machine, merge, renames, said):
    here, a = machine("here"), machine("a")
    a.record("01")
    a.record("02")
    assert said in refusal(lambda: merge(here, a, renames=renames))


def test_a_rename_that_could_mean_two_participants_is_refused(machine, merge):
    here, a, b = machine("here"), machine("a"), machine("b")
    a.record("01")
    b.record("01", seed=2)
    assert "merge one after the other" in refusal(lambda: merge(here, a, b, renames={"01": "31"}))
    assert "--rename 01=02" in refusal(lambda: merge(here, a, b))


def test_a_data_set_is_named_once_and_is_not_the_study_itself(machine, merge):
    here, a = machine("here"), machine("a")
    here.record("01")
    a.record("02")
    assert "named twice" in refusal(lambda: merge(here, a.root, a.data))
    assert "the study's own data" in refusal(lambda: merge(here, here))
    assert "no data set there" in refusal(lambda: merge(here, a.root / "nothing"))


def test_a_damaged_data_set_is_refused_before_anything_is_written(machine, merge):
    here, a = machine("here"), machine("a")
    here.record("01")
    table = a.record("02")
    table.write_bytes(table.read_bytes()[:-30])
    before = here.files()
    assert str(table) in refusal(lambda: merge(here, a))
    assert here.files() == before


def test_what_was_left_out_and_other_sets_are_reported(machine, merge):
    here, a = machine("here"), machine("a")
    a.record("02")
    (a.data / ".DS_Store").touch()
    merged = merge(here, a, set_id="f" * 16)
    assert merged.notes == (
        f"{a.data}: left out: .DS_Store (made by the system or another program)",
        f"{a.data}: 1 of 1 sessions were run with another stimulus set than the study's (ffffffffffffffff)",
    )
    assert merge(here, a, set_id="0123456789abcdef").notes == merged.notes[:1]


def test_a_table_that_a_spreadsheet_saved_is_merged_as_it_was_recorded(machine, merge):
    here, a = machine("here"), machine("a")
    table = a.record("02")
    recorded = table.read_bytes()
    table.write_bytes(recorded.replace(b"\n", b"\r\n"))
    assert len(merge(here, a).notes) == 1
    assert here.files()["data/sub-02/beh/sub-02_task-harder_beh.tsv"] == recorded
    assert counts(merge(here, a)) == (0, 0, 1, 1)


def test_simulated_observers_stay_simulated_or_are_left_out(machine, merge):
    here, a = machine("here"), machine("a")
    a.record("01")
    a.record("sim01", kind=Kind.SIMULATED)
    merge(here, a, people_only=True)
    assert read_kinds(here.data) == {"01": Kind.PERSON}
    merge(here, a)
    assert read_kinds(here.data) == {"01": Kind.PERSON, "sim01": Kind.SIMULATED}


@pytest.mark.parametrize("where", ["here", "there"])
def test_a_running_session_is_waited_for(machine, merge, where):
    here, a = machine("here"), machine("a")
    here.record("01", n_rows=2)
    a.record("01")
    folder = here.data if where == "here" else a.data
    with locked(folder, "sub-01_task-harder", "busy"):
        assert "merge when it is over" in refusal(lambda: merge(here, a))
    assert counts(merge(here, a)) == (0, 1, 0, 1)


def test_a_withdrawn_participant_does_not_come_back_under_any_id(machine, merge):
    here, a, b = machine("here"), machine("a"), machine("b")
    here.record("01")
    a.record("01")
    a.record("02", seed=3)
    b.record("01", seed=8)
    withdraw(here.data, "01")
    for renames in ({}, {"01": "31"}):
        merged = merge(here, a, renames=renames)
        assert merged.notes == (f"left out: sub-01 of {a.data}, who was withdrawn",)
        assert list(read_kinds(here.data)) == ["02"]
    (note,) = merge(here, b).notes
    assert "as sub-01 was withdrawn; for another participant give --rename 01=03" in note
    assert list(read_kinds(here.data)) == ["02"]
    assert "the id is not used again" in refusal(lambda: merge(here, b, renames={"01": "01"}))
    merge(here, b, renames={"01": "03"})
    assert list(read_kinds(here.data)) == ["02", "03"]


def test_a_participant_who_was_withdrawn_on_another_machine_must_be_withdrawn_here_first(machine, merge):
    here, a, b = machine("here"), machine("a"), machine("b")
    for each in (a, here, b):
        each.record("01")
    a.record("02")
    withdraw(a.data, "01")
    assert "run `tricky withdraw 01` here first" in refusal(lambda: merge(here, a))
    withdraw(here.data, "01")
    merge(here, a)
    assert merge(here, b).notes == (f"left out: sub-01 of {b.data}, who was withdrawn",)
    assert list(read_kinds(here.data)) == ["02"]


class Interrupted(Exception):  # noqa: N818 - as a power loss is none
    """The machine went off."""


@pytest.mark.parametrize("step", range(12))
def test_an_interrupted_merge_is_finished_by_the_same_call(machine, merge, bids_issues, monkeypatch, step):
    here, a, whole = machine("here"), machine("a"), machine("whole")
    for each in (here, whole):
        each.record("01", 1, n_rows=2)
        each.record("03", 1)
    a.record("01", 1, consent=True)
    a.record("01", 2, consent=True)
    a.record("02", age="31", consent=True)
    merge(whole, a)
    before = here.files()
    left, real = [step], Path.replace

    def replace(self, target):
        left[0] -= 1
        if left[0] < 0:
            raise Interrupted
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        with suppress(Interrupted):
            merge(here, a)
    if step % 4 == 0:
        assert bids_issues(here.data) == []
    if step == 0:
        assert before.items() <= here.files().items()
    merge(here, a)
    assert here.files() == whole.files()


def test_the_second_task_of_a_participant_survives_an_interruption(machine, merge, monkeypatch):
    here, a = machine("here"), machine("a")
    for each in (here, a):
        each.record("01")
    folder = a.data / "sub-01" / "beh"
    for suffix in (".tsv", ".json"):
        path = folder / f"sub-01_task-harder_beh{suffix}"
        text = path.read_text().replace('"harder"', '"again"').replace("0123456789abcdef", "f" * 16)
        (folder / f"sub-01_task-again_beh{suffix}").write_text(re.sub(r"\tt(\d)\t", r"\tu\1\t", text))
    content = json.loads((folder / "sub-01_task-again_beh.json").read_text())
    del content["TableSHA256"]
    (folder / "sub-01_task-again_beh.json").write_text(json.dumps(content))
    real = Path.replace

    def replace(self, target):
        if str(target).endswith("again_beh.tsv") and ".beh.part" not in str(target):
            raise Interrupted
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        with pytest.raises(Interrupted):
            merge(here, a)
    assert not (here.data / "sub-01" / "beh" / "sub-01_task-again_beh.tsv").exists()
    assert counts(merge(here, a)) == (1, 0, 1, 1)
    assert len(read_data(here.data).sessions) == 2


def test_a_session_of_which_a_half_is_left_is_made_whole(machine, merge):
    here, a = machine("here"), machine("a")
    a.record("01")
    merge(here, a)
    (here.data / "sub-01" / "beh" / "sub-01_task-harder_beh.json").unlink()
    assert counts(merge(here, a)) == (1, 0, 0, 1)
    assert read_data(here.data).notes == ()


COPIES = st.lists(
    st.dictionaries(
        st.tuples(st.sampled_from(["01", "02", "11"]), st.sampled_from([None, 1, 2])),
        st.integers(0, 6),
        max_size=4,
    ),
    min_size=2,
    max_size=3,
)


def state(study):
    """Return what a study says, whatever the order of its rows."""
    files = study.files()
    for name in ("data/participants.tsv", "consent.tsv", "withdrawn.tsv"):
        if name in files:
            files[name] = b"\n".join(sorted(files[name].splitlines()))
    return files


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(copies=COPIES, data=st.data())
def test_merging_is_commutative_and_idempotent_and_keeps_the_longest_copy_of_each_session(
    machine, merge, tmp_path, copies, data
):
    """Each machine has copies of some of the same sessions, of any length."""
    with suppress(FileNotFoundError):
        shutil.rmtree(tmp_path / "property")
    booths = []
    for number, sessions in enumerate(copies):
        booth = machine(f"property/{number}")
        for (participant, session), n_rows in sessions.items():
            booth.record(participant, session, n_rows=n_rows, consent=True)
        booths += [booth] if sessions else []
    one, other = machine("property/one"), machine("property/other")
    if booths:
        merge(one, *booths)
        for booth in data.draw(st.permutations(booths)):
            merge(other, booth)
        assert state(one) == state(other)
        merge(other, one, *booths)
        assert state(one) == state(other)
    longest: dict[tuple[str, str], int] = {}
    for sessions in copies:
        for (participant, session), n_rows in sessions.items():
            key = (participant, "" if session is None else str(session))
            longest[key] = max(longest.get(key, 0), n_rows)
    found = read_data(one.data).sessions
    assert {(each.file.participant, each.file.session): each.n_rows for each in found} == longest
