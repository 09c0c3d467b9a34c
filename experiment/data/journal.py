"""The session table as it grows: one line a trial, on disk before the next trial starts.

The table is the record, there is no second one to merge.  Opening it again cuts off a line that a power
loss tore, holds every row against the schedule, and goes on behind the last one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from experiment.data.columns import Table
from experiment.interfaces import NotSaved
from experiment.records import Response, ScheduledTrial
from tricky.core.errors import InputError
from tricky.core.files import replacing, sync_folder
from tricky.core.tables import parse_table, tsv_line

_ADVICE = "all earlier trials are safe: make room, connect the drive or allow writing again"


class Journal:
    """An open session table.

    Parameters
    ----------
    path : Path
        The ``_beh.tsv``; made with its header where it isn't there yet.
    trials : sequence of ScheduledTrial
        What the session consists of.
    table : Table
        The columns of the session's task.

    Attributes
    ----------
    rows : list of dict
        The cells of the trials that earlier runs recorded, by column.
    n_done : int
        Number of trials on disk.
    elapsed_s : float
        From the start of the session to the last recorded key press; 0 before the first.

    Raises
    ------
    InputError
        The rows that are there are not the beginning of this schedule.
    OSError
        The file can't be opened, or its first line not be written.
    """

    def __init__(self, path: Path, trials: Sequence[ScheduledTrial], table: Table) -> None:
        self.path = path
        self._trials = trials
        self._table = table
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        self._file = path.open("r+b" if not is_new else "x+b", buffering=0)
        self._kept = b""
        self._in_doubt = False
        try:
            self.rows, self.elapsed_s = self._take_up()
            self.n_done = len(self.rows)
            if is_new:
                sync_folder(path.parent)
        except BaseException:
            self._file.close()
            if is_new:
                path.unlink(missing_ok=True)
            raise

    def _take_up(self) -> tuple[list[dict[str, str]], float]:
        """Cut off a torn last line, check the rest, and stand behind it."""
        content = self._file.read()
        self._kept = content[: content.rfind(b"\n") + 1]
        rows = parse_rows(self.path, self._kept, self._trials, self._table)
        self._in_doubt = len(self._kept) < len(content)
        if not self._kept:
            self._append(self._table.header.encode())
        elif self._in_doubt:
            self._cut_back()
        if not rows:
            return rows, 0.0
        return rows, self._table.end_s(rows[-1])

    @property
    def complete(self) -> bool:
        """Whether every trial of the session is on disk."""
        return self.n_done == len(self._trials)

    def record(self, response: Response) -> None:
        """Append a response and return when it is on disk.

        Raises
        ------
        NotSaved
            The disk takes no more, or has gone; all earlier trials are safe.  The same call can be made
            again, and succeeds once the reason is put right.
        """
        if response.trial != self._trials[self.n_done]:
            raise ValueError(f"trial {response.trial.trial_index} recorded where {self.n_done} is next")
        try:
            self._append(self._table.row_of(response).encode())
        except OSError as error:
            reason = error.strerror or error
            raise NotSaved(f"{self.path.name} is not saved: {reason} ({_ADVICE})") from error
        self.n_done += 1

    def _append(self, line: bytes) -> None:
        """Put a line behind what is kept; whatever fails on the way leaves that as it was."""
        if self._in_doubt:
            self._open_again()
            self._cut_back()
        self._in_doubt = True
        self._write(line)
        # A handle goes on taking rows when its file was deleted or its drive swapped: nobody finds them.
        if not os.path.samestat(self.path.stat(), os.fstat(self._file.fileno())):
            raise OSError("another file has taken its place")
        self._in_doubt = False
        self._kept += line

    def _write(self, content: bytes) -> None:
        while content:
            content = content[os.write(self._file.fileno(), content) :]
        os.fsync(self._file.fileno())

    def _open_again(self) -> None:
        """Open the file anew: the handle may be of a drive that was away; make it anew if it was deleted."""
        with suppress(OSError):  # closing reports what writing has reported already
            self._file.close()
        if not self.path.exists() and self.path.parent.is_dir():  # else a drive is away: make no folder
            with replacing(self.path) as part:
                part.write_bytes(self._kept)
        self._file = self.path.open("r+b", buffering=0)
        if not self._file.readall().startswith(self._kept):
            raise OSError("its earlier rows were changed by another program; put them back")

    def _cut_back(self) -> None:
        """Cut off what stands behind the lines that are kept, and stand there."""
        self._file.truncate(len(self._kept))
        self._file.seek(len(self._kept))
        os.fsync(self._file.fileno())
        self._in_doubt = False

    def close(self) -> None:
        """Close the file; what was recorded is on disk already."""
        self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def parse_rows(
    path: Path, content: bytes, trials: Sequence[ScheduledTrial], table: Table
) -> list[dict[str, str]]:
    """Split whole lines into cells and compare them with the schedule.

    Parameters
    ----------
    path : Path
        Named in errors.
    content : bytes
        The table, from its header to a line end; empty for a new one.
    trials : sequence of ScheduledTrial
        What the rows must be the beginning of.
    table : Table
        The columns of the session's task.

    Returns
    -------
    list of dict
        The cells of each row, by column.

    Raises
    ------
    InputError
        A line isn't what the session would have written.
    """
    advice = "the file was edited or belongs to another stimulus set; move it away, or restore the set"
    if not content:
        return []
    names = tuple(column.name for column in table.columns)
    recorded = parse_table(content, path, own=True)
    if recorded.columns != names:
        raise InputError(f"{path}: line 1 has other columns than a session table of this tricky; {advice}")
    if len(recorded) > len(trials):
        raise InputError(f"{path}: {len(recorded)} trials, where the session has {len(trials)}; {advice}")
    if "".join(tsv_line(cells) for cells in [names, *recorded.rows]).encode() != content:
        raise InputError(
            f"{path}: saved by another program, with other line ends or quotation marks; restore the file "
            "from a copy, as a session can't go on in it"
        )
    rows = []
    for number, (cells, trial) in enumerate(zip(recorded.rows, trials, strict=False), start=2):
        shown = [str(trial.trial_index), trial.block.value, trial.trial_id, *trial.items]
        if cells[: len(shown)] != shown:
            raise InputError(f"{path}: line {number} isn't trial {trial.trial_id} of this session; {advice}")
        row = dict(zip(names, cells, strict=True))
        try:
            table.check(row)
            table.end_s(row)
        except ValueError as error:
            raise InputError(f"{path}: line {number} holds no response ({error}); {advice}") from None
        rows.append(row)
    return rows


@contextmanager
def locked(data_folder: Path, what: str, busy: str, timeout_s: float = 0) -> Iterator[None]:
    """Hold a lock that belongs to a data set, beside its folder so that the data set stays clean.

    The operating system drops the lock when the process ends, however it ends.

    Parameters
    ----------
    data_folder : Path
        The BIDS data set.
    what : str
        What is locked within it; part of the lock file's name.
    busy : str
        One line for people, should another process hold it.
    timeout_s : float
        How long to wait for that process.

    Raises
    ------
    InputError
        Another process holds the lock.
    """
    folder = data_folder.resolve().parent / ".locks"
    lock = FileLock(folder / f"{data_folder.name}.{what}.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=timeout_s)
    except Timeout:
        raise InputError(busy) from None
    except (OSError, NotImplementedError) as error:  # the latter where a network drive knows no locks
        raise InputError(
            f"{folder}: no file can be locked there ({error}); move the study to a drive that allows it"
        ) from None
    try:
        yield
    finally:
        lock.release()
