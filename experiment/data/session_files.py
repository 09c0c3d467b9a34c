"""The files of a session around its table: register the participant, create the files, find earlier ones."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from experiment.data.atomic_folders import new_folder
from experiment.data.bids import Dataset, SessionPath, read_participant, register
from experiment.data.columns import Table
from experiment.data.describe_dataset import describe_dataset
from experiment.data.find_sessions import find_sessions
from experiment.data.journal import locked
from experiment.data.sidecar import Sidecar, read_sidecar, write_sidecar
from experiment.records import Kind
from experiment.settings import ExperimentSettings, PrivacySettings
from stimuli.records import StimulusSet
from tricky.core.errors import InputError
from tricky.core.files import write_bytes

MACHINE = ("keyboard_devices", "graphics", "platform", "python")
"""Entries of the apparatus that ``leave_out = ["machine"]`` removes."""


@contextmanager
def disk_errors_in_one_line() -> Iterator[None]:
    """Turn an error of the disk into one line for people.

    Raises
    ------
    InputError
        The data set can't be written to.
    """
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{error.filename or 'the data folder'}: not written ({error.strerror or error}); all recorded "
            "trials are safe: make room, connect the drive, allow writing, or close the program that has "
            "the file open, then run the same command again"
        ) from error


@contextmanager
def readable_by(privacy: PrivacySettings, data_folder: Path) -> Iterator[None]:
    """Let only the account that runs sessions read what is written, if ``owner_only`` is set.

    Raises
    ------
    InputError
        It is set on Windows, where folders carry the rights.
    """
    if not privacy.owner_only:
        yield
        return
    if os.name == "nt":
        raise InputError(
            "[experiment.privacy] owner_only can't be had on Windows, where folders carry the rights: set "
            "those of the study's folder, and owner_only = false"
        )
    before = os.umask(0o077)
    try:
        data_folder.mkdir(parents=True, exist_ok=True)
        data_folder.chmod(0o700)
        yield
    finally:
        os.umask(before)


def without_machine(apparatus: Mapping[str, Any], privacy: PrivacySettings) -> dict[str, Any]:
    """Remove what identifies a single machine, if ``leave_out`` contains ``machine``."""
    left_out = MACHINE if "machine" in privacy.leave_out else ()
    return {key: value for key, value in apparatus.items() if key not in left_out}


def register_person(
    data_folder: Path,
    dataset: Dataset,
    participant: str,
    settings: ExperimentSettings,
    fields: Mapping[str, str],
) -> None:
    """Describe the data set and add the participant, before any file of theirs is written."""
    with participants_locked(data_folder):
        describe_dataset(data_folder, dataset, settings.participant_fields)
        columns = {each.name: "n/a" for each in settings.participant_fields}
        known = {
            name: cell for name, cell in read_participant(data_folder, participant).items() if name in columns
        }
        register(data_folder, [participant], Kind.PERSON, values={**columns, **known, **fields})


@contextmanager
def participants_locked(data_folder: Path) -> Iterator[None]:
    """Lock the files at the data set's root against other processes."""
    busy = f"{data_folder}: participants.tsv is in use by another process; try again"
    with locked(data_folder, "participants", busy, timeout_s=10):
        yield


def create_session(path: SessionPath, table: Table, new: Sidecar, before: Sidecar | None) -> Sidecar:
    """Create a session's table and sidecar where they are missing; return the sidecar that is on disk.

    Parameters
    ----------
    path : SessionPath
        Where they are.
    table : Table
        The columns.
    new : Sidecar
        What is written if the sidecar or the table is missing.
    before : Sidecar or None
        The sidecar that is there.
    """
    if not path.table.exists():
        put_new(path.table, table.header.encode(), new)
        return new
    if before is None:
        write_sidecar(path.sidecar, new)
        return new
    return before


def put_new(table: Path, content: bytes, sidecar: Sidecar) -> None:
    """Make a session's table and sidecar appear together: neither alone is valid BIDS."""
    with new_folder(table.parent) as part:  # which exists if there is a session of another task
        write_sidecar(part / table.with_suffix(".json").name, sidecar)
        write_bytes(part / table.name, content)


def earlier_sidecar(path: SessionPath, stimulus_set: StimulusSet) -> Sidecar | None:
    """Read the sidecar of earlier runs, if there were any, and check that they showed the same set.

    Raises
    ------
    InputError
        The sidecar is damaged, or names another set.
    """
    if not path.sidecar.exists():
        return None
    sidecar = read_sidecar(path.sidecar)
    if sidecar.stimulus_set.set_id != stimulus_set.set_id:
        raise InputError(
            f"{path.sidecar}: this session was begun with stimulus set {sidecar.stimulus_set.set_id}, "
            f"not {stimulus_set.set_id}; restore that set, or give another participant or session"
        )
    return sidecar


def drawn_for(data_folder: Path, participant: str) -> str:
    """Return the id that determines order, sides and keys of a participant's sessions.

    It differs from the participant's id if `tricky merge --rename` changed the id of all sessions.

    Raises
    ------
    InputError
        A sidecar of the participant is damaged.
    """
    files = find_sessions(data_folder, participant).sessions
    used = [read_sidecar(file.sidecar).drawn_for(participant) for file in files if file.sidecar.exists()]
    return participant if participant in used or not used else used[0]
