"""The session table of each task, and the names of all columns and keys in a data set."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from experiment.columns import (
    CONFIDENCE,
    LIMITED_COLUMNS,
    ONLINE_COLUMNS,
    SCREEN_COLUMNS,
    SHARED_COLUMNS,
    SOURCE_ROW,
    TIME_COLUMNS,
    TRIAL_COLUMNS,
    Column,
    further_columns,
)
from experiment.records import Ask, Response, Setting, Task
from experiment.tasks import TaskKind, kind_of
from tricky.core.errors import InputError
from tricky.core.tasks import known_tasks
from tricky.core.write_tables import tsv_line


@dataclass(frozen=True)
class Table:
    """The session table of a task.

    Attributes
    ----------
    task : Task
        The questions of a trial.
    columns : tuple of Column
        In order.
    """

    task: Task
    columns: tuple[Column, ...]

    @property
    def header(self) -> str:
        """The first line, with its line end."""
        return tsv_line([column.name for column in self.columns])

    def row_of(self, response: Response) -> str:
        """Return a response as one line, with its line end."""
        return tsv_line([column.cell(response) for column in self.columns])

    def check(self, cells: dict[str, str]) -> None:
        """Check that every question has one of its answers in a row, or neither answer nor time.

        Raises
        ------
        ValueError
            A cell holds something else.
        """
        for ask in self.task.asks:
            unanswered = cells[ask.name] == cells[self._time_of(ask)] == "n/a"
            if cells[ask.name] not in ask.values and not unanswered:
                raise ValueError(f"{ask.name} is {cells[ask.name]!r}")

    def end_s(self, cells: dict[str, str]) -> float:
        """Return the time of a row's last key press, from the start of the session."""
        times = [cells[self._time_of(ask)] for ask in self.task.asks]
        return float(cells["onset"]) + sum(float(each) for each in times if each != "n/a")

    def _time_of(self, ask: Ask) -> str:
        return "response_time" if ask is self.task.asks[0] else f"{ask.name}_time"


def table_of(task: Task, setting: Setting = Setting.LAB) -> Table:
    """Return the session table of a task.

    After the columns of the trial come those of the items shown and of the first answer, as the task declares
    them, the times, `correct` where answers can be right, and what was measured of screen and keys.  Every
    further question, such as that about confidence, has a column with its answer and one with its time.
    Limited presentation and online sessions add columns at the end.

    Raises
    ------
    InputError
        A question of the lab's own has the name of another column.
    """
    kind = kind_of(task.name)
    first, *rest = task.asks
    columns = (
        *TRIAL_COLUMNS,
        *kind.item_columns,
        *kind.answer_columns(first),
        *TIME_COLUMNS,
        *([] if kind.correct_column is None else [kind.correct_column]),
        *SCREEN_COLUMNS,
        *(each for index, ask in enumerate(rest, start=1) for each in further_columns(ask, index)),
        *(LIMITED_COLUMNS if task.limited else ()),
        *(ONLINE_COLUMNS if setting is Setting.ONLINE else ()),
    )
    names = [column.name for column in columns]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(
            f"[[stimuli.NAME.questions]] name is {twice[0]!r}, as another column of session tables; rename it"
        )
    return Table(task, columns)


def missing_columns(columns: Collection[str]) -> list[str]:
    """Return the columns that a session table lacks, whichever task it is of."""
    kinds = [kind_of(name) for name in known_tasks()]
    shown = [kind for kind in kinds if all(column.name in columns for column in kind.item_columns)]
    lacking = [[name for name in _required(kind) if name not in columns] for kind in shown or kinds]
    return min(lacking, key=len)


def _required(kind: TaskKind) -> list[str]:
    """Return the names of the columns that every table of a task has."""
    columns = [*TRIAL_COLUMNS, *kind.item_columns]
    if kind.correct_column is not None:
        columns += [*kind.answer_columns(_ANY_QUESTION), kind.correct_column]
    return [column.name for column in (*columns, *TIME_COLUMNS, *SCREEN_COLUMNS)]


_ANY_QUESTION = Ask("response", "", ())

OF_QUESTIONS = ("", "_time")
"""Endings of the columns of a question in session tables."""

PARTICIPANT_COLUMNS = ("participant_id", "kind", "original_id")
"""Columns of ``participants.tsv``; those of the study's participant fields follow.  Only imported sessions
have `original_id`, and only if the study asks for it."""

CONSENT_COLUMNS = ("time", "participant_id", "session", "answer", "file", "sha256")
"""Columns of ``consent.tsv``."""

MARK_COLUMNS = ("participant_id", "session_sha256")
"""Columns of ``withdrawn.tsv``."""

SIDECAR_KEYS = (
    *("TaskName", "TaskDescription", "Instructions", "CogAtlasID", "CogPOID", "InstitutionName"),
    *("InstitutionalDepartmentName", "InstitutionAddress", "AnswerKeys", "StimulusSet", "Simulated"),
    *("Settings", "Versions", "Apparatus", "Runs", "Consent", "Questionnaire", "Practice", "Preflight"),
    *("Participant", "Session", "RecordedAs", "Setting", "Imported", "TableSHA256", "TableChanged"),
    "schema_version",
)
"""Keys of a session's sidecar, and of ``participants.json``, apart from those that describe columns."""


def session_columns() -> tuple[str, ...]:
    """Return every column that tricky itself writes into session tables, of all tasks."""
    of_tasks = [
        each.name
        for kind in map(kind_of, known_tasks())
        for each in (*kind.item_columns, *kind.answer_columns(_ANY_QUESTION), kind.correct_column)
        if each is not None
    ]
    shared = [column.name for column in (*SHARED_COLUMNS, *LIMITED_COLUMNS, *ONLINE_COLUMNS)]
    return tuple(dict.fromkeys([*shared, *of_tasks, *(CONFIDENCE + end for end in OF_QUESTIONS), SOURCE_ROW]))


def tables() -> dict[str, tuple[str, ...]]:
    """Return the columns of each table, without those of the lab's own questions and fields."""
    return {
        "session tables": session_columns(),
        "participants.tsv": PARTICIPANT_COLUMNS,
        "consent.tsv": CONSENT_COLUMNS,
        "withdrawn.tsv": MARK_COLUMNS,
        "the JSON file of a session": SIDECAR_KEYS,
    }
