"""The task ``rating``: one image, and the questions of the set about it, answered on a scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from experiment.columns import answer_column
from experiment.records import Ask
from experiment.tasks.common import Asked, TaskKind, question
from experiment.tasks.single import ITEM_COLUMN
from stimuli.records import StimulusSet

if TYPE_CHECKING:
    from stimuli.order import Presentation


def _questions(asked: Asked) -> list[Ask]:
    """Return the questions of the set; their answers have the same order for every observer."""
    return [
        question(each.name, each.text, {a: a for a in each.answers}, asked.settings.answer_keys)
        for each in asked.stimulus_set.settings.questions
    ]


def _no_right_answers(_: StimulusSet) -> Callable[[Presentation], str | None]:
    return lambda _: None


RATING = TaskKind(
    description="Questions about one image at a time.",
    answers=lambda made: {each.name: each.answers for each in made.settings.questions},
    questions=_questions,
    right_answers=_no_right_answers,
    item_columns=(ITEM_COLUMN,),
    answer_columns=lambda ask: (answer_column(ask),),
    correct_column=None,
    captions=lambda _trials, _tables: {},
)
