"""From trials to sessions: whose they are, their order, and repeated images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from experiment.import_sessions.people import Person
from experiment.import_sessions.trials import ImportedTrial
from stimuli.imported_set import ImportedShowing
from tricky.core.errors import InputError

MOST_SHOWINGS = 2
"""How often a session may show the same images in the same condition: once, and as a repeat."""


@dataclass(frozen=True)
class ImportedSession:
    """A session of one observer.

    Attributes
    ----------
    participant : str
        Without ``sub-``.
    original_id : str
        As the files name the observer.
    number : int or None
        Of the session.
    trials : tuple of ImportedTrial
        In order.
    shown : tuple of ImportedShowing
        What each of them showed.
    """

    participant: str
    original_id: str
    number: int | None
    trials: tuple[ImportedTrial, ...]
    shown: tuple[ImportedShowing, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """SHA-256 of the files that the trials are from, sorted."""
        return tuple(sorted({trial.sha256 for trial in self.trials}))


def sessions_of(trials: Sequence[ImportedTrial], ids: Mapping[Person, str]) -> tuple[ImportedSession, ...]:
    """Group trials into sessions.

    Parameters
    ----------
    trials : sequence of ImportedTrial
        In the order of files and rows.
    ids : mapping of Person to str
        Participant id of each observer.

    Raises
    ------
    InputError
        Rows of a session without trial numbers are in two files; a trial is there twice; or images are shown
        so often that it is unclear which rows count.
    """

    def key(trial: ImportedTrial) -> tuple[str, int]:
        return ids[trial.experiment, trial.observer], trial.session or 0

    found = []
    for (participant, _), group in groupby(sorted(trials, key=key), key=key):
        rows = _in_order(list(group))
        shown = tuple(_shown(rows))
        found.append(ImportedSession(participant, rows[0].observer, rows[0].session, tuple(rows), shown))
    return tuple(found)


def _in_order(rows: list[ImportedTrial]) -> list[ImportedTrial]:
    """Sort the rows of a session by trial number; without numbers they stay in the order of the file."""
    first = rows[0]
    who = f"{first.observer!r}" + ("" if first.session is None else f", session {first.session}")
    if any(row.trial is None for row in rows):
        if other := next((row for row in rows if row.path != first.path), None):
            raise InputError(
                f"{other.where}: rows of {who} are in {first.path}, too, and nothing says in which order; "
                "name the column of sessions or of trial numbers in study.toml ([import.sessions] columns), "
                "or leave out the file that does not count"
            )
        return rows
    numbers: dict[int | None, ImportedTrial] = {}
    for row in rows:
        other = numbers.setdefault(row.trial, row)
        if other is not row:
            raise InputError(
                f"{row.where}: trial {row.trial} of {who} is there already, in {other.where}; remove the row "
                "that does not count, or name the column of sessions in study.toml"
            )
    return sorted(rows, key=lambda row: row.trial or 0)


def _shown(rows: Sequence[ImportedTrial]) -> list[ImportedShowing]:
    """Return what each trial of a session showed; the second time as a repeat of the first."""
    seen: Counter[tuple[tuple[str, ...], str | None]] = Counter()
    shown = []
    for row in rows:
        key = (tuple(sorted(row.images)), row.condition)
        seen[key] += 1
        if seen[key] > 1 and row.trial is None:
            raise InputError(
                f"{row.where}: {row.observer!r} saw {' and '.join(row.images)} before; remove the row if it "
                "is a copy, or name the column of trial numbers in study.toml if the images were shown again"
            )
        if seen[key] > MOST_SHOWINGS:
            raise InputError(
                f"{row.where}: {row.observer!r} saw {' and '.join(row.images)} more than {MOST_SHOWINGS} "
                "times in the same condition; name the column of conditions or sessions in study.toml, or "
                "leave rows out"
            )
        shown.append(ImportedShowing(row.images, row.condition, seen[key] > 1))
    return shown
