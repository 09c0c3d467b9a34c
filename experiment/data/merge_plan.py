"""Plan a merge of data sets: what will be written, or why it is impossible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from experiment.data.bids import Participants, free_ids
from experiment.data.compare_sessions import Relation, compare_sessions
from experiment.data.consents import Consents
from experiment.data.merge_conflicts import Known, conflict_error, contradiction
from experiment.data.merge_records import Booth, Incoming, Key, MergePlan
from experiment.data.session_table import SessionTable
from experiment.records import Kind
from tricky.core.errors import InputError
from tricky.core.names import MISSING


def plan_merge(
    here: Booth, booths: Sequence[Booth], renames: Mapping[str, str], *, people_only: bool = False
) -> MergePlan:
    """Plan what merging other data sets into one will write.

    Parameters
    ----------
    here : Booth
        The data set that the others are merged into.
    booths : sequence of Booth
        The others.
    renames : mapping of str to str
        Participant id there → id here.
    people_only : bool
        Whether simulated observers are left out.

    Raises
    ------
    InputError
        An id means two participants (free ids are named), a rename matches no participant, or a participant
        who was withdrawn elsewhere is still here.
    """
    planner = _Planner(here, _checked_renames(renames, booths), people_only)
    planner.check_withdrawn(booths)
    for booth in booths:
        planner.add(booth)
        planner.plan.notes += [f"{booth.folder}: {note}" for note in booth.data.notes]
    if planner.conflicts:
        raise conflict_error(planner.conflicts, planner.used)
    return planner.plan


def _checked_renames(renames: Mapping[str, str], booths: Sequence[Booth]) -> Mapping[str, str]:
    """Raise InputError unless each rename means one participant of one data set."""
    for old in renames:
        where = [booth for booth in booths if old in booth.ids]
        if not where:
            raise InputError(f"--rename {old}={renames[old]}: no sub-{old} in {_folders(booths)}")
        if len(where) > 1:
            raise InputError(
                f"--rename {old}={renames[old]}: sub-{old} is in {_folders(where)}; merge one after the other"
            )
    if len(set(renames.values())) < len(renames):
        raise InputError("--rename gives two participants the same new id; give each its own")
    return renames


def _folders(booths: Sequence[Booth]) -> str:
    return ", ".join(str(booth.folder) for booth in booths)


class _Planner:
    """Adds data sets to a plan one after the other, and collects contradictions."""

    def __init__(self, here: Booth, renames: Mapping[str, str], people_only: bool) -> None:
        participants = here.data.participants
        rows = {name: dict(row) for name, row in participants.rows.items()}
        self.plan = MergePlan(
            Participants(participants.path, participants.columns, rows), here.consents, set(here.marks)
        )
        self._here = here
        self._renames = renames
        self._people_only = people_only
        self.conflicts: dict[str, str] = {}
        self._sessions: dict[Key, SessionTable] = {}
        self._by_first_row: dict[str, str] = {}
        for each in here.data.sessions:
            self._know((each.file.participant, each.file.session, each.file.task), each)
        self._were_here = frozenset(self._sessions)
        self.used = {*here.ids, *(mark.participant_id.removeprefix("sub-") for mark in here.marks)}

    def check_withdrawn(self, booths: Sequence[Booth]) -> None:
        """Add the marks of all data sets; raise if someone who was withdrawn elsewhere is still here."""
        for booth in booths:
            for mark in sorted(booth.marks):
                if (participant := self._by_first_row.get(mark.session_sha256)) is not None:
                    raise InputError(
                        f"{booth.folder}: {mark.participant_id} was withdrawn there; run `tricky withdraw "
                        f"{participant}` here first"
                    )
            self.plan.marks |= booth.marks
            self.used |= set(booth.ids)

    def add(self, booth: Booth) -> None:
        """Add a data set's participants, consents and sessions."""
        names = {old: self._name_of(old, booth) for old in booth.ids}
        kept = {old: new for old, new in names.items() if new is not None}
        for old, new in kept.items():
            known = Known(self.plan.participants, self.plan.consents, self._sessions, self._by_first_row)
            if reason := contradiction(known, booth, old, new):
                self.conflicts.setdefault(old, f"sub-{old} in {booth.folder}: {reason}")
                continue
            if (row := booth.data.participants.rows.get(old)) is not None:
                self._add_row(new, row, booth.data.participants.columns)
            for session in booth.sessions_of(old):
                self._add_session(session, new)
        self._add_consents(booth, kept)

    def _name_of(self, old: str, booth: Booth) -> str | None:
        """Return the id that a participant has here; None for one who is left out."""
        sessions = booth.sessions_of(old)
        row = booth.data.participants.rows.get(old)
        if self._people_only and row is not None and row["kind"] == Kind.SIMULATED:
            return None
        withdrawn = {mark.session_sha256 for mark in self.plan.marks} - {"n/a"}
        if any(each.first_row_sha256 in withdrawn for each in sessions):
            self.plan.notes.append(f"left out: sub-{old} of {booth.folder}, who was withdrawn")
            return None
        merged_as = self._merged_as(old, sessions)
        new = self._renames.get(old, merged_as)
        if merged_as not in (old, new):
            raise InputError(
                f"--rename {old}={new}: sub-{old} of {booth.folder} was merged as sub-{merged_as} before; "
                "leave the option out"
            )
        gone = f"sub-{new}" in {mark.participant_id for mark in self.plan.marks}
        if gone and new not in self.plan.participants.rows:
            if old in self._renames:
                raise InputError(f"--rename {old}={new}: sub-{new} was withdrawn; the id is not used again")
            self.plan.notes.append(
                f"left out: sub-{old} of {booth.folder}, as sub-{new} was withdrawn; for another participant "
                f"give --rename {old}={next(iter(free_ids(self.used, old)))}"
            )
            return None
        return new

    def _merged_as(self, old: str, sessions: Sequence[SessionTable]) -> str:
        """Return the id that an earlier merge gave a participant; the one there if none did."""
        drawn = {each.sidecar.drawn_for(old) for each in sessions}
        first_rows = {each.first_row_sha256 for each in sessions} - {None}
        for each in self._here.data.sessions:
            renamed = each.sidecar.recorded_as in drawn
            if renamed and each.first_row_sha256 in first_rows:
                return each.file.participant
        return old

    def _add_row(self, new: str, row: Mapping[str, str], columns: Sequence[str]) -> None:
        before = self.plan.participants
        added = [each for each in columns if each not in before.columns]
        known = before.rows.setdefault(new, {})
        for column, cell in row.items():
            if known.get(column, "n/a") in MISSING:
                known[column] = cell
        known["participant_id"] = f"sub-{new}"
        self.plan.participants = Participants(before.path, (*before.columns, *added), before.rows)

    def _add_session(self, session: SessionTable, new: str) -> None:
        key = (new, session.file.session, session.file.task)
        ours = self._sessions.get(key)
        if ours is not None and compare_sessions(ours, session) is not Relation.LATER:
            self.plan.n_same += 1
            return
        there = session.as_participant(new, self._here.folder)
        continued = key in self._were_here
        self.plan.sessions[key] = Incoming(there.file, session.recorded_bytes(), there.sidecar, continued)
        self._know(key, there)

    def _know(self, key: Key, session: SessionTable) -> None:
        self._sessions[key] = session
        if session.first_row_sha256 is not None:
            self._by_first_row[session.first_row_sha256] = session.file.participant

    def _add_consents(self, booth: Booth, names: Mapping[str, str]) -> None:
        before = self.plan.consents
        added = [each for each in booth.consents.columns if each not in before.columns]
        columns = (*before.columns, *added)
        rows = [(*row, *["n/a"] * len(added)) for row in before.rows]
        for line, old in zip(booth.consents.rows, booth.consents.participants(), strict=True):
            if old in names:
                cells = dict(zip(booth.consents.columns, line, strict=True))
                cells["participant_id"] = f"sub-{names[old]}"
                row = tuple(cells.get(column, "n/a") for column in columns)
                if row not in rows:
                    rows.append(row)
        self.plan.consents = Consents(before.path, columns, tuple(rows))
