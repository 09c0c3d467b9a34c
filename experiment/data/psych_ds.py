"""Export to Psych-DS: the same rows as comma-separated files, described once for all of them.

Psych-DS (https://psychds-docs.readthedocs.io) requires ``dataset_description.json`` in schema.org's terms,
with every column under ``variableMeasured``, and for tables in ``data/`` whose names are
``keyword-value`` pairs and end in ``_data.csv``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from experiment.data.atomic_folders import new_folder
from experiment.data.bids import Dataset
from experiment.data.find_sessions import SessionFile
from experiment.data.read_data import read_data
from tricky.core.errors import InputError
from tricky.core.files import read_json_object, read_text, write_text
from tricky.core.write_tables import csv_text


def export_psych_ds(
    data_folder: Path, folder: Path, dataset: Dataset, notify: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """Write a BIDS data set's sessions, finished or not, as a Psych-DS data set.

    Parameters
    ----------
    data_folder : Path
        The BIDS data set.
    folder : Path
        Where to write; it must not exist yet, or be empty.
    dataset : Dataset
        What the data set says about itself.
    notify : callable
        Takes a line about each kind of file that was left out.

    Returns
    -------
    list of Path
        The tables: one per session, and one of the participants.

    Raises
    ------
    InputError
        There is no session, the data contradict themselves (see `read_data`), or `folder` contains something.
    """
    recorded = read_data(data_folder)
    if not recorded.sessions:
        raise InputError(f"{data_folder}: no session yet; run `tricky run` or `tricky simulate` first")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: contains something already; name an empty folder, or a new one")
    about = read_json_object(data_folder / "participants.json", "restore the file from a copy")
    readme = read_text(data_folder / "README")
    for note in recorded.notes:
        notify(note)
    variables: dict[str, Mapping[str, Any]] = {}
    tables = {}
    for session in recorded.sessions:
        table = session.cells()
        tables[f"{_stem(session.file)}_data.csv"] = csv_text(table.columns, table.rows)
        for column in table.columns:
            variables.setdefault(column, session.sidecar.described(column))
    people = recorded.participants
    rows = [[row[column] for column in people.columns] for row in people.rows.values()]
    tables["description-participants_data.csv"] = csv_text(people.columns, rows)
    for column in people.columns:
        described = about.get(column)
        variables.setdefault(column, described if isinstance(described, dict) else {})
    description = json.dumps(_description(dataset, variables), indent=2, ensure_ascii=False)
    with new_folder(folder) as part:
        for name, text in tables.items():
            write_text(part / "data" / name, text)
        write_text(part / "dataset_description.json", description + "\n")
        write_text(part / "README.md", readme)
        if folder.exists():  # and empty, as it was found above
            folder.rmdir()
    return [folder / "data" / name for name in tables]


def _stem(file: SessionFile) -> str:
    session = f"_session-{file.session}" if file.session else ""
    return f"subject-{file.participant}{session}_task-{file.task}"


def _description(dataset: Dataset, variables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": dataset.name,
        "description": "Behaviour of observers who judged images by how hard they are for neural networks; "
        "one table a session, one row a trial. Empty values are `n/a`.",
        "license": dataset.license,
        "creator": [{"@type": "Person", "name": author} for author in dataset.authors],
        "variableMeasured": [_property(name, about) for name, about in variables.items()],
    }


def _property(name: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a column as schema.org does; levels become part of its description."""
    text = about.get("Description", name)
    levels = about.get("Levels")
    levels = "; ".join(f"{key}: {text}" for key, text in levels.items()) if isinstance(levels, dict) else ""
    entry = {"@type": "PropertyValue", "name": name, "description": f"{text} {levels}".strip()}
    return entry | ({"unitText": about["Units"]} if "Units" in about else {})
