"""The parts of a merge: the data sets, and what will be written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from experiment.data.bids import Participants
from experiment.data.consents import Consents
from experiment.data.find_sessions import SessionFile
from experiment.data.read_data import RecordedData
from experiment.data.session_table import SessionTable
from experiment.data.sidecar import Sidecar
from experiment.data.withdrawn import Mark

Key = tuple[str, str, str]
"""Participant, session, task."""


@dataclass(frozen=True)
class Booth:
    """A data set with its consents and marks.

    Attributes
    ----------
    data : RecordedData
    consents : Consents
    marks : set of Mark
        Of participants who were withdrawn.
    """

    data: RecordedData
    consents: Consents
    marks: frozenset[Mark]

    @property
    def folder(self) -> Path:
        """The data set."""
        return self.data.folder

    @property
    def ids(self) -> list[str]:
        """All participants in the data set, or in its consents."""
        return list(dict.fromkeys([*self.data.participants.rows, *self.consents.participants()]))

    def sessions_of(self, participant: str) -> list[SessionTable]:
        """Return the sessions of a participant."""
        return [each for each in self.data.sessions if each.file.participant == participant]


@dataclass(frozen=True)
class Incoming:
    """A session that is to be written.

    Attributes
    ----------
    file : SessionFile
        Where it will be.
    content : bytes
        Of the table.
    sidecar : Sidecar
    continued : bool
        Whether it replaces an earlier copy.
    """

    file: SessionFile
    content: bytes
    sidecar: Sidecar
    continued: bool


@dataclass
class MergePlan:
    """What a merge will write.

    Attributes
    ----------
    participants : Participants
        The whole table.
    consents : Consents
        The whole list.
    marks : set of Mark
        All of them.
    sessions : dict of Key to Incoming
        New sessions, and later copies of those that are there.
    n_same : int
        Number of sessions that are there already, the same or a later copy.
    notes : list of str
        What people should know.
    """

    participants: Participants
    consents: Consents
    marks: set[Mark]
    sessions: dict[Key, Incoming] = field(default_factory=dict)
    n_same: int = 0
    notes: list[str] = field(default_factory=list)
