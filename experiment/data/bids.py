"""The BIDS data set around the session tables: valid after every trial.

Behaviour without imaging is a ``_beh.tsv`` with a task entity (BIDS 1.10.0, "Behavioral experiments").
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiment.data.columns import RATING_TASK, SINGLE_TASK, Table
from experiment.records import Kind
from experiment.settings import ParticipantField
from stimuli.records import PAIR_TASK
from tricky.core.errors import InputError
from tricky.core.files import SCHEMA_VERSION, versions_of, write_json, write_text

BIDS_VERSION = "1.10.0"
TASK_DESCRIPTIONS = {
    PAIR_TASK: "Two-alternative forced choice between two images that differ in how many of a pool of neural "
    "networks classify them correctly: which is harder for a network?",
    SINGLE_TASK: "Naming, for one image at a time, how hard it is for a pool of neural networks.",
    RATING_TASK: "Questions about one image at a time.",
}


@dataclass(frozen=True)
class Dataset:
    """What the data set says of itself.

    Attributes
    ----------
    name : str
        Title of the data set.
    authors : tuple of str
        Who to name when it is cited.
    institution : str
        Where the sessions were run.
    license : str
        Under which the data may be used, best as an SPDX name.
    department, address : str
        Of the institution; ``n/a`` where not given.
    """

    name: str
    authors: tuple[str, ...]
    institution: str
    license: str
    department: str = "n/a"
    address: str = "n/a"


@dataclass(frozen=True)
class SessionPath:
    """Where one session of one participant stands within a data set.

    Raises
    ------
    InputError
        The participant's id holds something other than letters and digits, or the session's number is
        below 1.
    """

    data_folder: Path
    participant: str
    session: int | None
    task_name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9]+", self.participant):
            raise InputError(
                f"participant id {self.participant!r}: BIDS allows letters and digits only; "
                "choose an id such as 07 or anna2"
            )
        if self.session is not None and self.session < 1:
            raise InputError(f"session {self.session}: sessions are counted from 1; give 1 or more")

    @property
    def participant_folder(self) -> Path:
        """Everything of this participant."""
        return self.data_folder / f"sub-{self.participant}"

    @property
    def stem(self) -> str:
        """Name of the session's files, without suffix."""
        session = "" if self.session is None else f"_ses-{self.session}"
        return f"sub-{self.participant}{session}_task-{self.task_name}"

    @property
    def table(self) -> Path:
        """The session table."""
        within = [] if self.session is None else [f"ses-{self.session}"]
        return self.participant_folder.joinpath(*within, "beh", f"{self.stem}_beh.tsv")

    @property
    def sidecar(self) -> Path:
        """Its description."""
        return self.table.with_suffix(".json")


def sidecar_content(
    dataset: Dataset,
    task_name: str,
    table: Table,
    *,
    instructions: str,
    stimulus_set: Mapping[str, Any],
    simulated: Mapping[str, Any] | None,
    settings: Mapping[str, Any],
    versions: Mapping[str, str],
    apparatus: Mapping[str, Any],
    runs: list[dict[str, Any]],
) -> dict[str, Any]:
    """Describe a session: the task, every column, and how the session was run.

    Parameters
    ----------
    dataset : Dataset
        For the institution.
    task_name : str
        The task entity.
    table : Table
        Columns, and what was asked with which keys.
    instructions : str
        What participants read of the task.
    stimulus_set : mapping
        ``name`` and ``set_id``, and ``n_trials`` of a whole session.
    simulated : mapping or None
        The observer's parameters; None for a person.
    settings, versions, apparatus : mapping
        What the session was run with.
    runs : list of dict
        ``started`` and ``first_trial`` of each time that the session was started or taken up again.
    """
    return {
        "TaskName": task_name,
        "TaskDescription": TASK_DESCRIPTIONS[table.task.name],
        "Instructions": instructions,
        "CogAtlasID": "n/a",
        "CogPOID": "n/a",
        "InstitutionName": dataset.institution,
        "InstitutionalDepartmentName": dataset.department,
        "InstitutionAddress": dataset.address,
        **{column.name: column.describe() for column in table.columns},
        "AnswerKeys": {ask.name: {o.key: o.value for o in ask.options} for ask in table.task.asks},
        "StimulusSet": dict(stimulus_set),
        "Simulated": None if simulated is None else dict(simulated),
        "Settings": dict(settings),
        "Versions": dict(versions),
        "Apparatus": dict(apparatus),
        "Runs": runs,
    }


