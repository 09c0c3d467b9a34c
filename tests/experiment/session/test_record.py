from __future__ import annotations

import errno
import json
import os

import pytest

from experiment.interfaces import NotSaved
from experiment.records import Choice, Response
from experiment.session.prepare import SessionSetup, prepare_for_person
from experiment.session.record import SessionRecord
from experiment.settings import ExperimentSettings
from stimuli.settings import QuestionSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

PREFLIGHT = {"ok": True, "forced": False, "checks": []}


@pytest.fixture
def prepare(small_set, tmp_path, dataset):
    def call(**settings):
        setup = SessionSetup(small_set.folder, tmp_path / "data", ExperimentSettings(**settings), dataset)
        return prepare_for_person(setup, "07", None)

    return call


def answer(trial) -> Response:
    return Response(trial, Choice("left", 0.5), 1.0 + 2 * trial.trial_index)


def sidecar(session) -> dict:
    return json.loads(session.path.sidecar.read_text())


def test_a_run_is_in_the_sidecar_from_its_start_on_and_not_before(prepare):
    session = prepare()
    with SessionRecord(session) as record:
        assert sidecar(session)["Runs"] == []
        record.start_run({"keyboard": "tape"}, PREFLIGHT)
        assert len(sidecar(session)["Runs"]) == 1
    assert sidecar(session)["Apparatus"] == {"keyboard": "tape"}


def test_every_response_is_on_disk_when_recording_returns(prepare):
    session = prepare()
    with SessionRecord(session) as record:
        record.start_run({}, PREFLIGHT)
        for number, trial in enumerate(session.trials[:4], start=1):
            record.record(answer(trial))
            assert len(session.path.table.read_text().splitlines()) == 1 + number
    with SessionRecord(session) as again:
        assert (again.first, again.n_done, again.complete) == (4, 4, False)
        assert again.interruptions.resumed
        assert again.interruptions.broken_off == 1
        assert again.elapsed_s >= 7.5  # the end of trial 3, by the table


def test_a_session_is_complete_and_sealed_only_with_its_last_question(prepare):
    session = prepare(questions=(QuestionSettings(name="strategy", text="Any?", answers=("no", "yes")),))
    with SessionRecord(session) as record:
        record.start_run({}, PREFLIGHT)
        for trial in session.trials:
            record.record(answer(trial))
        record.seal()
        assert (record.trials_done, record.complete, "TableSHA256" in sidecar(session)) == (
            True,
            False,
            False,
        )
        record.note("strategy", Choice("no", 2.0))
        record.seal()
        assert record.complete
    assert sidecar(session)["TableSHA256"] == sha256_of(session.path.table)
    assert sidecar(session)["Questionnaire"] == {"strategy": {"answer": "no", "response_time": 2.0}}
    with SessionRecord(session) as again:
        assert again.was_complete


def test_a_repetition_of_the_practice_that_cannot_be_saved_is_not_saved(prepare, monkeypatch):
    session = prepare(practice_criterion=1.0)
    with SessionRecord(session) as record:
        record.start_run({}, PREFLIGHT)
        for trial in session.trials[:3]:
            wrong = "right" if trial.right_answer == "left" else "left"
            record.record(Response(trial, Choice(wrong, 0.5), 1.0))
        assert record.practice_again()

        def full(*_):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr("experiment.session.record.write_sidecar", full)
            with pytest.raises(NotSaved, match=r"_beh\.json is not saved: No space left on device"):
                record.record(answer(session.trials[0]))
        record.record(answer(session.trials[0]))
    assert len(sidecar(session)["Practice"]["repetitions"][0]) == 1
    assert len(session.path.table.read_text().splitlines()) == 4


def test_a_full_disk_while_the_practice_is_repeated_is_waited_for(prepare, monkeypatch):
    session = prepare(practice_criterion=1.0)
    with SessionRecord(session) as record:
        record.start_run({}, PREFLIGHT)
        for trial in session.trials[:3]:
            wrong = "right" if trial.right_answer == "left" else "left"
            record.record(Response(trial, Choice(wrong, 0.5), 1.0))
        assert record.practice_again()
        before = session.path.sidecar.read_bytes()

        def full(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(NotSaved, match=r"_beh\.json is not saved: No space left on device"):
                record.record(answer(session.trials[0]))
        assert session.path.sidecar.read_bytes() == before
        record.record(answer(session.trials[0]))
    assert len(sidecar(session)["Practice"]["repetitions"][0]) == 1


def test_a_full_disk_at_an_end_question_is_waited_for(prepare, monkeypatch):
    session = prepare()
    with SessionRecord(session) as record:
        record.start_run({}, PREFLIGHT)

        def full(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(NotSaved, match=r"_beh\.json is not saved: No space left on device"):
                record.note("sight", Choice("yes", 1.5))
        record.note("sight", Choice("yes", 1.5))
    assert sidecar(session)["Questionnaire"]["sight"]["answer"] == "yes"


def test_a_full_disk_when_a_run_starts_says_that_recorded_trials_are_safe(prepare, monkeypatch):
    with SessionRecord(prepare()) as record:

        def full(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(
            InputError, match=r"not written \(No space left on device\); all recorded trials are safe"
        ):
            record.start_run({}, PREFLIGHT)
        monkeypatch.undo()
