"""Compare imported sessions with what is in the data set: what is new, what is there, what contradicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from experiment.data.bids import Participants, free_ids, plain_id
from experiment.data.consents import read_consents
from experiment.data.read_data import RecordedData, read_data
from experiment.data.session_table import SessionTable
from experiment.import_sessions.rows import SessionRows, without_source
from stimuli.imported_set import ImportedSet
from stimuli.records import IMPORTED_BY, StimulusSet, read_any_set
from stimuli.set_folder import NewSet
from tricky.core.errors import InputError
from tricky.core.names import MISSING

REPLACE = f"import all files together with `{IMPORTED_BY} … --replace`, or give a set of its own with --set"


@dataclass(frozen=True)
class Existing:
    """The data set and the stimulus set of this name, before an import.

    Attributes
    ----------
    data : RecordedData
    set_ : StimulusSet or None
        The set of this name, if there is one.
    set_name : str
    replaced : frozenset of str
        Participants whose sessions this import replaces.
    """

    data: RecordedData
    set_: StimulusSet | None
    set_name: str
    replaced: frozenset[str]

    @property
    def participants(self) -> Participants:
        """The participants before the import."""
        return self.data.participants

    def set_for(self, made: ImportedSet, new: NewSet) -> StimulusSet:
        """Return the set that the sessions refer to: the one that is there, if it has all that they show.

        Raises
        ------
        InputError
            The set that is there was not imported, or lacks something and is not to be replaced.
        """
        if self.set_ is None:
            return made.made
        if not self.set_.imported:
            raise InputError(
                f"{new.folder}: a stimulus set that tricky built; give the imported sessions a set of their "
                "own with --set"
            )
        if new.replace or self.set_.set_id == made.made.set_id:
            return made.made
        if made.part_of(self.set_):
            return self.set_
        raise InputError(
            f"{new.folder}: the set of sessions imported before has other images, trials, labels or answers; "
            + REPLACE
        )

    def must_write(self, set_: StimulusSet) -> bool:
        """Return whether a set is not yet on disk as it is."""
        return set_ is not self.set_

    def keeping_files(self, made: ImportedSet) -> ImportedSet:
        """Return a set whose manifest also names the files of earlier imports."""
        before = None if self.set_ is None else self.set_.manifest.imported
        if before is None or self.replaced or self.set_ is None or self.set_.set_id != made.made.set_id:
            return made
        record = made.content["imported"]
        files = sorted({*record["files"], *before.files})
        return replace(made, content={**made.content, "imported": record | {"files": files}})

    def new_among(self, planned: Sequence[SessionRows]) -> tuple[list[SessionRows], list[str]]:
        """Return the sessions that are not in the data set yet, and notes about copies.

        Raises
        ------
        InputError
            A participant or a session is there as another one.
        """
        there = {
            (each.file.participant, each.file.session, each.file.task): each
            for each in self.data.sessions
            if each.file.participant not in self.replaced
        }
        self._check_participants(planned, list(there.values()))
        copies = {without_source(each.text): each.file.participant for each in there.values()}
        rows = {each.body: each.file.participant for each in there.values()}
        new, notes = [], []
        for each in planned:
            path = each.path
            session = "" if path.session is None else str(path.session)
            before = there.get((path.participant, session, path.task_name))
            if before is not None:
                _check_same(each, before)
                continue
            body = each.text.partition("\n")[2]
            if (other := rows.setdefault(body, path.participant)) != path.participant:
                # The same rows of the same file: its name was the id, or a merge gave them another one.
                where = each.session.trials[0].path
                notes.append(f"left out: rows of {where}, which were imported before as sub-{other}")
                continue
            other = copies.setdefault(without_source(each.text), path.participant)
            if each.timed and other != path.participant:
                raise InputError(
                    f"{each.session.trials[0].where}: the rows of {each.session.original_id!r} are those of "
                    f"sub-{other}, response times included; leave out the copy"
                )
            new.append(each)
        return new, notes

    def _check_participants(self, planned: Sequence[SessionRows], there: Sequence[SessionTable]) -> None:
        """Raise InputError if an id belongs to someone who is not of this set's sessions."""
        of_set = {each.file.participant for each in there if self._is_of_set(each)}
        others = {each.file.participant for each in there if not self._is_of_set(each)}
        others |= {name for name in self.participants.rows if self._is_taken(name)} - of_set - self.replaced
        known = {plain_id(name): name for name in (*of_set, *others)}
        for each in planned:
            name = each.path.participant
            other = known.get(plain_id(name), name)
            if name in others or other != name:
                what = "is" if other == name else f"is, as sub-{other},"
                raise InputError(
                    f"{each.session.trials[0].where}: sub-{name} {what} in {self.data.folder} already, with "
                    f"other sessions than those of the set {self.set_name!r}; if they are two people, set "
                    f'[import.sessions] prefix = "x" in study.toml (a free id is sub-'
                    f"{next(free_ids(known.values(), f'x{name}'))})"
                )

    def _is_taken(self, participant: str) -> bool:
        """Return whether something is known of a participant: an interrupted import leaves an id only."""
        row = self.participants.rows[participant]
        known = {column for column, cell in row.items() if cell not in MISSING}
        return (
            any(each.file.participant == participant for each in self.data.sessions)
            or participant in read_consents(self.data.folder).participants()
            or not known <= {"participant_id", "kind", "original_id"}
        )

    def _is_of_set(self, session: SessionTable) -> bool:
        sidecar = session.sidecar
        return sidecar.imported is not None and sidecar.stimulus_set.name == self.set_name


def _check_same(planned: SessionRows, before: SessionTable) -> None:
    """Raise InputError unless a session in the data set is the one to import."""
    if without_source(before.text) != without_source(planned.text):
        raise InputError(
            f"{planned.session.trials[0].where}: {before.file.label} was imported before with other rows; if "
            f"this is a corrected file, {REPLACE}"
        )


def read_existing(data: Path, new: NewSet) -> Existing:
    """Read the data set and the set of this name.

    Raises
    ------
    InputError
        One of them is damaged.
    """
    recorded = read_data(data)
    set_ = read_any_set(new.folder) if (new.folder / "stimulus_set.json").is_file() else None
    replaced: set[str] = set()
    if new.replace:
        of_set = {
            each.file.participant
            for each in recorded.sessions
            if each.sidecar.imported is not None and each.sidecar.stimulus_set.name == new.name
        }
        replaced = of_set - {
            each.file.participant
            for each in recorded.sessions
            if each.sidecar.imported is None or each.sidecar.stimulus_set.name != new.name
        }
    return Existing(recorded, set_, new.name, frozenset(replaced))
