"""What observers are asked in each trial, and with which keys they answer: the three tasks of sets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from experiment.data.columns import CONFIDENCE, RATING_TASK, SINGLE_TASK
from experiment.records import Ask, Option, Side, Task
from experiment.settings import ExperimentSettings
from stimuli.records import PAIR_TASK, StimulusSet
from tricky.core.errors import InputError
from tricky.core.files import sha256_of


@dataclass(frozen=True)
class Wording:
    """The words that a task needs, in the language of the session.

    Attributes
    ----------
    question : str
        Asked in every trial; of a rating task unused, as its set brings its questions along.
    groups : mapping of str to str
        What a group of images is called on the screen; a group that isn't there is called by its own name.
    confidence : str
        The question about confidence.
    confidence_levels : mapping of str to str
        What stands at the ``lowest`` and the ``highest`` level.
    """

    question: str
    groups: Mapping[str, str]
    confidence: str
    confidence_levels: Mapping[str, str]


NO_WORDS = Wording("", {}, "", {})
"""For observers who read nothing."""


def task_of(
    stimulus_set: StimulusSet[Any],
    settings: ExperimentSettings,
    participant: str,
    wording: Wording = NO_WORDS,
) -> Task:
    """Return what a participant is asked about the trials of a set.

    In the choice between two images the left key stands for the left image, for everyone.  Where images are
    named one by one, which key stands for which group is counterbalanced over observers: the groups are
    rotated along the keys by the number at the end of the participant's id.  Answers to ratings and
    confidence keep their order, from low to high.

    Raises
    ------
    InputError
        There are more answers than `answer_keys`, images of one group only to tell apart, or a criterion for
        answers of which none is right.
    """
    if stimulus_set.task == RATING_TASK and settings.practice_criterion is not None:
        raise InputError(
            "[experiment] practice_criterion: ratings are neither right nor wrong, so none can be counted "
            "as right; leave it out of study.toml"
        )
    asks: list[Ask]
    if stimulus_set.task == PAIR_TASK:
        asks = [_ask("response", wording.question, (Side.LEFT, Side.RIGHT), {}, _two_keys(settings))]
    elif stimulus_set.task == SINGLE_TASK:
        groups = rotated(stimulus_set.settings.groups, participant)
        if len(groups) == 1:
            raise InputError(
                f"{stimulus_set.folder}: all images are of the group {groups[-1]!r}, so there is nothing to "
                "tell apart; give the set two `groups` or more in study.toml"
            )
        keys = _two_keys(settings) if len(groups) == 2 else settings.answer_keys
        asks = [_ask("response", wording.question, groups, wording.groups, keys)]
    else:
        asks = [
            _ask(each.name, each.text, each.answers, {}, settings.answer_keys)
            for each in stimulus_set.questions
        ]
    if settings.confidence_levels:
        levels = [str(level) for level in range(1, settings.confidence_levels + 1)]
        ends = {levels[0]: "lowest", levels[-1]: "highest"}
        labels = {level: wording.confidence_levels.get(ends.get(level, ""), "") for level in levels}
        asks.append(_ask(CONFIDENCE, wording.confidence, levels, labels, settings.answer_keys))
    shown = settings.presentation
    asks[0] = replace(asks[0], from_s=shown.answer_from_s, deadline_s=shown.deadline_s or float("inf"))
    return Task(stimulus_set.task, tuple(asks), shown.limited)


def questions_of(settings: ExperimentSettings) -> tuple[Ask, ...]:
    """Return what is asked after the last trial.

    Raises
    ------
    InputError
        There are more answers than `answer_keys`.
    """
    return tuple(
        _ask(each.name, each.text, each.answers, {}, settings.answer_keys) for each in settings.questions
    )


def rotated(groups: Sequence[str], participant: str) -> tuple[str, ...]:
    """Return the groups in the order of this participant's keys.

    Observers 1, 2, 3 … take turns, so that each group lies on each key equally often, within one; an id that
    doesn't end in a number is placed by a hash.
    """
    number = re.search(r"\d+$", participant)
    shift = (int(number.group()) - 1 if number else int(sha256_of(participant), 16)) % len(groups)
    return (*groups[shift:], *groups[:shift])


def groups_of(stimulus_set: StimulusSet[Any]) -> dict[str, str]:
    """Return the group of each item, by `item_id`: a class of difficulty, or a range of the lab's own.

    Raises
    ------
    InputError
        An item is in no group of the set.
    """
    settings = stimulus_set.settings
    found = {}
    for item in stimulus_set.items.values():
        group = settings.group_of(item.difficulty, item.n_correct)
        if group is None:
            raise InputError(
                f"{stimulus_set.folder}: {item.item_id} is in no group of the set; build the set anew"
            )
        found[item.item_id] = group
    return found


def _two_keys(settings: ExperimentSettings) -> tuple[str, str]:
    return settings.left_key, settings.right_key


def _ask(name: str, text: str, values: Sequence[str], labels: Mapping[str, str], keys: Sequence[str]) -> Ask:
    if len(values) > len(keys):
        raise InputError(
            f"{name}: {len(values)} answers, but only {len(keys)} [experiment] answer_keys in study.toml; "
            "name more"
        )
    options = tuple(
        Option(str(value), "" if isinstance(value, Side) else labels.get(value, value), key)
        for value, key in zip(values, keys, strict=False)
    )
    return Ask(name, text, options)
