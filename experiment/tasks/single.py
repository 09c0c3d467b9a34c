"""The task ``single``: one image, and the question how hard it is for a network; the answers are groups."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from experiment.columns import Column, answer_column, correct_column
from experiment.records import Ask, QuestionKind, ScheduledTrial
from experiment.tasks.common import Asked, TaskKind, groups_of, question
from stimuli.records import Block, StimulusSet
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

if TYPE_CHECKING:
    from stimuli.order import Presentation

ITEM_COLUMN = Column("item", "Item shown (items.tsv of the stimulus set).", lambda r: r.trial.items[0])


def _questions(asked: Asked) -> list[Ask]:
    """Ask for the group of the image; which key is for which group is counterbalanced over observers."""
    groups = rotated(asked.stimulus_set.settings.groups, asked.participant)
    if len(groups) == 1:
        raise InputError(
            f"{asked.stimulus_set.folder}: all images are of the group {groups[-1]!r}, so there is only "
            "one answer; give the set two `groups` or more in study.toml"
        )
    keys = asked.two_keys if len(groups) == 2 else asked.settings.answer_keys
    answers = {group: asked.wording.groups.get(group, group) for group in groups}
    return [question("response", asked.wording.question, answers, keys, QuestionKind.CHOICE)]


def rotated(groups: Sequence[str], participant: str) -> tuple[str, ...]:
    """Return the groups in the order of this participant's keys.

    The groups are rotated along the keys by the number at the end of the id: over observers 1, 2, 3 … each
    group has each key equally often, to within one. For an id without a number, its hash is used.
    """
    number = re.search(r"\d+$", participant)
    shift = (int(number.group()) - 1 if number else int(sha256_of(participant), 16)) % len(groups)
    return (*groups[shift:], *groups[:shift])


def _right_answers(stimulus_set: StimulusSet) -> Callable[[Presentation], str | None]:
    """Return how to find the right answer: the group of the image."""
    groups = groups_of(stimulus_set)
    return lambda shown: groups[shown.items[0]]


def _captions(trials: Sequence[ScheduledTrial], tables: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Name the group of the first image of each group in the practice."""
    chosen: dict[str, str] = {}
    for trial in trials:
        group = trial.right_answer
        if trial.block is Block.PRACTICE and group is not None:
            chosen.setdefault(group, trial.items[0])
    return {item: tables["groups"].get(group, group) for group, item in chosen.items()}


SINGLE = TaskKind(
    description="Naming, for one image at a time, how hard it is for a pool of neural networks.",
    answers=lambda made: {"response": made.settings.groups},
    questions=_questions,
    right_answers=_right_answers,
    item_columns=(ITEM_COLUMN,),
    answer_columns=lambda ask: (answer_column(ask),),
    correct_column=correct_column(
        "Whether the answer is the image's group under the labels that the stimulus set was built with.",
        "The image is of the group that was named.",
        "It is of another group.",
    ),
    captions=_captions,
)
