"""What can happen to a session table while a session runs: the trial in flight waits, none before is lost."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pair_table import PAIR_TABLE

from experiment.data.journal import Journal
from experiment.interfaces import NotSaved
from experiment.records import Choice, Response, ScheduledTrial, Side
from experiment.session.plan import schedule


@pytest.fixture
def trials(small_set):
    return schedule(small_set, "07")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "beh" / "sub-07_task-harder_beh.tsv"


def response(trial: ScheduledTrial) -> Response:
    return Response(trial, Choice(Side.LEFT, 0.5), 3.0 * trial.trial_index)


def rows(trials) -> str:
    return PAIR_TABLE.header + "".join(PAIR_TABLE.row_of(response(trial)) for trial in trials)


def goes_on(journal: Journal, trials) -> None:
    """Record the rest, the trial that failed first, and find every row once."""
    for trial in trials[journal.n_done :]:
        journal.record(response(trial))
    assert journal.complete
    assert journal.path.read_text() == rows(trials)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 KiB; where mounting is not allowed, a limit of 3 KiB on the size of a file."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode == 0:
        yield folder
        subprocess.run(["umount", str(folder)], check=True)
    else:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3 * 1024, limits[1]))
        yield folder
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def fill(folder: Path) -> None:
    with suppress(OSError), (folder / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(512))


def make_room(folder: Path) -> None:
    (folder / "ballast").unlink(missing_ok=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_a_full_disk_keeps_every_earlier_trial_and_saves_the_next_when_there_is_space(small_disk, make_set):
    trials = schedule(make_set(0, 60), "07")
    path = small_disk / "beh.tsv"
    with Journal(path, trials, PAIR_TABLE) as journal:
        fill(small_disk)
        with suppress(NotSaved):
            for trial in trials:
                journal.record(response(trial))
        n_done = journal.n_done
        assert 0 < n_done < len(trials)
        assert path.read_text().startswith(rows(trials[:n_done]))
        with pytest.raises(NotSaved, match=r"not saved: .*all earlier trials are safe: make room"):
            journal.record(response(trials[n_done]))
        make_room(small_disk)
        goes_on(journal, trials)


def test_a_disk_that_is_still_full_lets_the_next_process_take_up_what_is_safe(small_disk, make_set):
    trials = schedule(make_set(0, 60), "07")
    path = small_disk / "beh.tsv"
    path.write_text(rows(trials[:7]) + PAIR_TABLE.row_of(response(trials[7]))[:30])
    fill(small_disk)
    with Journal(path, trials, PAIR_TABLE) as journal:
        assert journal.n_done == 7
        make_room(small_disk)
        goes_on(journal, trials)


def failing(monkeypatch, name: str, code: int):
    """Let a call of the operating system fail."""

    def fail(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    context = monkeypatch.context()
    patched = context.__enter__()
    patched.setattr(os, name, fail)
    return lambda: context.__exit__(None, None, None)


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EIO, errno.ESTALE, errno.EDQUOT])
@pytest.mark.parametrize("call", ["write", "fsync"])
def test_an_error_of_any_system_call_is_reported_and_saving_can_be_tried_again(
    path, trials, monkeypatch, call, code
):
    with Journal(path, trials, PAIR_TABLE) as journal:
        journal.record(response(trials[0]))
        put_right = failing(monkeypatch, call, code)
        for _ in range(2):
            with pytest.raises(NotSaved, match=os.strerror(code)):
                journal.record(response(trials[1]))
        put_right()
        assert journal.n_done == 1
        goes_on(journal, trials)


def test_a_table_that_cannot_be_restored_yet_is_tried_again(path, trials, monkeypatch):
    with Journal(path, trials, PAIR_TABLE) as journal:
        journal.record(response(trials[0]))
        put_right = failing(monkeypatch, "write", errno.EIO)
        with pytest.raises(NotSaved):
            journal.record(response(trials[1]))
        put_right()
        path.unlink()
        put_right = failing(monkeypatch, "fsync", errno.ENOSPC)
        with pytest.raises(NotSaved, match=os.strerror(errno.ENOSPC)):
            journal.record(response(trials[1]))
        put_right()
        goes_on(journal, trials)


def test_a_row_that_was_written_in_part_is_written_again(path, trials, monkeypatch):
    write = os.write
    with Journal(path, trials, PAIR_TABLE) as journal:
        journal.record(response(trials[0]))
        pieces = iter([9, 0])

        def piecemeal(handle: int, data: bytes) -> int:
            if n := next(pieces, None):
                return write(handle, data[:n])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "write", piecemeal)
        with pytest.raises(NotSaved):
            journal.record(response(trials[1]))
        monkeypatch.setattr(os, "write", write)
        assert path.read_text() == rows(trials[:1]) + PAIR_TABLE.row_of(response(trials[1]))[:9]
        goes_on(journal, trials)


def test_a_system_that_writes_in_pieces_writes_the_whole_row(path, trials, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:7]))
    with Journal(path, trials, PAIR_TABLE) as journal:
        goes_on(journal, trials)


def test_a_drive_that_goes_and_comes_back_takes_the_row_then_and_none_goes_elsewhere(tmp_path, trials):
    drive, away = tmp_path / "drive", tmp_path / "away"
    path = drive / "data" / "beh" / "beh.tsv"
    with Journal(path, trials, PAIR_TABLE) as journal:
        journal.record(response(trials[0]))
        drive.rename(away)
        for _ in range(2):
            with pytest.raises(NotSaved, match="No such file"):
                journal.record(response(trials[1]))
        assert not drive.exists()
        away.rename(drive)
        goes_on(journal, trials)


def test_a_deleted_table_is_created_again_with_every_row(path, trials):
    with Journal(path, trials, PAIR_TABLE) as journal:
        journal.record(response(trials[0]))
        path.unlink()
        with pytest.raises(NotSaved):
            journal.record(response(trials[1]))
        goes_on(journal, trials)


def test_a_table_that_another_program_saved_over_is_not_written_to_until_it_is_back(path, trials):
    with Journal(path, trials, PAIR_TABLE) as journal:
        journal.record(response(trials[0]))
        ours = path.with_suffix(".ours")
        shutil.copy(path, ours)
        path.unlink()
        path.write_text(PAIR_TABLE.header.replace("\t", ","))
        with pytest.raises(NotSaved, match="another file has replaced it"):
            journal.record(response(trials[1]))
        with pytest.raises(NotSaved, match="earlier rows were changed by another program"):
            journal.record(response(trials[1]))
        assert path.read_text() == PAIR_TABLE.header.replace("\t", ",")
        ours.replace(path)
        goes_on(journal, trials)


def test_a_new_table_that_cannot_have_its_header_is_not_left_behind(path, trials, monkeypatch):
    put_right = failing(monkeypatch, "write", errno.ENOSPC)
    with pytest.raises(OSError, match="No space"):
        Journal(path, trials, PAIR_TABLE)
    assert list(path.parent.iterdir()) == []
    put_right()
    with Journal(path, trials, PAIR_TABLE) as journal:
        goes_on(journal, trials)
