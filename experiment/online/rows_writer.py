"""A thread that writes the rows of all online sessions, after their events are safe."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from experiment.online.apply_events import Step
from experiment.online.rows import SessionRows


def no_more() -> None:
    """Do nothing."""


@dataclass
class RowsWriter:
    """Writes rows in a thread of its own, after their events are safe; what fails is tried again.

    Attributes
    ----------
    rows_of : callable
        Returns, for a participant, what writes their rows, and all steps of their session so far.
    log : callable
        Takes a line about what could not be written.
    """

    rows_of: Callable[[str], tuple[SessionRows, Iterator[Step]]]
    log: Callable[[str], None]
    _open: dict[str, SessionRows] = field(default_factory=dict)
    _jobs: queue.SimpleQueue[Callable[[], None] | None] = field(default_factory=queue.SimpleQueue)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._work, name="online rows", daemon=True)
        self._thread.start()

    def put(self, participant: str, steps: Sequence[Step]) -> None:
        """Write steps of a session, later."""
        self._jobs.put(lambda: self._write(participant, steps))

    def release(self, participant: str, then: Callable[[], None] = no_more) -> None:
        """Close the files of a session, after what was put before; call `then` if all of it was written."""

        def close() -> None:
            rows = self._open.pop(participant, None)
            if rows is not None:
                with suppress(OSError):  # everything in the files is flushed
                    rows.close()
                then()

        self._jobs.put(close)

    def write_all(self, participant: str) -> None:
        """Write now what is missing of a session.

        Raises
        ------
        InputError
            It can't be written.
        """
        with self._writing:
            self._write_all(participant)

    def settle(self) -> None:
        """Return when everything that was put so far has been tried."""
        done = threading.Event()
        self._jobs.put(done.set)
        done.wait()

    def close(self) -> None:
        """Write everything that was put, and close all files."""
        self._jobs.put(None)
        self._thread.join()
        for rows in self._open.values():
            rows.close()
        self._open.clear()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            with self._writing:
                job()

    def _write(self, participant: str, steps: Sequence[Step]) -> None:
        try:
            if participant in self._open:
                for step in steps:
                    self._open[participant].write(step)
            else:
                self._write_all(participant)
        except Exception as error:  # whatever it is, it must not stop the rows of all other sessions
            self.log(f"{participant}: rows are not written yet ({error}); the events are safe")
            self._drop(participant)

    def _write_all(self, participant: str) -> None:
        rows, steps = self.rows_of(participant)
        self._open[participant] = rows
        try:
            for step in steps:
                rows.write(step)
        except BaseException:
            self._drop(participant)
            raise

    def _drop(self, participant: str) -> None:
        rows = self._open.pop(participant, None)
        if rows is not None:
            with suppress(OSError):
                rows.close()
