"""The session table of each task: which columns, and what their cells hold."""

from __future__ import annotations

from dataclasses import dataclass

from experiment.records import COLUMNS, TRUTH, Ask, Column, Option, Response, Side, Task, seconds
from stimuli.records import PAIR_TASK
from tricky.core.errors import InputError
from tricky.core.tables import tsv_line

SINGLE_TASK, RATING_TASK = "single", "rating"

_ITEM = Column("item", "Item shown (items.tsv of the stimulus set).", lambda r: r.trial.items[0])
_CORRECT_GROUP = Column(
    "correct",
    "Whether the answer is the image's group under the labels that the stimulus set was built with.",
    lambda r: TRUTH[r.correct],
    levels={"true": "The image is of the group that was named.", "false": "It is of another group."},
)
_LIMITED = (
    Column(
        "image_frames",
        "Number of screen refreshes that showed the images before they were taken away; n/a where the answer "
        "came first.",
        lambda r: "n/a" if r.timing.image_frames is None else str(r.timing.image_frames),
    ),
    Column(
        "image_duration",
        "Time from the screen refresh that showed the images to the one that took them away, as it was; n/a "
        "where the answer came first.",
        lambda r: seconds(r.timing.image_duration_s),
        units="s",
    ),
)


@dataclass(frozen=True)
class Table:
    """The session table of a task.

    Attributes
    ----------
    task : Task
        What was asked.
    columns : tuple of Column
        In order.
    """

    task: Task
    columns: tuple[Column, ...]

    @property
    def header(self) -> str:
        """The first line, line end included."""
        return tsv_line([column.name for column in self.columns])

    def row_of(self, response: Response) -> str:
        """Return a response as one line, line end included."""
        return tsv_line([column.cell(response) for column in self.columns])

    def check(self, cells: dict[str, str]) -> None:
        """Raise ValueError unless each cell of an answer holds one of its answers; or none, nor a time."""
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


def table_of(task: Task) -> Table:
    """Return the columns of a task's session table.

    A pair's has two items and the one chosen, all others one item.  A rating has a column for each question
    in place of `response`, and no right answer.  Every question after the first, confidence among them, has
    a time of its own.

    Raises
    ------
    InputError
        A question of the lab's own has the name of another column.
    """
    columns = {column.name: column for column in COLUMNS}
    if task.name != PAIR_TASK:
        for name in ("left_item", "right_item", "response", "response_item"):
            del columns[name]
    if task.name == RATING_TASK:
        del columns["correct"]
    elif task.name == SINGLE_TASK:
        columns["correct"] = _CORRECT_GROUP
    before = [columns.pop(name) for name in ("trial_index", "block", "trial_id")]
    shown = [] if task.name == PAIR_TASK else [_ITEM]
    answers = [] if task.name == PAIR_TASK else [_answer(task.asks[0], 0)]
    further = [each for index, ask in enumerate(task.asks[1:], start=1) for each in _with_time(ask, index)]
    limited = _LIMITED if task.limited else ()
    table = Table(task, (*before, *shown, *answers, *columns.values(), *further, *limited))
    names = [column.name for column in table.columns]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(
            f"[[stimuli.NAME.questions]] name is {twice[0]!r}, as another column of session tables; rename it"
        )
    return table


def _answer(ask: Ask, index: int) -> Column:
    def cell(response: Response) -> str:
        return (response.choice, *response.further)[index].answer or "n/a"

    description = f"Answer to: {ask.text}" if ask.text else "Answer of the observer."
    if not description.endswith((".", "?", "!")):
        description += "."
    return Column(ask.name, description, cell, levels={o.value: o.label or o.value for o in ask.options})


def _with_time(ask: Ask, index: int) -> tuple[Column, Column]:
    def cell(response: Response) -> str:
        return seconds(response.further[index - 1].response_time_s)

    description = (
        f"Time from the screen refresh that showed the question `{ask.name}` to the key press or click."
    )
    return _answer(ask, index), Column(f"{ask.name}_time", description, cell, units="s")


CONFIDENCE = "confidence"
"""The question about confidence, and its column."""

OF_QUESTIONS = ("", "_time")
"""What the name of a question is followed by in columns of session tables."""

PARTICIPANT_COLUMNS = ("participant_id", "kind")
"""Columns of ``participants.tsv``; those of the study's participant fields follow."""

CONSENT_COLUMNS = ("time", "participant_id", "session", "answer", "file", "sha256")
"""Columns of ``consent.tsv``."""

MARK_COLUMNS = ("participant_id", "session_sha256")
"""Columns of ``withdrawn.tsv``."""

SIDECAR_KEYS = (
    *("TaskName", "TaskDescription", "Instructions", "CogAtlasID", "CogPOID", "InstitutionName"),
    *("InstitutionalDepartmentName", "InstitutionAddress", "AnswerKeys", "StimulusSet", "Simulated"),
    *("Settings", "Versions", "Apparatus", "Runs", "Consent", "Questionnaire", "Practice", "Preflight"),
    *("Participant", "Session", "RecordedAs", "TableSHA256", "TableChanged", "schema_version"),
)
"""Keys of a session's sidecar, and of ``participants.json``, beside those that describe columns."""

TABLES = {
    "session tables": (
        *(column.name for column in (*COLUMNS, _ITEM, *_LIMITED)),
        *(CONFIDENCE + end for end in OF_QUESTIONS),
    ),
    "participants.tsv": PARTICIPANT_COLUMNS,
    "consent.tsv": CONSENT_COLUMNS,
    "withdrawn.tsv": MARK_COLUMNS,
    "the JSON file of a session": SIDECAR_KEYS,
}
"""Table → its columns, those of the lab's own questions and fields apart."""

_SIDES = tuple(Option(side, "", side) for side in Side)
PAIR_TABLE = table_of(Task(PAIR_TASK, (Ask("response", "", _SIDES),)))
"""The table of a session of pairs without anything further."""
