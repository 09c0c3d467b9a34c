"""The task ``naming``: one image, whose class was named.  Its sessions are imported; tricky runs none."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING

from experiment.columns import answer_column, correct_column
from experiment.records import Ask, QuestionKind
from experiment.tasks.common import Asked, TaskKind, question
from experiment.tasks.single import ITEM_COLUMN
from stimuli.records import StimulusSet

if TYPE_CHECKING:
    from stimuli.order import Presentation


def classes_of(stimulus_set: StimulusSet) -> tuple[str, ...]:
    """Return the names that observers chose from."""
    imported = stimulus_set.manifest.imported
    return () if imported is None else imported.classes


def _questions(asked: Asked) -> list[Ask]:
    classes = classes_of(asked.stimulus_set)
    return [question("response", "", {each: each for each in classes}, classes, QuestionKind.CHOICE)]


def _right_answers(stimulus_set: StimulusSet) -> Callable[[Presentation], str | None]:
    """Return how to find the right answer: the class of the image."""
    return lambda shown: stimulus_set.items[shown.items[0]].class_name or None


NAMING = TaskKind(
    description="Naming the class of one image at a time.",
    answers=lambda made: {"response": classes_of(made)},
    questions=_questions,
    right_answers=_right_answers,
    item_columns=(ITEM_COLUMN,),
    answer_columns=lambda ask: (answer_column(ask),),
    correct_column=correct_column(
        "Whether the class of the image was named.", "It was.", "Another class was named."
    ),
    captions=lambda _trials, _tables: {},
    texts=files("experiment").joinpath("tasks"),
)
