"""``[import.sessions]``: how `tricky import sessions` reads the sessions that other programs recorded."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stimuli.settings import QuestionSettings, questions_with_different_names
from tricky.core.names import DifferentNames, Line, Name
from tricky.core.settings import SettingError, SettingsModel
from tricky.core.tasks import ImportedTaskName

FILE_NAME = "<file name>"
"""In place of the column of observers: each file is one observer's, and its name without suffix is the id."""


class SessionColumns(SettingsModel):
    """``[import.sessions.columns]``: what the columns of the files are called; empty where there is none."""

    observer: Line = ""
    """Or `FILE_NAME`."""
    session: Line = ""
    trial: Line = ""
    """Number of the trial within the session; without it trials have the order of rows."""
    image: Line = ""
    left_image: Line = ""
    right_image: Line = ""
    response: Line = ""
    response_time: Line = ""
    class_name: Line = ""
    """The true class of the image."""
    correct: Line = ""
    """Compared with response and class, in class naming only."""
    confidence: Line = ""
    condition: Line = ""
    question: Line = ""
    """Of ratings with one row for each answer: which question it answers."""


class ImportedQuestion(QuestionSettings):
    """``[[import.sessions.questions]]``: one question about each image of a rating study."""

    column: Line = ""
    """The column of its answers; with one row for each answer, how the files call the question. By default
    its name."""

    @property
    def source(self) -> str:
        """What the files call it."""
        return self.column or self.name


class ImportSessionsSettings(SettingsModel):
    """``[import.sessions]``: how `tricky import sessions` reads files."""

    format: Literal["model-vs-human", "jspsych", "psychopy", "table"] | None = None
    """By default the columns say it."""
    task: ImportedTaskName | None = None
    """What observers did: 2afc, single, rating or naming; by default that of the format, if it has one."""
    columns: SessionColumns = SessionColumns()
    response_time_unit: Literal["s", "ms"] | None = None
    answers: dict[Line, Name] = {}
    """Answers as the files have them → as tricky has them."""
    no_answer: tuple[Line, ...] = ()
    """Cells that mean that no answer was given, besides empty ones, ``n/a`` and those of the format."""
    classes: DifferentNames = ()
    """Of class naming: all names that observers could choose from."""
    groups: DifferentNames = ("trivial", "impossible")
    """Of the task single: all groups that observers could choose from."""
    questions: tuple[ImportedQuestion, ...] = ()
    """Of ratings."""
    confidence_levels: Annotated[int, Field(ge=0)] = 0
    """Number of levels of confidence, if there is a column of it; the lowest is 1."""
    keep: dict[Line, tuple[Line, ...]] = {}
    """Column → values: only rows with one of these values are trials."""
    leave_out: dict[Line, tuple[Line, ...]] = {}
    """Column → values: rows with one of these values are left out, such as practice."""
    leave_out_unlabelled: bool = False
    """Leave out trials with an image that the study has not labelled, where the task needs labels."""
    match_images: Literal["path", "name", "stem"] = "path"
    """By what images are found among those of the study: the whole name, the name without folders, or that
    without suffix as well."""
    participants: Literal["codes", "pseudonyms"] = "codes"
    """Ids of observers: kept without hyphens, underscores and points; or replaced by pseudonyms."""
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9]*$")] = ""
    """Put before every id, so that observers of two studies don't share one."""
    keep_original_ids: bool = False
    """Record the ids of the files in participants.tsv, too."""
    sheet: Line = ""
    """Of a workbook with several sheets."""

    @model_validator(mode="after")
    def _parts_fit(self) -> ImportSessionsSettings:
        questions_with_different_names(self.questions)
        if bool(self.columns.confidence) != bool(self.confidence_levels):
            raise SettingError(
                "confidence_levels",
                self.confidence_levels,
                "the number of levels together with `columns.confidence`, and only then",
            )
        if self.confidence_levels == 1:
            raise SettingError("confidence_levels", 1, "two levels or more")
        return self
