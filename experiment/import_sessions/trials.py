"""From the rows of a file to trials: who saw which images, and what they answered."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from experiment.import_sessions.layout import Layout
from experiment.import_sessions.read_source import Source
from experiment.import_settings import FILE_NAME
from experiment.records import Side
from tricky.core.errors import InputError
from tricky.core.names import MISSING, plain

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class ImportedTrial:
    """A trial of someone else's session.

    Attributes
    ----------
    path, line, sha256
        The row that it is from: the file, its line, and the file's hash.
    observer : str
        As the file names them.
    experiment : str
        The experiment that the file is of; empty where nobody says it.
    session, trial : int or None
        Numbers of the session, and of the trial in it.
    images : tuple of str
        From left to right.
    answers : tuple of str or None
        To each question; None where there is none.
    response_time_s : float or None
    confidence : str or None
    class_name, condition : str or None
    question : int or None
        Place of the only question that the row answers, where ratings have a row for each answer.
    """

    path: Path
    line: int
    sha256: str
    observer: str
    experiment: str
    session: int | None
    trial: int | None
    images: tuple[str, ...]
    answers: tuple[str | None, ...]
    response_time_s: float | None = None
    confidence: str | None = None
    class_name: str | None = None
    condition: str | None = None
    question: int | None = None

    @property
    def where(self) -> str:
        """The row, for people."""
        return f"{self.path}, line {self.line}"

    @property
    def source_row(self) -> str:
        """The row, for the data: the first digits of the file's hash, and the line."""
        return f"{self.sha256[:12]}:{self.line}"


@dataclass
class ReadRows:
    """The trials of a file, and what was left out.

    Attributes
    ----------
    trials : list of ImportedTrial
    left_out : Counter of str
        Reason → rows.
    met : set of tuple of str
        Entries of the settings that matched a cell: the setting, its key, and the value.
    """

    trials: list[ImportedTrial] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    met: set[tuple[str, str, str]] = field(default_factory=set)


def read_rows(source: Source, layout: Layout) -> ReadRows:
    """Return the trials of a file.

    Raises
    ------
    InputError
        A cell is not what its column must hold; file, line and column are named.
    """
    rows = _Rows(source, layout)
    found = ReadRows()
    for number in range(len(source.table)):
        if reason := rows.no_trial(number):
            found.left_out[reason] += 1
        else:
            found.trials.append(rows.trial(number))
    if layout.one_answer_a_row:
        found.trials = _one_row_an_image(found.trials, layout)
    found.met = rows.met
    return found


