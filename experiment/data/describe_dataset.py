"""The files at the root of the BIDS data set: description, README, columns of ``participants.tsv``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiment.data.bids import Dataset
from experiment.records import Kind
from experiment.settings import ParticipantField
from tricky.core.files import SCHEMA_VERSION, read_json_object, versions_of, write_json, write_text

BIDS_VERSION = "1.10.0"
_REMEDY = "repair it, or move it away"


def describe_dataset(data_folder: Path, dataset: Dataset, fields: Sequence[ParticipantField] = ()) -> None:
    """Write the files at the data set's root, except the participants.

    The description follows `dataset`; keys that a lab added are kept. README and CHANGES are written once and
    then left to the lab, like the descriptions of columns in ``participants.json``.
    """
    path = data_folder / "dataset_description.json"
    before = read_json_object(path, _REMEDY) if path.exists() else {}
    content = before | {
        "Name": dataset.name,
        "BIDSVersion": BIDS_VERSION,
        "HEDVersion": "8.4.0",
        "DatasetType": "raw",
        "License": dataset.license,
        "Authors": list(dataset.authors),
        "GeneratedBy": [
            {
                "Name": "tricky",
                "Version": versions_of().get("tricky-images", "unknown"),
                "Description": "Stimulus presentation and recording.",
            }
        ],
        "SourceDatasets": before.get("SourceDatasets", [{"Version": "n/a"}]),
    }
    if content != before:
        write_json(path, content)
    _write_once(
        data_folder / "README",
        _README.format(name=dataset.name, underline="=" * len(dataset.name), institution=dataset.institution),
    )
    _write_once(data_folder / "CHANGES", "1.0.0\n  - First session recorded.\n")
    _describe_participants(data_folder / "participants.json", fields)


def _describe_participants(path: Path, fields: Sequence[ParticipantField]) -> None:
    """Describe the columns of ``participants.tsv``; existing descriptions are kept."""
    before = read_json_object(path, _REMEDY) if path.exists() else {"schema_version": SCHEMA_VERSION}
    content = _PARTICIPANTS | {each.name: _describe_field(each) for each in fields} | before
    if content != before:
        write_json(path, content)


def _describe_field(about: ParticipantField) -> dict[str, Any]:
    entry: dict[str, Any] = {"Description": about.question}
    if about.units is not None:
        entry["Units"] = about.units
    if about.choices:
        entry["Levels"] = {choice: choice.capitalize() for choice in about.choices}
    return entry


_README = """{name}
{underline}

Behavioural data of observers who judged images by how hard they are for neural networks. What they were
asked is in the description of each session. Recorded at {institution} with tricky.

Each participant has a folder; each session in it is a table with one row a trial (*_beh.tsv) and a
description of its columns, the stimulus set, the settings and the apparatus (*_beh.json).

The column `kind` of participants.tsv distinguishes people from simulated observers. Simulated observers are
for rehearsing a study and its analysis; they are not data about people.
"""

_PARTICIPANTS = {
    "participant_id": {"Description": "Identifier of the participant."},
    "kind": {
        "Description": "Whether the participant is a person or a simulated observer.",
        "Levels": {
            Kind.PERSON: "A person took part in the session.",
            Kind.SIMULATED: "A computer drew the responses; see `Simulated` in the session's sidecar.",
        },
    },
}


def _write_once(path: Path, text: str) -> None:
    if not path.exists():
        write_text(path, text)
