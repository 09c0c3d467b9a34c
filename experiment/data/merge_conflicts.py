"""Reasons why equal ids in two data sets belong to different participants."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from experiment.data.bids import Participants, free_ids, plain_id
from experiment.data.compare_sessions import Relation, compare_sessions
from experiment.data.consents import COLUMNS, Consents
from experiment.data.merge_records import Booth, Key
from experiment.data.session_table import SessionTable
from tricky.core.errors import InputError
from tricky.core.names import MISSING

_PROPOSED_AT_MOST = 8
"""Renames that a message proposes."""


@dataclass(frozen=True)
class Known:
    """All participants that are merged so far.

    Attributes
    ----------
    participants : Participants
    consents : Consents
    sessions : mapping of Key to SessionTable
    by_first_row : mapping of str to str
        Hash of a session's first row → participant.
    """

    participants: Participants
    consents: Consents
    sessions: Mapping[Key, SessionTable]
    by_first_row: Mapping[str, str]


def contradiction(known: Known, booth: Booth, old: str, new: str) -> str | None:
    """Return why a participant there differs from the one with an id here; None if they may be the same.

    Parameters
    ----------
    known : Known
    booth : Booth
        The other data set.
    old, new : str
        The participant's id there, and the one here.
    """
    rows = known.participants.rows
    similar = [each for each in rows if plain_id(each) == plain_id(new)]
    if similar and new not in rows:
        return f"differs from sub-{similar[0]} in leading zeros or capital letters only"
    row = booth.data.participants.rows.get(old, {})
    for column, cell in rows.get(new, {}).items():
        there = row.get(column, "n/a")
        if column != "participant_id" and cell != there and not {cell, there} & set(MISSING):
            return f"{column} is {there!r} there, but {cell!r} of sub-{new} here"
    for session in booth.sessions_of(old):
        ours = known.sessions.get((new, session.file.session, session.file.task))
        if ours is not None and compare_sessions(ours, session) is Relation.OTHER:
            return f"{session.file.label} is another session than that of sub-{new} here"
        other = known.by_first_row.get(session.first_row_sha256 or "", new)
        if other != new and session.sidecar.simulated is None:
            return f"the same session is here as that of sub-{other}"
    theirs = _answers(booth.consents, old)
    for name, lines in _answers(known.consents, new).items():
        there_too = theirs.get(name, lines)
        if not (lines <= there_too or there_too <= lines):
            return f"consent was asked another time than of sub-{new} here"
    return None


def conflict_error(conflicts: Mapping[str, str], used: Collection[str]) -> InputError:
    """Return an error about ids that mean two participants, with free ids for the others.

    Parameters
    ----------
    conflicts : mapping of str to str
        Id there → what contradicts.
    used : collection of str
        Ids in use anywhere.
    """
    proposed: dict[str, str] = {}
    for old in conflicts:
        proposed[old] = next(each for each in free_ids(used, old) if each not in proposed.values())
    options = [f"--rename {old}={new}" for old, new in proposed.items()]
    shown = " ".join(options[:_PROPOSED_AT_MOST]) + (" …" if len(options) > _PROPOSED_AT_MOST else "")
    more = f" (and {len(options) - 1} more such ids)" if len(options) > 1 else ""
    reason = next(iter(conflicts.values()))
    return InputError(f"{reason}{more}; if these are other participants, give them free ids: {shown}")


def _answers(consents: Consents, participant: str) -> dict[str, set[tuple[str, ...]]]:
    """Return a participant's lines by session, without the id."""
    found: dict[str, set[tuple[str, ...]]] = {}
    columns = [each for each in COLUMNS if each not in ("participant_id", "session")]
    for row, name in zip(consents.rows, consents.participants(), strict=True):
        if name == participant:
            cells = dict(zip(consents.columns, row, strict=True))
            found.setdefault(cells["session"], set()).add(tuple(cells[each] for each in columns))
    return found