def describe_dataset(data_folder: Path, dataset: Dataset, fields: Sequence[ParticipantField] = ()) -> None:
    """Write what stands at the data set's root, participants aside.

    The description follows `dataset`; keys that a lab added to it stay.  README and CHANGES are written
    once and then belong to the lab; so does what ``participants.json`` says of a column, `fields` included.
    """
    path = data_folder / "dataset_description.json"
    before = _read_object(path) if path.exists() else {}
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
    """Describe the columns of ``participants.tsv``; what stands there already belongs to the lab."""
    before = _read_object(path) if path.exists() else {"schema_version": SCHEMA_VERSION}
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

Behavioural data of observers who judged, pair by pair, which of two images is harder for neural networks
(two-alternative forced choice). Recorded at {institution} with tricky.

Each participant has a folder; each session in it is a table with one row a trial (*_beh.tsv) and a
description of its columns, the stimulus set, the settings and the apparatus (*_beh.json).

The column `kind` of participants.tsv tells people from simulated observers. Simulated observers exist to
rehearse a study and its analysis; they are not data about people.
"""

_PARTICIPANTS = {
    "participant_id": {"Description": "Identifier of the participant."},
    "kind": {
        "Description": "Whether the participant is a person or a simulated observer.",
        "Levels": {
            Kind.PERSON: "A person sat the session.",
            Kind.SIMULATED: "A computer drew the responses; see `Simulated` in the session's sidecar.",
        },
    },
}


def read_kinds(data_folder: Path) -> dict[str, Kind]:
    """Return the kind of each participant in ``participants.tsv``, by id without ``sub-``.

    Raises
    ------
    InputError
        The table lacks a column, or names a kind that is neither person nor simulated.
    """
    kinds = {}
    for row in _read_participants(data_folder / "participants.tsv"):
        kinds[row["participant_id"].removeprefix("sub-")] = Kind(row["kind"])
    return kinds


def read_participant(data_folder: Path, participant: str) -> dict[str, str]:
    """Return a participant's row of ``participants.tsv``, by column; empty where there is none."""
    rows = _read_participants(data_folder / "participants.tsv")
    return next((row for row in rows if row["participant_id"] == f"sub-{participant}"), {})


def register(
    data_folder: Path,
    participants: Collection[str],
    kind: Kind,
    *,
    drop: Iterable[str] = (),
    values: Mapping[str, str] | None = None,
) -> None:
    """Enter participants in ``participants.tsv``, before their folders are made.

    BIDS wants a row for every folder, not a folder for every row: so the row comes first and goes last.
    Rows and columns that a lab entered itself stay as they are.

    Parameters
    ----------
    data_folder : Path
        The data set.
    participants : collection of str
        Ids without ``sub-``.
    kind : Kind
        Of all of them.
    drop : iterable of str
        Ids whose rows go.
    values : mapping of str to str, optional
        What is known of all of them, by column. New columns are ``n/a`` for everybody else.

    Raises
    ------
    InputError
        A participant is there already as the other kind, or under an id that differs in capitals only.
    """
    path = data_folder / "participants.tsv"
    before = _read_participants(path)
    kinds = read_kinds(data_folder)
    values = values or {}
    columns = list(dict.fromkeys([*(before[0] if before else ("participant_id", "kind")), *values]))
    new, in_small = [], {other.lower(): other for other in kinds}
    for participant in participants:
        other = in_small.get(participant.lower(), participant)
        if other != participant:
            raise InputError(
                f"{path}: sub-{other} differs from sub-{participant} in capitals only, which not all systems "
                "tell apart; choose another participant id"
            )
        found = kinds.get(participant)
        if found is not None and found is not kind:
            raise InputError(
                f"{path}: sub-{participant} is there as {found}, not {kind}; choose another participant id"
            )
        if found is None:
            new.append({"participant_id": f"sub-{participant}", "kind": kind})
    gone = {f"sub-{participant}" for participant in drop}
    mine = {f"sub-{participant}" for participant in participants}
    rows = [row for row in before if row["participant_id"] not in gone] + new
    rows = [
        {**dict.fromkeys(columns, "n/a"), **row, **(values if row["participant_id"] in mine else {})}
        for row in rows
    ]
    if rows != before:
        text = io.StringIO()
        writer = csv.DictWriter(
            text, columns, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None
        )
        writer.writeheader()
        writer.writerows(rows)
        write_text(path, text.getvalue())


def _read_participants(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise InputError(f"{path}: line {number} has more or fewer cells than the header; correct it")
        if not row.get("participant_id") or row.get("kind") not in set(Kind):
            raise InputError(
                f"{path}: line {number} needs a participant_id and a kind, person or simulated; add them"
            )
    return rows


def _read_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}); repair it or move it away") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds no JSON object; repair it or move it away")
    return content


def _write_once(path: Path, text: str) -> None:
    if not path.exists():
        write_text(path, text)
