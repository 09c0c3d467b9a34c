"""Read a whole data set, with the same checks for all readers of recorded sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from experiment.data.bids import Participants, plain_id, read_participants
from experiment.data.find_sessions import FoundSessions, find_sessions
from experiment.data.session_table import SessionTable, read_session_table
from experiment.records import Kind
from tricky.core.errors import InputError
from tricky.core.files import sha256_of


@dataclass(frozen=True)
class RecordedData:
    """The sessions of a data set.

    Attributes
    ----------
    folder : Path
        The data set.
    participants : Participants
    sessions : tuple of SessionTable
        By participant, session and task.
    notes : tuple of str
        Lines for people: files that were left out, tables that other programs saved.
    """

    folder: Path
    participants: Participants
    sessions: tuple[SessionTable, ...]
    notes: tuple[str, ...]

    def require_sessions(self) -> None:
        """Raise InputError if there is no session yet."""
        if not self.sessions:
            raise InputError(
                f"{self.folder}: no session yet; run `tricky run --participant ID` or `tricky simulate` first"
            )


def read_data(data_folder: Path, found: FoundSessions | None = None) -> RecordedData:
    """Read all sessions of a data set, people's and simulated ones.

    Parameters
    ----------
    data_folder : Path
        The BIDS data set, which may not exist yet.
    found : FoundSessions, optional
        What to read; by default everything that `find_sessions` finds.

    Raises
    ------
    InputError
        A file could change a number: it is damaged, a second version of another, or in the wrong place; or
        folders, names, sidecars, tables and ``participants.tsv`` contradict each other.
    """
    found = find_sessions(data_folder) if found is None else found
    found.require_sound()
    participants = read_participants(data_folder)
    if found.sessions and not participants.path.exists():
        raise InputError(
            f"{participants.path}: missing; restore it, it says who is a person and who is simulated"
        )
    kinds = participants.kinds
    sessions = []
    for file in found.sessions:
        if file.participant not in kinds:
            raise InputError(
                f"{file.table}: sub-{file.participant} is not in participants.tsv; add its row there"
            )
        sessions.append(read_session_table(file))
        _check_kind(sessions[-1], kinds[file.participant])
    _check_once(sessions, kinds)
    saved = [f"{each.file.table.relative_to(data_folder)}: {each.note}" for each in sessions if each.note]
    return RecordedData(
        data_folder, participants, tuple(sessions), (*found.notes, *saved, *_similar_ids(participants))
    )


def _check_kind(session: SessionTable, kind: Kind) -> None:
    """Raise InputError if a sidecar says simulated and ``participants.tsv`` person, or the reverse."""
    if "simulated" not in session.sidecar.model_fields_set:
        return
    said = Kind.PERSON if session.sidecar.simulated is None else Kind.SIMULATED
    if said is not kind:
        raise InputError(
            f"{session.file.sidecar}: `Simulated` says that this is the session of a {said} observer, but "
            f"participants.tsv says {kind}; correct `kind` there"
        )


def _check_once(sessions: Sequence[SessionTable], kinds: dict[str, Kind]) -> None:
    """Raise InputError if a trial of a session, or a person's whole table, is there twice."""
    for _, group in groupby(sessions, key=lambda each: (each.file.participant, each.file.session)):
        seen: dict[tuple[str, str], SessionTable] = {}
        several = list(group)
        for session in several if len(several) > 1 else ():
            for trial in session.cells().cells("trial_id"):
                other = seen.setdefault((session.sidecar.stimulus_set.set_id, trial), session)
                if other is not session:
                    raise InputError(
                        f"{session.file.table}: contains trial {trial} of the same session as "
                        f"{other.file.table.name}; move the one that doesn't count out of the data set"
                    )
    bodies: dict[str, SessionTable] = {}
    for session in sessions:
        if session.n_rows and kinds[session.file.participant] is Kind.PERSON:
            other = bodies.setdefault(sha256_of(session.body), session)
            if other is not session:
                raise InputError(
                    f"{session.file.table}: the same rows as {other.file.table}; remove the copy from the "
                    "data set"
                )


def _similar_ids(participants: Participants) -> list[str]:
    first: dict[str, str] = {}
    return [
        f"participants.tsv: sub-{other} and sub-{participant} differ in leading zeros or capital letters only"
        for participant in participants.rows
        if (other := first.setdefault(plain_id(participant), participant)) != participant
    ]
