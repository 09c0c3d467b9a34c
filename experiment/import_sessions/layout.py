"""What the columns of one file mean: those of its format, and those that the study file names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from experiment.import_sessions.formats import Format
from experiment.import_sessions.read_source import Source
from experiment.import_settings import FILE_NAME, ImportSessionsSettings
from tricky.core.errors import InputError
from tricky.core.names import MISSING, plain
from tricky.core.tasks import declaration

WHERE = "[import.sessions]"


@dataclass(frozen=True)
class Layout:
    """How the rows of all files are read.

    Attributes
    ----------
    format : Format
    settings : ImportSessionsSettings
    task : str
    unit_s : float
        The unit of response times, in seconds.
    """

    format: Format
    settings: ImportSessionsSettings
    task: str
    unit_s: float

    @property
    def n_images(self) -> int:
        """Number of images in a trial."""
        return declaration(self.task, "stimuli").n_images

    @property
    def classes(self) -> tuple[str, ...]:
        """Names that observers chose from, in class naming."""
        return self.settings.classes or self.format.classes

    @property
    def one_answer_a_row(self) -> bool:
        """Whether the ratings of an image are in rows of their own."""
        return bool(self.settings.questions) and bool(self.settings.columns.question)

    def column(self, source: Source, role: str) -> str | None:
        """Return the column of a file that has a role, or None where it has none.

        Raises
        ------
        InputError
            The study file names a column that the file does not have.
        """
        named: str = plain(getattr(self.settings.columns, role))
        if role == "observer" and named == FILE_NAME:
            return None
        if named:
            require_column(source, named, f"{WHERE} columns.{role}")
            return named
        default = self.format.columns.get(role)
        return next((each for each in source.table.columns if each.lower() == default), None)

    def is_missing(self, cell: str) -> bool:
        """Return whether a cell means that no answer was given."""
        return (
            cell in MISSING or cell.lower() in self.format.no_answer or cell in self.settings.no_answer
        ) and cell not in self.settings.answers


def require_column(source: Source, column: str, where: str) -> None:
    """Raise InputError unless a file has a column."""
    columns = source.table.columns
    if column not in columns:
        near = get_close_matches(column, columns, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]!r}?" if near else f"its columns are {', '.join(columns)}"
        raise InputError(f"{source.path}, line 1: no column {column!r}, which {where} names; {hint}")


def layout_of(format_: Format, settings: ImportSessionsSettings, sources: Sequence[Source]) -> Layout:
    """Return how files are read, and check that the settings suffice for that.

    Raises
    ------
    InputError
        The task, the unit of response times, or what observers chose from is unknown.
    """
    task = settings.task or format_.task
    if task is None:
        raise InputError(
            f"{WHERE} task: a file in the format {format_.name} does not say what observers did; name it in "
            'study.toml: "2afc", "single", "rating" or "naming"'
        )
    unit = settings.response_time_unit or format_.unit
    if unit is None and settings.columns.response_time:
        raise InputError(
            f'{WHERE} response_time_unit: "s" or "ms" is needed next to columns.response_time in study.toml'
        )
    if settings.columns.correct and task != "naming":
        raise InputError(
            f"{WHERE} columns.correct: answers of this task are scored by the labels of the study; leave it "
            "out (it is compared only in class naming)"
        )
    if task == "rating" and not settings.questions:
        raise InputError(
            f"{WHERE} questions: a rating study needs its questions, each with `name`, `text` and `answers` "
            "from low to high ([[import.sessions.questions]] in study.toml)"
        )
    if task != "rating" and settings.questions:
        raise InputError(f'{WHERE} questions: only together with task = "rating"')
    layout = Layout(format_, settings, task, 0.001 if unit == "ms" else 1.0)
    for source in sources:
        _require_roles(layout, source)
    if task == "naming" and not layout.classes:
        raise InputError(
            f"{WHERE} classes: name all classes that observers could choose from, as guessing depends on "
            f"their number; the files have {', '.join(_classes_in(layout, sources)) or 'none'}"
        )
    return layout


def _classes_in(layout: Layout, sources: Sequence[Source]) -> list[str]:
    """Return the classes and answers that files have, as a help for people."""
    found = set[str]()
    for source in sources:
        columns = {layout.column(source, role) for role in ("class_name", "response")} - {None}
        found |= {cell for column in columns for cell in source.table.cells(str(column))}
    return sorted(cell for cell in found if not layout.is_missing(cell))


def _require_roles(layout: Layout, source: Source) -> None:
    """Raise InputError unless a file has observers, images and answers."""
    images = ("image",) if layout.n_images == 1 else ("left_image", "right_image")
    if images[1:] and layout.format.pairs_in_a_cell and not layout.settings.columns.left_image:
        images = ("image",)
    answers = ("response",) if layout.one_answer_a_row or not layout.settings.questions else ()
    for role in ("observer", *images, *answers):
        if role == "observer" and layout.settings.columns.observer == FILE_NAME:
            continue
        if layout.column(source, role) is None:
            more = f'; "{FILE_NAME}" if each file is of one observer' if role == "observer" else ""
            raise InputError(
                f"{source.path}, line 1: which column is the {role.replace('_', ' ')}? Name it in study.toml "
                f"({WHERE} columns.{role}{more}); its columns are {', '.join(source.table.columns)}"
            )
    if not layout.one_answer_a_row:
        for question in layout.settings.questions:
            require_column(source, plain(question.source), f"{WHERE} questions, {question.name}")
    for setting in ("keep", "leave_out"):
        for column in getattr(layout.settings, setting):
            require_column(source, plain(column), f"{WHERE} {setting}")
