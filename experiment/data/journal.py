"""The session table while it is recorded: one line per trial, on disk before the next trial starts.

The table is the only record of the trials. Opening it again removes a line that a power loss truncated,
compares every row with the schedule, and continues after the last one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType

from experiment.data.columns import Table
from experiment.interfaces import NotSaved
from experiment.records import Response, ScheduledTrial
from tricky.core import locks
from tricky.core.errors import InputError
from tricky.core.files import replacing, sync_folder
from tricky.core.tables import parse_table
from tricky.core.write_tables import tsv_line

_ADVICE = "all earlier trials are safe: make room, connect the drive or allow writing again"


class Journal:
    """An open session table.

    Parameters
    ----------
    path : Path
        The ``_beh.tsv``; created with its header if it does not exist.
    trials : sequence of ScheduledTrial
        All trials of the session.
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
        The existing rows are not the beginning of this schedule.
    OSError
        The file can't be opened, or its first line can't be written.
    """

    def __init__(self, path: Path, trials: Sequence[ScheduledTrial], table: Table) -> None:
        self.path = path
        self._trials = trials
        self._table = table
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        self._file = path.open("r+b" if not is_new else "x+b", buffering=0)
        self._saved = b""
        self._in_doubt = False
        try:
            self.rows, self.elapsed_s = self._read_existing()
            self.n_done = len(self.rows)
            if is_new:
                sync_folder(path.parent)
        except BaseException:
            self._file.close()
            if is_new:
                path.unlink(missing_ok=True)
            raise

    def _read_existing(self) -> tuple[list[dict[str, str]], float]:
        """Remove a truncated last line, check the rest, and go to its end."""
        content = self._file.read()
        self._saved = content[: content.rfind(b"\n") + 1]
        rows = parse_rows(self.path, self._saved, self._trials, self._table)
        self._in_doubt = len(self._saved) < len(content)
        if not self._saved:
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
            The disk is full or missing; all earlier trials are safe.  The same call can be made again, and
            succeeds once the problem is solved.
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
        """Append a line; if that fails, all earlier lines are unchanged."""
        if self._in_doubt:
            self._open_again()
            self._cut_back()
        self._in_doubt = True
        self._write(line)
        # A handle still accepts rows after its file was deleted or its drive replaced: they would be lost.
        if not os.path.samestat(self.path.stat(), os.fstat(self._file.fileno())):
            raise OSError("another file has replaced it")
        self._in_doubt = False
        self._saved += line

    def _write(self, content: bytes) -> None:
        while content:
            content = content[os.write(self._file.fileno(), content) :]
        os.fsync(self._file.fileno())

    def _open_again(self) -> None:
        """Open the file again, because the drive may have been disconnected; restore it if it was deleted."""
        with suppress(OSError):  # closing reports the error that writing has reported
            self._file.close()
        if not self.path.exists() and self.path.parent.is_dir():  # else the drive is missing
            with replacing(self.path) as part:
                part.write_bytes(self._saved)
        self._file = self.path.open("r+b", buffering=0)
        if not self._file.readall().startswith(self._saved):
            raise OSError("its earlier rows were changed by another program; put them back")

    def _cut_back(self) -> None:
        """Remove everything after the saved lines, and go to their end."""
        self._file.truncate(len(self._saved))
        self._file.seek(len(self._saved))
        os.fsync(self._file.fileno())
        self._in_doubt = False

    def close(self) -> None:
        """Close the file; all recorded rows are on disk already."""
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
        The table, from its header to a line end; empty for a new table.
    trials : sequence of ScheduledTrial
        The schedule; the rows must be its beginning.
    table : Table
        The columns of the session's task.

    Returns
    -------
    list of dict
        The cells of each row, by column.

    Raises
    ------
    InputError
        A line is not what the session would have written.
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
            "from a copy; the session can't be continued in this file"
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
            raise InputError(f"{path}: line {number} is not a response ({error}); {advice}") from None
        rows.append(row)
    return rows


def locked(data_folder: Path, what: str, busy: str, timeout_s: float = 0) -> AbstractContextManager[None]:
    """Hold a lock for a part of a data set; the lock file is next to the data set, so that this stays valid.

    Parameters
    ----------
    data_folder : Path
        The BIDS data set.
    what : str
        What is locked; part of the lock file's name.
    busy : str
        The error if another process holds the lock, in one line.
    timeout_s : float
        How long to wait for the lock.

    Raises
    ------
    InputError
        Another process holds the lock.
    """
    folder = data_folder.resolve()
    return locks.locked(folder.parent / locks.LOCKS / f"{folder.name}.{what}.lock", busy, timeout_s)
