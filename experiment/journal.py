"""The session table as it grows: one line a trial, on disk before the next trial starts.

The table is the record, there is no second one to merge.  Opening it again cuts off a line that a power
loss tore, holds every row against the schedule, and goes on behind the last one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from experiment.records import Response, ScheduledTrial
from experiment.tables import PAIR_TABLE, Table
from model_eval.artefacts import InputError, sync_folder


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
    n_done : int
        Number of trials on disk.
    elapsed_s : float
        From the start of the session to the last recorded key press; 0 before the first.

    Raises
    ------
    InputError
        The rows that are there are not the beginning of this schedule.
    """

    def __init__(self, path: Path, trials: Sequence[ScheduledTrial], table: Table = PAIR_TABLE) -> None:
        self.path = path
        self._trials = trials
        self._table = table
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        self._file = path.open("r+b" if not is_new else "x+b", buffering=0)
        try:
            self.n_done, self.elapsed_s = self._take_up()
        except BaseException:
            self._file.close()
            raise
        if is_new:
            sync_folder(path.parent)

    def _take_up(self) -> tuple[int, float]:
        """Cut off a torn last line, check the rest, and stand behind it."""
        content = self._file.read()
        whole = content[: content.rfind(b"\n") + 1]
        rows = parse_rows(self.path, whole, self._trials, self._table)
        self._file.seek(len(whole))
        if len(whole) < len(content):
            self._file.truncate()
            os.fsync(self._file.fileno())
        if not whole:
            self._append(self._table.header)
        if not rows:
            return 0, 0.0
        return len(rows), self._table.end_s(rows[-1])

    @property
    def complete(self) -> bool:
        """Whether every trial of the session is on disk."""
        return self.n_done == len(self._trials)

    def record(self, response: Response) -> None:
        """Append a response and return when it is on disk.

        Raises
        ------
        InputError
            The disk takes no more; all earlier trials are safe.
        """
        if response.trial != self._trials[self.n_done]:
            raise ValueError(f"trial {response.trial.trial_index} recorded where {self.n_done} is next")
        self._append(self._table.row_of(response))
        self.n_done += 1

    def _append(self, line: str) -> None:
        data = line.encode()
        try:
            written = self._file.write(data)
            os.fsync(self._file.fileno())
        except OSError as error:
            raise InputError(
                f"{self.path}: a response could not be saved ({error.strerror}); "
                "all earlier trials are safe: see to the disk, then run the same command again"
            ) from error
        if written != len(data):
            raise InputError(
                f"{self.path}: a response was saved in part only (disk full?); all earlier trials are safe: "
                "free some space, then run the same command again"
            )

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
    path: Path, content: bytes, trials: Sequence[ScheduledTrial], table: Table = PAIR_TABLE
) -> list[dict[str, str]]:
    """Split whole lines into cells and hold them against the schedule.

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
    try:
        header, *lines = content.decode().splitlines(keepends=True) or [table.header]
    except UnicodeDecodeError:
        raise InputError(f"{path}: not readable as UTF-8; {advice}") from None
    if header != table.header:
        raise InputError(f"{path}: line 1 holds other columns than a session table of this tricky; {advice}")
    if len(lines) > len(trials):
        raise InputError(f"{path}: {len(lines)} trials, where the session has {len(trials)}; {advice}")
    rows = []
    for number, (line, trial) in enumerate(zip(lines, trials, strict=False), start=2):
        cells = line.rstrip("\n").split("\t")
        shown = [str(trial.trial_index), trial.block.value, trial.trial_id, *trial.items]
        if len(cells) != len(table.columns) or cells[: len(shown)] != shown:
            raise InputError(f"{path}: line {number} isn't trial {trial.trial_id} of this session; {advice}")
        row = dict(zip((column.name for column in table.columns), cells, strict=True))
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
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{data_folder.name}.{what}.lock")
    try:
        lock.acquire(timeout=timeout_s)
    except Timeout:
        raise InputError(busy) from None
    try:
        yield
    finally:
        lock.release()
