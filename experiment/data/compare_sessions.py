"""Compare two copies of a session: equal, one continues the other, or contradictory."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from experiment.data.session_table import SessionTable
from experiment.data.sidecar import Sidecar


class Relation(StrEnum):
    """How a second copy of a session is related to the first."""

    SAME = "same"
    EARLIER = "earlier"
    LATER = "later"
    OTHER = "other"


def compare_sessions(first: SessionTable, second: SessionTable) -> Relation:
    """Return how a second copy of a session is related to the first.

    A copy is later if it begins with everything that the other one contains: a session was continued on
    another machine.  Two copies belong to one session if they have a row in common (response times are
    recorded to the microsecond), or the same start time.
    """
    before, after = first.sidecar, second.sidecar
    if before.stimulus_set.set_id != after.stimulus_set.set_id or _drawn(first) != _drawn(second):
        return Relation.OTHER
    if first.text == second.text and _content(before) == _content(after):
        return Relation.SAME
    if _continues(first, second):
        return Relation.LATER
    return Relation.EARLIER if _continues(second, first) else Relation.OTHER


def _continues(first: SessionTable, second: SessionTable) -> bool:
    """Return whether the second contains all of the first, and more."""
    before, after = first.sidecar, second.sidecar
    runs = [[(run.started, run.first_trial) for run in each.runs] for each in (before, after)]
    return (
        (first.n_rows > 0 or any(run.started for run in before.runs))
        and second.text.startswith(first.text)
        and runs[1][: len(runs[0])] == runs[0]
        and before.questionnaire.items() <= after.questionnaire.items()
        and _progress(first) < _progress(second)
    )


def _progress(session: SessionTable) -> tuple[int, int, int, bool]:
    sidecar = session.sidecar
    return (
        session.n_rows,
        len(sidecar.questionnaire),
        len(sidecar.runs),
        sidecar.table_sha256 is not None,
    )


def _drawn(session: SessionTable) -> str:
    return session.sidecar.drawn_for(session.file.participant)


def _content(sidecar: Sidecar) -> dict[str, Any]:
    """Return the content of a sidecar without participant and session."""
    content = sidecar.content()
    for key in ("Participant", "RecordedAs", "schema_version"):
        content.pop(key, None)
    if isinstance(consent := content.get("Consent"), dict):
        consent.pop("participant_id", None)
    return content
