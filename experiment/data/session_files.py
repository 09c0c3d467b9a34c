"""The files of a session around its table: registered, begun, resumed; errors of the disk in one line."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
from tricky.core.files import sync_folder, write_bytes

MACHINE = ("keyboard_devices", "graphics", "platform", "python")
"""Entries of the apparatus that `leave_out = ["machine"]` keeps from the data."""


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """Tell people in one line why the data set could not be written to."""
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
    """See to it that only the account that runs the session can read what it writes, if asked."""
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
    """Leave out what tells one machine from another of its kind, if asked."""
    left_out = MACHINE if "machine" in privacy.leave_out else ()
    return {key: value for key, value in apparatus.items() if key not in left_out}


def enter(
    data_folder: Path,
    dataset: Dataset,
    participant: str,
    settings: ExperimentSettings,
    fields: Mapping[str, str],
) -> None:
    """Make the data set know the participant, before anything of theirs is written."""
    with participants_locked(data_folder):
        describe_dataset(data_folder, dataset, settings.participant_fields)
        columns = {each.name: "n/a" for each in settings.participant_fields}
        known = {
            name: cell for name, cell in read_participant(data_folder, participant).items() if name in columns
        }
        register(data_folder, [participant], Kind.PERSON, values={**columns, **known, **fields})


@contextmanager
def participants_locked(data_folder: Path) -> Iterator[None]:
    """Keep other processes from what stands at the data set's root."""
    busy = f"{data_folder}: participants.tsv is in use by another process; try again"
    with locked(data_folder, "participants", busy, timeout_s=10):
        yield


def begin(place: SessionPath, table: Table, sidecar: Sidecar) -> None:
    """Make a new session's table and its description, unless they are there."""
    if not place.table.exists():
        put_new(place.table, table.header.encode(), sidecar)
    elif not place.sidecar.exists():
        write_sidecar(place.sidecar, sidecar)


def put_new(table: Path, content: bytes, sidecar: Sidecar) -> None:
    """Make a session's table and sidecar appear together: either alone is no valid BIDS."""
    folder, names = table.parent, (table.with_suffix(".json").name, table.name)
    part = folder.with_name(f".{folder.name}.part")
    if part.exists():
        shutil.rmtree(part)
    write_sidecar(part / names[0], sidecar)
    write_bytes(part / names[1], content)
    if folder.exists():  # of another task
        for name in names:
            (part / name).replace(folder / name)
        part.rmdir()
    else:
        part.rename(folder)
    sync_folder(folder.parent)


def begun_with(place: SessionPath, stimulus_set: StimulusSet[Any]) -> Sidecar | None:
    """Read what an earlier run wrote, if there was one, and check that it showed the same set.

    Raises
    ------
    InputError
        The sidecar is damaged, or names another set.
    """
    if not place.sidecar.exists():
        return None
    sidecar = read_sidecar(place.sidecar)
    if sidecar.stimulus_set.set_id != stimulus_set.set_id:
        raise InputError(
            f"{place.sidecar}: this session was begun with stimulus set {sidecar.stimulus_set.set_id}, "
            f"not {stimulus_set.set_id}; restore that set, or give another participant or session"
        )
    return sidecar


def drawn_for(data_folder: Path, participant: str) -> str:
    """Return the id that order, sides and keys of a participant's sessions follow from.

    It is another than the participant's own if `tricky merge --rename` changed the id of all sessions.

    Raises
    ------
    InputError
        A sidecar of the participant is damaged.
    """
    files = find_sessions(data_folder, participant).sessions
    used = [read_sidecar(file.sidecar).drawn_for(participant) for file in files if file.sidecar.exists()]
    return participant if participant in used or not used else used[0]
