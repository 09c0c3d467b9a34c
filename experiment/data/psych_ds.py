"""Export to Psych-DS: the same rows as comma-separated files, described once for all of them.

Psych-DS (https://psychds-docs.readthedocs.io) asks for ``dataset_description.json`` in schema.org's terms,
which names every column under ``variableMeasured``, and for tables in ``data/`` whose names are
``keyword-value`` pairs and end in ``_data.csv``.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiment.data.bids import Dataset, read_kinds, read_participant
from tricky.core.errors import InputError
from tricky.core.files import write_text

TABLE_NAME = re.compile(
    r"sub-(?P<subject>[A-Za-z0-9]+)(?:_ses-(?P<session>[0-9]+))?_task-(?P<task>[A-Za-z0-9]+)_beh\.tsv"
)


def export_psych_ds(data_folder: Path, folder: Path, dataset: Dataset) -> list[Path]:
    """Write a BIDS data set's sessions, finished or not, as a Psych-DS data set.

    Parameters
    ----------
    data_folder : Path
        The BIDS data set.
    folder : Path
        Where to write; it must not be there yet, or be empty.
    dataset : Dataset
        What the data set says of itself.

    Returns
    -------
    list of Path
        The tables: one a session, and one of the participants.

    Raises
    ------
    InputError
        There is no session, or `folder` holds something already.
    """
    tables = sorted(
        [*data_folder.glob("sub-*/beh/*_beh.tsv"), *data_folder.glob("sub-*/ses-*/beh/*_beh.tsv")]
    )
    if not tables:
        raise InputError(f"{data_folder}: no session yet; run `tricky run` or `tricky simulate` first")
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder}: holds something already; name a folder that is empty or not there yet")
    variables: dict[str, dict[str, Any]] = {}
    written = []
    for table in tables:
        name = TABLE_NAME.fullmatch(table.name)
        if name is None:
            raise InputError(f"{table}: not a name of the form sub-ID[_ses-N]_task-NAME_beh.tsv; rename it")
        described = json.loads(table.with_suffix(".json").read_text(encoding="utf-8"))
        header, *rows = _whole_rows(table)
        written.append(folder / "data" / f"{_stem(name)}_data.csv")
        write_text(written[-1], _as_csv(header, rows))
        for column in header:
            variables.setdefault(column, described.get(column, {}))
    written.append(folder / "data" / "description-participants_data.csv")
    about = json.loads((data_folder / "participants.json").read_text(encoding="utf-8"))
    people = [read_participant(data_folder, participant) for participant in read_kinds(data_folder)]
    write_text(written[-1], _as_csv(list(people[0]), [list(row.values()) for row in people]))
    for column in people[0]:
        variables.setdefault(column, about.get(column, {}))
    description = json.dumps(_description(dataset, variables), indent=2, ensure_ascii=False)
    write_text(folder / "dataset_description.json", description + "\n")
    readme = (data_folder / "README").read_text(encoding="utf-8")
    write_text(folder / "README.md", readme)
    return written


def _stem(name: re.Match[str]) -> str:
    return "_".join(f"{keyword}-{value}" for keyword, value in name.groupdict().items() if value is not None)


def _whole_rows(table: Path) -> list[list[str]]:
    """Return header and rows; a line that is being written, or was torn, is left out."""
    content = table.read_bytes()
    lines = content[: content.rfind(b"\n") + 1].decode().splitlines()
    return [line.split("\t") for line in lines]


def _as_csv(header: list[str], rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


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
    levels = "; ".join(f"{level}: {meaning}" for level, meaning in about.get("Levels", {}).items())
    entry = {"@type": "PropertyValue", "name": name, "description": f"{text} {levels}".strip()}
    return entry | ({"unitText": about["Units"]} if "Units" in about else {})
