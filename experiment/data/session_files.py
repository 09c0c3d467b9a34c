"""The files of a session around its table: entered, begun, read again, and errors told in one line."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from experiment.data.bids import Dataset, SessionPath, describe_dataset, read_participant, register
from experiment.data.columns import Table
from experiment.data.journal import locked
from experiment.records import Kind
from experiment.settings import ExperimentSettings, PrivacySettings
from stimuli.records import StimulusSet
from tricky.core.errors import InputError
from tricky.core.files import sync_folder, write_json, write_text

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


def begin(place: SessionPath, table: Table, content: dict[str, Any]) -> None:
    """Make a new session's table and its description appear together: either alone is no valid BIDS."""
    if place.table.exists():
        if not place.sidecar.exists():
            write_json(place.sidecar, content)
        return
    folder = place.table.parent
    part = folder.with_name(f".{folder.name}.part")
    if part.exists():
        shutil.rmtree(part)
    write_json(part / place.sidecar.name, content)
    write_text(part / place.table.name, table.header)
    if folder.exists():  # of another task
        for file in (place.sidecar, place.table):
            (part / file.name).replace(file)
        part.rmdir()
    else:
        part.rename(folder)
    sync_folder(folder.parent)


def unanswered(content: Mapping[str, Any]) -> list[str]:
    """Return the questions after the last trial that a session's description has no answer to."""
    asked = content.get("Settings", {}).get("experiment", {}).get("questions", [])
    return [each["name"] for each in asked if each["name"] not in content.get("Questionnaire", {})]


def read_sidecar(place: SessionPath, stimulus_set: StimulusSet) -> dict[str, Any]:
    """Read what an earlier run wrote, if there was one, and check that it had the same set."""
    if not place.sidecar.exists():
        return {}
    try:
        content = json.loads(place.sidecar.read_text(encoding="utf-8"))
        began_with = content["StimulusSet"]["set_id"]
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{place.sidecar}: not a session's description ({error!r}); restore it") from None
    if began_with != stimulus_set.set_id:
        raise InputError(
            f"{place.sidecar}: this session was begun with stimulus set {began_with}, "
            f"not {stimulus_set.set_id}; restore that set, or give another participant or session"
        )
    return content
