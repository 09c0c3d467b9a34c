"""The sidecar of a session: a typed model, and the only module that reads or writes one.

BIDS requires a JSON description of each table. Ours also contains the stimulus set, the settings and
apparatus of each run and, once the session is complete, the hash of its table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic.alias_generators import to_pascal

from experiment.data.bids import Dataset, SessionPath
from experiment.data.columns import Table
from experiment.records import Setting
from experiment.tasks import kind_of
from tricky.core.errors import InputError
from tricky.core.files import write_json
from tricky.core.manifests import Count, Record, Sha256, read_record
from tricky.core.names import Name

PER_RUN = ("settings", "versions", "apparatus", "preflight")
"""Attributes that may change when a session is continued."""


def _timestamp(text: str) -> str:
    try:
        aware = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise ValueError("a time with its offset from UTC, such as 2026-01-31T10:15:00+00:00")
    return text


def _with_questions(settings: dict[str, Any]) -> dict[str, Any]:
    questions_in(settings)  # raises ValueError
    return settings


def questions_in(settings: Mapping[str, Any]) -> list[str]:
    """Return the names of the questions after the last trial, from the settings in a sidecar.

    Raises
    ------
    ValueError
        They are not written as `ExperimentSettings` writes them.
    """
    try:
        return [str(each["name"]) for each in settings.get("experiment", {}).get("questions", [])]
    except (AttributeError, KeyError, TypeError):
        raise ValueError("settings with `experiment` and its list of `questions`") from None


class _Part(Record, alias_generator=to_pascal):
    """A part of a sidecar whose keys are in BIDS's style: `TaskName` for `task_name`."""


class ShownSet(Record):
    """The stimulus set that was shown; `n_trials` is the number of trials in a complete session."""

    name: str | None = None
    set_id: str
    n_trials: Count | None = None


class Preflight(Record):
    """The checks before a session, and whether it was started although one failed."""

    ok: bool
    forced: bool
    checks: list[dict[str, Any]] = Field(default_factory=list)


class Run(_Part):
    """A run of the session; settings and apparatus only if later runs differ in them."""

    started: Annotated[str, AfterValidator(_timestamp)] | None = Field(None, alias="started")
    first_trial: Count = Field(0, alias="first_trial")
    settings: dict[str, Any] | None = None
    versions: dict[str, str] | None = None
    apparatus: dict[str, Any] | None = None
    preflight: Preflight | None = None


class Answer(Record):
    """The answer to a question after the last trial."""

    answer: str | None
    response_time: float | None


class ConsentRecord(Record):
    """The participant's line of ``consent.tsv``."""

    participant_id: str
    session: str


class Imported(_Part):
    """Where an imported session comes from.

    Attributes
    ----------
    format : str
        Of the files, as `tricky import sessions --as` names it.
    files : tuple of str
        SHA-256 of each file that rows are from; their names may say who the participant is.
    """

    format: str
    files: tuple[Sha256, ...]


class DeclaredChange(Record):
    """A change that the lab made to a complete session's table on purpose: the new hash, and the reason."""

    sha256: Sha256
    reason: Name


