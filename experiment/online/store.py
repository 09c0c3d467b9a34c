"""What a server keeps: links and events, in ``online/sessions.sqlite``; an event is on disk when it counts.

Events are never changed or removed, except when a participant withdraws. The rows in ``data/`` follow from
them, so that a crash between both loses nothing.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tricky.core.errors import InputError
from tricky.core.files import sha256_of

FILE = "sessions.sqlite"
VERSION = 1
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE links (
  token TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, participant TEXT UNIQUE, status TEXT NOT NULL,
  assigned REAL, last_event REAL, rows_done INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE events (
  participant TEXT NOT NULL, seq INTEGER NOT NULL, received REAL NOT NULL, event TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY (participant, seq)
) WITHOUT ROWID;
"""


class Status(StrEnum):
    """How far the session of a link has come."""

    NEW = "new"
    """Not opened yet."""
    OPEN = "open"
    """Assigned to a participant id, and not finished."""
    COMPLETE = "complete"
    """Every trial and question is answered."""
    SCREENED_OUT = "screened_out"
    """The device does not meet the requirements."""
    NO_CONSENT = "no_consent"
    """The participant did not agree to take part."""
    TIMED_OUT = "timed_out"
    """Not continued for a long time; the link is closed."""
    WITHDRAWN = "withdrawn"
    """The participant's data were removed."""


@dataclass
class Link:
    """A link that a participant follows, and the session behind it.

    Attributes
    ----------
    token : str
        The secret part of the link.
    number : int
        Links are numbered from 1 in the order in which they were made.
    participant : str or None
        The participant's id, from the first time that the link was opened.
    status : Status
    assigned, last_event : float or None
        When the id was given and the last event received, in s since 1970.
    rows_done : bool
        Whether all events are in ``data/``, and no more can come.
    """

    token: str
    number: int
    participant: str | None = None
    status: Status = Status.NEW
    assigned: float | None = None
    last_event: float | None = None
    rows_done: bool = False


@dataclass(frozen=True)
class StoredEvent:
    """An event as it was received, when."""

    text: str
    received: float


def database_errors_in_one_line(path: Path) -> InputError:
    """Return the error for a file that is no store."""
    return InputError(f"{path}: damaged, or not written by `tricky online`; restore the file from a copy")