class _Rows:
    """The rows of one file, with the roles of its columns."""

    def __init__(self, source: Source, layout: Layout) -> None:
        self._source, self._layout = source, layout
        self.met: set[tuple[str, str, str]] = set()
        self._places = {name: place for place, name in enumerate(source.table.columns)}
        self._columns = {
            role: layout.column(source, role) for role in type(layout.settings.columns).model_fields
        }
        settings = layout.settings
        self._answers = {plain(theirs): ours for theirs, ours in settings.answers.items()}
        self._keep = {plain(name): set(map(plain, values)) for name, values in settings.keep.items()}
        self._leave_out = {
            plain(name): set(map(plain, values)) for name, values in settings.leave_out.items()
        }

    def no_trial(self, number: int) -> str | None:
        """Return why a row is no trial, or None."""
        for name, values in self._keep.items():
            if (cell := self._cell(number, name)) not in values:
                return f"rows whose {name} is not among {', '.join(sorted(values))}"
            self.met.add(("keep", name, cell))
        for name, values in self._leave_out.items():
            if (cell := self._cell(number, name)) in values:
                self.met.add(("leave_out", name, cell))
                return f"rows whose {name} is {cell}"
        if self._layout.format.other_rows and not self._images_shown(number):
            return "rows without an image, such as instructions"
        return None

    def trial(self, number: int) -> ImportedTrial:
        """Return the trial of a row."""
        table = self._source.table
        images = self._images(number)
        question = self._question(number)
        answers, time_s = self._answers_of(number, images, question), self._time_s(number)
        condition = self._optional(number, "condition")
        stem = table.path.stem
        experiment = self._layout.format.experiment(stem)
        trial = ImportedTrial(
            table.path,
            table.lines[number],
            self._source.sha256,
            self._observer(number, stem),
            experiment,
            self._whole(number, "session", least=1),
            self._whole(number, "trial", least=0),
            images,
            answers,
            # Without an answer there is no time of it, as in sessions that tricky runs.
            time_s if answers[question or 0] is not None else None,
            self._confidence(number),
            self._optional(number, "class_name"),
            f"{experiment}/{condition}" if experiment and condition else condition,
            question,
        )
        self._check_correct(number, trial)
        return trial

    def _cell(self, number: int, column: str) -> str:
        return self._source.table.rows[number][self._places[column]]

    def _optional(self, number: int, role: str) -> str | None:
        column = self._columns[role]
        cell = None if column is None else self._cell(number, column)
        return None if cell in MISSING else cell

    def _error(self, number: int, role: str, expected: str) -> InputError:
        column = self._columns[role]
        assert column is not None  # errors are about cells
        return self._source.table.error(number, column, expected)

    def _observer(self, number: int, stem: str) -> str:
        if self._layout.settings.columns.observer == FILE_NAME:
            return stem
        found = self._optional(number, "observer")
        if found is None:
            raise self._error(number, "observer", "the id of an observer")
        return found

    def _images_shown(self, number: int) -> tuple[str, ...]:
        """Return the images that a row names; empty where one is missing."""
        if self._columns["left_image"] is not None and self._layout.n_images == 2:
            cells = [self._optional(number, role) for role in ("left_image", "right_image")]
        else:
            cells = [self._optional(number, "image")]
        of_cells = [self._layout.format.images(cell) if cell is not None else () for cell in cells]
        if not all(of_cells):
            return ()
        return tuple(name for names in of_cells for name in names)

    def _images(self, number: int) -> tuple[str, ...]:
        images = self._images_shown(number)
        wanted = self._layout.n_images
        role = "left_image" if self._columns["left_image"] is not None and wanted == 2 else "image"
        if len(images) != wanted:
            raise self._error(number, role, f"{wanted} image{'s' * (wanted > 1)} of a trial")
        if len(set(images)) < wanted:
            raise self._error(number, role, "two different images")
        return images

    def _question(self, number: int) -> int | None:
        """Return the place of the question that a row answers; None where rows answer all."""
        if not self._layout.one_answer_a_row:
            return None
        asked = [plain(each.source) for each in self._layout.settings.questions]
        if (name := self._optional(number, "question")) not in asked:
            raise self._error(number, "question", f"one of {', '.join(asked)}")
        return asked.index(name)

    def _answers_of(
        self, number: int, images: tuple[str, ...], question: int | None
    ) -> tuple[str | None, ...]:
        settings = self._layout.settings
        if question is not None:
            asked = settings.questions
            answer = self._answer(number, self._columns["response"] or "", asked[question].answers)
            return tuple(answer if place == question else None for place in range(len(asked)))
        if settings.questions:
            return tuple(
                self._answer(number, plain(each.source), each.answers) for each in settings.questions
            )
        return (self._answer(number, self._columns["response"] or "", self._allowed(images), images),)

    def _allowed(self, images: tuple[str, ...]) -> tuple[str, ...]:
        if len(images) == 2:
            return tuple(map(str, Side))
        return self._layout.classes if self._layout.task == "naming" else self._layout.settings.groups

    def _answer(
        self, number: int, column: str, allowed: tuple[str, ...], images: tuple[str, ...] = ()
    ) -> str | None:
        cell = self._cell(number, column)
        if self._layout.is_missing(cell):
            return None
        answer = self._answers.get(cell, cell)
        if cell in self._answers:
            self.met.add(("answers", cell, answer))
        if len(images) == 2 and answer not in allowed:
            shown = self._layout.format.images(answer)
            if len(shown) == 1 and shown[0] in images:
                return allowed[images.index(shown[0])]
        if answer not in allowed:
            choices = f"one of {', '.join(allowed)}" + (", or an image of the trial" if images[1:] else "")
            raise InputError(
                f"{self._source.table.error(number, column, choices)}; for another spelling name it in "
                "[import.sessions] answers, for a missing answer in no_answer"
            )
        return answer

    def _time_s(self, number: int) -> float | None:
        cell = self._optional(number, "response_time")
        if cell is None or cell.lower() in self._layout.format.no_time:
            return None
        value = float(cell) if _NUMBER.fullmatch(cell) else math.nan
        if not 0 <= value < math.inf:
            raise self._error(number, "response_time", "a number, at least 0")
        return value * self._layout.unit_s

    def _whole(self, number: int, role: str, least: int) -> int | None:
        cell = self._optional(number, role)
        if self._columns[role] is None:
            return None
        if cell is None or not re.fullmatch("[0-9]{1,9}", cell) or int(cell) < least:
            raise self._error(number, role, f"a whole number, at least {least}")
        return int(cell)

    def _confidence(self, number: int) -> str | None:
        cell, levels = self._optional(number, "confidence"), self._layout.settings.confidence_levels
        if cell is None or self._layout.is_missing(cell):
            return None
        if not re.fullmatch("[0-9]{1,2}", cell) or not 1 <= int(cell) <= levels:
            raise self._error(number, "confidence", f"a whole number from 1 to {levels}")
        return str(int(cell))

    def _check_correct(self, number: int, trial: ImportedTrial) -> None:
        """Raise InputError if a file says that an answer was right, and response and class say otherwise."""
        said = self._optional(number, "correct")
        if said is None or trial.answers[0] is None or trial.class_name is None:
            return
        if (truth := _TRUTH.get(said.lower())) is None:
            raise self._error(number, "correct", "true, false, 1 or 0")
        if truth != (trial.answers[0] == trial.class_name):
            raise self._error(
                number,
                "correct",
                f"{str(not truth).lower()}, as {trial.answers[0]!r} was named and the class is "
                f"{trial.class_name!r}; correct the row",
            )


def _one_row_an_image(rows: list[ImportedTrial], layout: Layout) -> list[ImportedTrial]:
    """Put the answers to several questions about one image together.

    Raises
    ------
    InputError
        A question is answered twice.
    """
    questions = layout.settings.questions
    found: dict[tuple[object, ...], dict[int, ImportedTrial]] = {}
    for row in rows:
        assert row.question is not None  # every row says it
        key = (row.observer, row.session, row.trial, row.images, row.condition)
        other = found.setdefault(key, {}).setdefault(row.question, row)
        if other is not row:
            raise InputError(
                f"{row.where}: the question {questions[row.question].name!r} about {row.images[0]!r} is "
                f"answered in line {other.line}, too; remove a row, or name the column of trial numbers if "
                "the image was shown twice"
            )
    trials = []
    for by_question in found.values():
        first = min(by_question.values(), key=lambda row: row.line)
        answers = tuple(
            by_question[place].answers[place] if place in by_question else None
            for place in range(len(questions))
        )
        time_s = by_question[0].response_time_s if 0 in by_question and answers[0] is not None else None
        trials.append(replace(first, answers=answers, response_time_s=time_s, question=None))
    return trials