class Sidecar(_Part):
    """A session's description.

    Other keys are kept as well: descriptions of the table's columns, and keys that a lab added.

    Attributes
    ----------
    task_name : str or None
        The task entity of the file's name.
    stimulus_set : ShownSet
    participant, session : str or None
        Whose session it is, as in the file's name.
    recorded_as : str or None
        The id that determines order, sides and keys, if `tricky merge` gave the participant another.
    setting : Setting or None
        Where the session took place; None in data of other programs, which is read as the lab.
    simulated : dict or None
        The simulated observer's parameters; None for a person.
    imported : Imported or None
        Where the session comes from, if tricky did not run it.
    settings, versions, apparatus, preflight
        Of the last run.
    runs : tuple of Run
    practice : dict or None
        Rounds of the practice, if it has a criterion.
    consent : ConsentRecord or None
    questionnaire : dict of str to Answer
        Answers to the questions after the last trial, by name.
    table_sha256 : str or None
        Hash of the table's file, once the session is complete.
    table_changed : DeclaredChange or None
    """

    task_name: str | None = None
    task_description: str | None = None
    instructions: str | None = None
    cog_atlas_id: str | None = Field(None, alias="CogAtlasID")
    cog_po_id: str | None = Field(None, alias="CogPOID")
    institution_name: str | None = None
    institutional_department_name: str | None = None
    institution_address: str | None = None
    participant: str | None = None
    session: str | None = None
    recorded_as: str | None = None
    setting: Setting | None = None
    stimulus_set: ShownSet
    answer_keys: dict[str, dict[str, str]] = Field(default_factory=dict)
    simulated: dict[str, Any] | None = None
    imported: Imported | None = None
    settings: Annotated[dict[str, Any], AfterValidator(_with_questions)] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    apparatus: dict[str, Any] = Field(default_factory=dict)
    preflight: Preflight | None = None
    runs: tuple[Run, ...] = ()
    practice: dict[str, Any] | None = None
    consent: ConsentRecord | None = None
    questionnaire: dict[str, Answer] = Field(default_factory=dict)
    table_sha256: Sha256 | None = Field(None, alias="TableSHA256")
    table_changed: DeclaredChange | None = None

    @property
    def unanswered(self) -> list[str]:
        """The questions after the last trial that have no answer yet."""
        return [name for name in questions_in(self.settings) if name not in self.questionnaire]

    @property
    def forced(self) -> bool:
        """Whether a run of the session was started although a check failed."""
        checked = [each.preflight for each in (self, *self.runs)]
        return any(each.forced and not each.ok for each in checked if each)

    def described(self, column: str) -> Mapping[str, Any]:
        """Return the description of a column of the table; empty if there is none."""
        about = (self.model_extra or {}).get(column)
        return about if isinstance(about, dict) else {}

    def drawn_for(self, participant: str) -> str:
        """Return the id that determines order, sides and keys in a session of `participant`."""
        return self.recorded_as or participant

    def with_(self, **changes: Any) -> Sidecar:
        """Return the sidecar with other values of some attributes."""
        return self.model_copy(update=changes)

    def with_keys_of(self, before: Sidecar | None) -> Sidecar:
        """Return the sidecar with the keys that a lab added to an earlier one."""
        added = (before.model_extra if before else None) or {}
        return Sidecar.model_validate_json(json.dumps({**added, **self.content()}))

    def content(self) -> dict[str, Any]:
        """Return the keys and values of the file, without those that were never set."""
        content = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        # A lab's key may be called like one of our attributes: pydantic then takes that for set.
        for name in (self.model_extra or {}).keys() & type(self).model_fields.keys():
            field = type(self).model_fields[name]
            if getattr(self, name) == field.get_default(call_default_factory=True, validated_data={}):
                del content[field.alias or name]
        return content


def read_sidecar(path: Path) -> Sidecar:
    """Read a sidecar.

    Raises
    ------
    InputError
        It is missing, can't be read, or is not what a session writes.
    """
    if not path.is_file():
        raise InputError(f"{path}: missing; restore it, because it names the stimulus set that was shown")
    return read_record(path, Sidecar, "restore the file from a copy")


def write_sidecar(path: Path, sidecar: Sidecar) -> None:
    """Write a sidecar atomically."""
    write_json(path, sidecar.content())


def describe_session(
    dataset: Dataset,
    place: SessionPath,
    table: Table,
    *,
    instructions: str,
    stimulus_set: ShownSet,
    drawn_for: str,
    simulated: Mapping[str, Any] | None,
) -> Sidecar:
    """Describe a session: the task, every column, and what was shown to whom.

    Parameters
    ----------
    dataset : Dataset
        Contains the institution.
    place : SessionPath
        Whose session it is.
    table : Table
        Columns, questions and keys.
    instructions : str
        What participants read about the task.
    stimulus_set : ShownSet
    drawn_for : str
        The participant id that determines order, sides and keys.
    simulated : mapping or None
        The observer's parameters; None for a person.

    Raises
    ------
    InputError
        A column has the name of one of the sidecar's own keys.
    """
    content: dict[str, Any] = {
        "TaskName": place.task_name,
        "TaskDescription": kind_of(table.task.name).description,
        "Instructions": instructions,
        "CogAtlasID": "n/a",
        "CogPOID": "n/a",
        "InstitutionName": dataset.institution,
        "InstitutionalDepartmentName": dataset.department,
        "InstitutionAddress": dataset.address,
        "Participant": place.participant,
        "AnswerKeys": {ask.name: {o.key: o.value for o in ask.options} for ask in table.task.asks},
        "StimulusSet": stimulus_set,
        "Simulated": None if simulated is None else dict(simulated),
    }
    if place.session is not None:
        content["Session"] = str(place.session)
    if drawn_for != place.participant:
        content["RecordedAs"] = drawn_for
    keys = {each.alias for each in Sidecar.model_fields.values()}
    if taken := [column.name for column in table.columns if column.name in keys]:
        raise InputError(
            f"[[stimuli.NAME.questions]] name is {taken[0]!r}, as a key of the sidecar; rename the question"
        )
    return Sidecar.model_validate(content | {column.name: column.describe() for column in table.columns})