class Store:
    """The open store of a study; all writing goes through one thread, which flushes many changes at once.

    Parameters
    ----------
    folder : Path
        ``online`` in the study's folder, or ``online/preview``.
    create : bool
        Whether to make it where it is missing.

    Raises
    ------
    InputError
        It is missing, damaged, or of another version.
    """

    def __init__(self, folder: Path, *, create: bool = True) -> None:
        self.path = folder / FILE
        if create:
            folder.mkdir(parents=True, exist_ok=True)
            self.path.touch(0o600)  # tokens are secrets; SQLite's other files get the same rights
        elif not self.path.is_file():
            raise InputError(
                f"{self.path}: missing; run `tricky online invite` or `tricky online serve` first"
            )
        try:
            self._connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self._prepare()
        except sqlite3.DatabaseError as error:
            raise database_errors_in_one_line(self.path) from error
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[tuple[list[tuple[str, tuple[object, ...]]], Future[None]] | None] = (
            queue.SimpleQueue()
        )
        self._writer = threading.Thread(target=self._write, name="online store", daemon=True)
        self._writer.start()

    def _prepare(self) -> None:
        run = self._connection.execute
        run("PRAGMA busy_timeout = 10000")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")  # a commit returns when the log is on disk
        if run("PRAGMA quick_check").fetchall() != [("ok",)]:
            raise sqlite3.DatabaseError("damaged")
        run("BEGIN IMMEDIATE")
        (version,) = run("PRAGMA user_version").fetchone()
        if version == 0 and not run("SELECT name FROM sqlite_master").fetchall():
            for statement in _SCHEMA.split(";\n"):
                run(statement)
            run(f"PRAGMA user_version = {VERSION}")
        elif version != VERSION:
            run("ROLLBACK")
            self._connection.close()
            raise InputError(
                f"{self.path}: written by another version of tricky; finish the study with that one"
            )
        run("COMMIT")

    def close(self) -> None:
        """Finish what is being written, and close the file."""
        self._jobs.put(None)
        self._writer.join()
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def change(self, *statements: tuple[str, tuple[object, ...]]) -> Future[None]:
        """Make changes, all or none; the future is done when they are on disk.

        Changes of several callers that wait at the same time are flushed together.
        """
        future: Future[None] = Future()
        self._jobs.put((list(statements), future))
        return future

    def _write(self) -> None:
        """Take all waiting jobs, commit them in one transaction, and report to each."""
        closing = False
        while not closing:
            jobs = [self._jobs.get()]
            with suppress(queue.Empty):
                while len(jobs) < 1000:
                    jobs.append(self._jobs.get_nowait())
            closing = None in jobs
            waiting = [job for job in jobs if job is not None]
            try:
                self._commit([statement for statements, _ in waiting for statement in statements])
            except sqlite3.Error:
                for statements, future in waiting:  # one by one, so that each fails for reasons of its own
                    try:
                        self._commit(statements)
                    except sqlite3.Error as error:
                        future.set_exception(error)
                    else:
                        future.set_result(None)
            else:
                for _, future in waiting:
                    future.set_result(None)

    def _commit(self, statements: Sequence[tuple[str, tuple[object, ...]]]) -> None:
        if not statements:
            return
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for statement, values in statements:
                    self._connection.execute(statement, values)
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk may have ended the transaction already
                    self._connection.execute("ROLLBACK")
                raise

    def about(self, name: str) -> str | None:
        """Return something that is known of the whole study, such as the id of its stimulus set."""
        rows = self._read("SELECT value FROM about WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def remember(self, name: str, value: str) -> None:
        """Save something about the whole study; return when it is on disk."""
        self.change(("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, value))).result()

    def links(self, after: int = 0) -> list[Link]:
        """Return all links with numbers above `after`, in their order."""
        rows = self._read(
            "SELECT token, number, participant, status, assigned, last_event, rows_done FROM links "
            "WHERE number > ? ORDER BY number",
            (after,),
        )
        try:
            return [
                Link(str(token), int(number), participant, Status(status), assigned, last, bool(done))
                for token, number, participant, status, assigned, last, done in rows
            ]
        except (TypeError, ValueError) as error:
            raise database_errors_in_one_line(self.path) from error

    def add_links(self, tokens: Iterable[str]) -> Future[None]:
        """Add new links; the database numbers them, because several processes may do so."""
        return self.change(
            *(
                (
                    "INSERT INTO links (token, number, status) "
                    "SELECT ?, COALESCE(MAX(number), 0) + 1, ? FROM links",
                    (token, Status.NEW.value),
                )
                for token in tokens
            )
        )

    def update(self, link: Link) -> tuple[str, tuple[object, ...]]:
        """Return the change that saves a link as it is now."""
        return (
            "UPDATE links SET participant = ?, status = ?, assigned = ?, last_event = ?, rows_done = ? "
            "WHERE token = ?",
            (
                link.participant,
                link.status.value,
                link.assigned,
                link.last_event,
                int(link.rows_done),
                link.token,
            ),
        )

    def add_event(
        self, participant: str, seq: int, text: str, received: float
    ) -> tuple[str, tuple[object, ...]]:
        """Return the change that adds an event; it fails if there is one with this number."""
        digest = _digest(participant, seq, text)
        return "INSERT INTO events VALUES (?, ?, ?, ?, ?)", (participant, seq, received, text, digest)

    def events(self, participant: str) -> list[StoredEvent]:
        """Return the events of a participant, in order.

        Raises
        ------
        InputError
            One is missing between others, or has changed.
        """
        rows = self._read(
            "SELECT seq, event, received, sha256 FROM events WHERE participant = ? ORDER BY seq",
            (participant,),
        )
        numbered = [seq for seq, *_ in rows] == list(range(len(rows)))
        if not numbered or any(_digest(participant, seq, text) != sha256 for seq, text, _, sha256 in rows):
            raise InputError(
                f"{self.path}: events of {participant} are missing or changed; restore the file from a copy"
            )
        return [StoredEvent(text, float(received)) for _, text, received, _ in rows]

    def _read(self, query: str, values: tuple[object, ...] = ()) -> list[tuple]:
        try:
            with self._lock:
                return self._connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise database_errors_in_one_line(self.path) from error

    def forget(self, participant: str) -> None:
        """Remove the events of a participant who withdrew, and close their link."""
        self.change(
            ("DELETE FROM events WHERE participant = ?", (participant,)),
            (
                "UPDATE links SET status = ?, rows_done = 1 WHERE participant = ?",
                (Status.WITHDRAWN.value, participant),
            ),
        ).result()
        with self._lock:  # what was deleted remains neither in free pages nor in the log
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _digest(participant: str, seq: int, text: object) -> str:
    """Return a hash of an event, which shows later damage."""
    return sha256_of(f"{participant}/{seq}/{text}")


@contextmanager
def disk_errors_of_store(path: Path) -> Iterator[None]:
    """Turn an error of the database into one line for people."""
    try:
        yield
    except sqlite3.Error as error:
        raise InputError(f"{path}: not written ({error}); make room, or connect the drive") from error
