"""Remove a participant's data, and leave a mark that prevents merging them again: `tricky withdraw`."""

from __future__ import annotations

import re
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from experiment.data.atomic_folders import name_of_removed, remove_folder
from experiment.data.bids import read_participants
from experiment.data.consents import read_consents
from experiment.data.find_sessions import SessionFile, find_sessions
from experiment.data.journal import locked
from experiment.data.session_files import disk_errors_in_one_line, participants_locked
from experiment.data.session_table import read_session_table
from experiment.data.sidecar import read_sidecar
from experiment.data.withdrawn import Mark, add_marks, read_marks
from tricky.core.errors import InputError


@dataclass(frozen=True)
class Holding:
    """All data of a participant.

    Attributes
    ----------
    participant : str
        Without ``sub-``.
    sessions : tuple of SessionFile
    in_table : bool
        Whether ``participants.tsv`` has a row.
    n_consents : int
        Lines of ``consent.tsv``.
    elsewhere : tuple of Path
        Other files and folders in the data set whose name contains the id; they are not removed.
    repeated_by : tuple of str
        Simulated observers who repeat the participant's sessions.
    withdrawn : bool
        Whether the mark is there.
    """

    participant: str
    sessions: tuple[SessionFile, ...]
    in_table: bool
    n_consents: int
    elsewhere: tuple[Path, ...]
    repeated_by: tuple[str, ...]
    withdrawn: bool

    @property
    def words(self) -> str:
        """The data to remove, in words; empty if everything was removed before."""
        if not (self.sessions or self.in_table or self.n_consents):
            return ""
        parts = [f"{len(self.sessions)} session{'s' * (len(self.sessions) != 1)}"]
        parts += ["the row in participants.tsv"] if self.in_table else []
        lines = f"{self.n_consents} line{'s' * (self.n_consents != 1)} of consent.tsv"
        return ", ".join(parts + ([lines] if self.n_consents else []))


def look_up(data_folder: Path, participant: str) -> Holding:
    """Look up all data of a participant.

    Parameters
    ----------
    data_folder : Path
        The BIDS data set.
    participant : str
        With or without ``sub-``.

    Raises
    ------
    InputError
        There is nothing of the participant, or a table is damaged.
    """
    participant = participant.removeprefix("sub-")
    if not re.fullmatch("[A-Za-z0-9]+", participant):
        raise InputError(f"participant id {participant!r}: an id has letters and digits only")
    in_table = participant in read_participants(data_folder).rows
    n_consents = read_consents(data_folder).participants().count(participant)
    withdrawn = any(mark.participant_id == f"sub-{participant}" for mark in read_marks(data_folder))
    folder = data_folder / f"sub-{participant}"
    if not (in_table or n_consents or withdrawn or folder.exists()):
        raise InputError(f"{data_folder}: no participant {participant}; participants.tsv lists the ids")
    return Holding(
        participant,
        find_sessions(data_folder, participant).sessions,
        in_table,
        n_consents,
        tuple(_elsewhere(data_folder, participant)),
        tuple(_repeating(data_folder, participant)),
        withdrawn,
    )


def withdraw(data_folder: Path, participant: str) -> Holding:
    """Remove a participant's sessions, row and consents, and leave a mark in ``withdrawn.tsv``.

    The mark is written first, and the row in ``participants.tsv`` is removed after the folder: if this is
    interrupted, the data set is valid, the data can't be merged again, and the same call continues.

    Parameters
    ----------
    data_folder : Path
        The BIDS data set.
    participant : str
        With or without ``sub-``.

    Returns
    -------
    Holding
        The data that were removed.

    Raises
    ------
    InputError
        There is no such participant, a session of theirs is running, or the data set can't be written to.
    """
    held = look_up(data_folder, participant)
    participant, name = held.participant, f"sub-{held.participant}"
    with ExitStack() as stack:
        with disk_errors_in_one_line():
            stack.enter_context(participants_locked(data_folder))
        for file in held.sessions:
            busy = f"{file.table}: this session is running; end it first"
            stack.enter_context(locked(data_folder, file.stem, busy))
        with disk_errors_in_one_line():
            add_marks(data_folder, _marks(held))
            remove_folder(data_folder / name)
            participants = read_participants(data_folder)
            if participants.rows.pop(participant, None) is not None:
                participants.write()
            consents = read_consents(data_folder)
            if held.n_consents:
                whose = zip(consents.rows, consents.participants(), strict=True)
                consents.write([row for row, each in whose if each != participant])
    with suppress(OSError):  # a lock file has the id in its name; on Windows a busy one can't be removed
        folder = data_folder.resolve().parent / ".locks"
        for path in folder.glob(f"{data_folder.resolve().name}.{name}[._]*lock"):
            path.unlink()
    return held


def _marks(held: Holding) -> set[Mark]:
    """Return the marks of a participant: a hash of each session's first row."""
    hashes = set()
    for file in held.sessions:
        with suppress(InputError):  # a damaged session is withdrawn, too
            hashes.add(read_session_table(file).first_row_sha256)
    if not hashes and not held.withdrawn:
        hashes.add(None)
    return {Mark(f"sub-{held.participant}", each or "n/a") for each in hashes}


def _elsewhere(data_folder: Path, participant: str) -> list[Path]:
    """Return other files and folders that the participant's id names, not what is in such a folder."""
    named = re.compile(rf"(^|[^A-Za-z0-9])sub-{participant}([^A-Za-z0-9]|$)", re.IGNORECASE)
    found = [path for path in sorted(data_folder.rglob("*")) if named.search(path.name)]
    folder = data_folder / f"sub-{participant}"
    return [
        path
        for path in found
        if path not in (folder, name_of_removed(folder))
        and not any(map(named.search, path.relative_to(data_folder).parts[:-1]))
    ]


def _repeating(data_folder: Path, participant: str) -> list[str]:
    """Return the simulated observers who repeat sessions of a participant."""
    found = []
    for file in find_sessions(data_folder).sessions:
        with suppress(InputError):
            simulated = read_sidecar(file.sidecar).simulated or {}
            if str(simulated.get("replay_of", "")).startswith(f"sub-{participant}/"):
                found.append(file.participant)
    return found
