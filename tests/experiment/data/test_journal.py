from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest
from pair_table import PAIR_TABLE

from experiment.data.journal import Journal, locked
from experiment.records import Choice, Response, ScheduledTrial, Side
from experiment.session.plan import schedule
from tricky.core.errors import InputError

HEADER_LENGTH = len(PAIR_TABLE.header)


@pytest.fixture
def trials(small_set):
    return schedule(small_set, "07")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "beh" / "sub-07_task-harder_beh.tsv"


def response(trial: ScheduledTrial, side: Side = Side.LEFT) -> Response:
    return Response(trial, Choice(side, 0.5), 3.0 * trial.trial_index)


def shown(path: Path) -> list[list[str]]:
    return [line.split("\t")[:5] for line in path.read_text().splitlines()[1:]]


def expected(trials) -> list[list[str]]:
    return [[str(t.trial_index), t.block, t.trial_id, *t.items] for t in trials]


def test_a_response_is_in_the_file_when_record_returns(path, trials):
    with Journal(path, trials, PAIR_TABLE) as journal:
        assert path.read_text() == PAIR_TABLE.header
        for trial in trials:
            journal.record(response(trial))
            assert path.read_text().endswith(PAIR_TABLE.row_of(response(trial)))
        assert journal.complete


def test_a_response_is_flushed_to_disk_before_record_returns(path, trials, monkeypatch):
    with Journal(path, trials, PAIR_TABLE) as journal:
        synced = []
        monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_size))
        journal.record(response(trials[0]))
    assert synced == [path.stat().st_size]


def test_a_reopened_table_continues_after_the_last_row(path, trials):
    with Journal(path, trials, PAIR_TABLE) as journal:
        for trial in trials[:4]:
            journal.record(response(trial))
    before = path.read_bytes()
    with Journal(path, trials, PAIR_TABLE) as journal:
        assert (journal.n_done, journal.elapsed_s, journal.complete) == (4, 9.5, False)
        assert path.read_bytes() == before
        journal.record(response(trials[4]))
    assert path.read_bytes().startswith(before)
    assert shown(path) == expected(trials[:5])


@pytest.mark.parametrize("kept", [1, 5, HEADER_LENGTH - 1, HEADER_LENGTH + 1, HEADER_LENGTH + 20])
def test_a_torn_last_line_is_cut_off(path, trials, kept):
    with Journal(path, trials, PAIR_TABLE) as journal:
        journal.record(response(trials[0]))
    path.write_bytes(path.read_bytes()[:kept])
    with Journal(path, trials, PAIR_TABLE) as journal:
        assert journal.n_done == 0
    assert path.read_text() == PAIR_TABLE.header


def test_a_line_torn_within_a_character_is_cut_off(path, trials):
    with Journal(path, trials, PAIR_TABLE) as journal:
        journal.record(response(trials[0]))
    whole = path.read_bytes()
    path.write_bytes(whole + "1\tmain\té".encode()[:-1])
    with Journal(path, trials, PAIR_TABLE) as journal:
        assert journal.n_done == 1
    assert path.read_bytes() == whole


def edited(path: Path, trials, edit) -> str:
    """Return the one line that refuses a table after an edit."""
    with Journal(path, trials, PAIR_TABLE) as journal:
        for trial in trials[:3]:
            journal.record(response(trial))
    path.write_text(edit(path.read_text()))
    before = path.read_bytes()
    with pytest.raises(InputError) as error:
        Journal(path, trials, PAIR_TABLE)
    assert path.read_bytes() == before
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_row_that_is_not_the_schedules_is_refused(path, trials):
    a, b = trials[1].items
    assert "line 3" in edited(path, trials, lambda text: text.replace(f"{a}\t{b}", f"{b}\t{a}"))


def test_a_missing_row_is_refused(path, trials):
    assert "line 2" in edited(
        path, trials, lambda text: text[:HEADER_LENGTH] + "".join(text.splitlines(True)[2:])
    )


def test_a_doubled_row_is_refused(path, trials):
    assert "line 5" in edited(path, trials, lambda text: text + text.splitlines(True)[-1])


def test_a_row_without_a_response_is_refused(path, trials):
    assert "line 2" in edited(path, trials, lambda text: text.replace("\tleft\t", "\tn/a\t", 1))


def test_a_row_with_a_broken_time_is_refused(path, trials):
    assert "line 2" in edited(path, trials, lambda text: text.replace("0.500000", "0,5", 1))


def test_other_columns_are_refused(path, trials):
    assert "line 1" in edited(path, trials, lambda text: text.replace("onset", "begin"))


def test_more_rows_than_trials_are_refused(path, trials):
    assert "14 trials" in edited(path, trials, lambda text: PAIR_TABLE.header + text.splitlines(True)[1] * 14)


def test_a_table_of_another_participant_is_refused(path, trials, small_set):
    with Journal(path, trials, PAIR_TABLE) as journal:
        for trial in trials[:5]:
            journal.record(response(trial))
    with pytest.raises(InputError, match="belongs to another stimulus set"):
        Journal(path, schedule(small_set, "08"), PAIR_TABLE)


def test_recording_out_of_turn_is_a_bug_and_writes_nothing(path, trials):
    with Journal(path, trials, PAIR_TABLE) as journal:
        with pytest.raises(ValueError, match="trial 1 recorded where 0 is next"):
            journal.record(response(trials[1]))
        assert path.read_text() == PAIR_TABLE.header


def hold(folder: Path, held, release) -> None:
    with locked(folder, "sub-07", "busy"):
        held.set()
        release.wait()


def test_a_second_process_is_refused_and_let_in_once_the_first_is_killed(tmp_path):
    folder = tmp_path / "data"
    spawn = multiprocessing.get_context("spawn")
    held, release = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(folder, held, release))
    other.start()
    assert held.wait(30)
    with pytest.raises(InputError, match="busy"), locked(folder, "sub-07", "busy"):
        pass
    with locked(folder, "sub-08", "busy"):
        pass
    other.kill()
    other.join()
    with locked(folder, "sub-07", "busy"):
        assert not folder.exists()  # the lock is next to the data set, not in it
