"""What all tasks have in common: the declaration of a task, and how its questions are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from experiment.columns import CONFIDENCE, Column
from experiment.records import Ask, Option, QuestionKind, ScheduledTrial, Task
from experiment.settings import ExperimentSettings
from stimuli.records import StimulusSet
from tricky.core.errors import InputError
from tricky.core.tasks import declaration

if TYPE_CHECKING:
    from stimuli.order import Presentation


@dataclass(frozen=True)
class Wording:
    """The words that a task needs, in the language of the session.

    Attributes
    ----------
    question : str
        Asked in every trial; not used in a rating task, because its set contains the questions.
    groups : mapping of str to str
        What a group of images is called on the screen; a group without an entry keeps its own name.
    confidence : str
        The question about confidence.
    confidence_levels : mapping of str to str
        Labels of the ``lowest`` and the ``highest`` level.
    """

    question: str
    groups: Mapping[str, str]
    confidence: str
    confidence_levels: Mapping[str, str]


NO_WORDS = Wording("", {}, "", {})
"""For simulated observers, who do not read."""


@dataclass(frozen=True)
class Asked:
    """What the questions of a task depend on.

    Attributes
    ----------
    stimulus_set : StimulusSet
    settings : ExperimentSettings
    participant : str
        Without ``sub-``.
    wording : Wording
    """

    stimulus_set: StimulusSet
    settings: ExperimentSettings
    participant: str
    wording: Wording

    @property
    def two_keys(self) -> tuple[str, str]:
        """The keys for a choice between two answers."""
        return self.settings.left_key, self.settings.right_key


@dataclass(frozen=True)
class TaskKind:
    """The declaration of a task: everything about it that sessions use.

    Attributes
    ----------
    description : str
        `TaskDescription` of the BIDS sidecar.
    answers : callable
        Stimulus set → the possible answers, as they are recorded, by the name of their column.
    questions : callable
        `Asked` → the questions of a trial, without that about confidence.
    right_answers : callable
        Stimulus set → a function from a trial, as it is presented, to its right answer as it would be
        recorded; None where no answer is right.
    item_columns : tuple of Column
        Columns of the session table with the items shown.
    answer_columns : callable
        The first question → columns with its answer.
    correct_column : Column or None
        Whether the answer is right; None if answers of the task are neither right nor wrong.
    captions : callable
        Trials of the session, tables of texts in its language (`captions`, `groups`) → example images for the
        page before the practice, by `item_id`, each with its caption.
    network_answer : callable or None
        Scores of the images from left to right (higher: the network is more certain) → the network's answer;
        None if networks can't do the task.
    texts : Traversable or None
        Folder with the texts of the task, one TOML file for each language; None: they are in the language
        files of `experiment.screen`.
    """

    description: str
    answers: Callable[[StimulusSet], dict[str, tuple[str, ...]]]
    questions: Callable[[Asked], list[Ask]]
    right_answers: Callable[[StimulusSet], Callable[[Presentation], str | None]]
    item_columns: tuple[Column, ...]
    answer_columns: Callable[[Ask], tuple[Column, ...]]
    correct_column: Column | None
    captions: Callable[[Sequence[ScheduledTrial], Mapping[str, Mapping[str, str]]], dict[str, str]]
    network_answer: Callable[[Sequence[float]], str] | None = None
    texts: Traversable | None = None


def kind_of(task: str) -> TaskKind:
    """Return the declaration of a task."""
    return declaration(task, "experiment")


def task_of(
    stimulus_set: StimulusSet,
    settings: ExperimentSettings,
    participant: str,
    wording: Wording = NO_WORDS,
) -> Task:
    """Return the questions that a participant is asked about the trials of a set.

    The question about confidence, where the settings have one, comes last; its levels go from low to high.

    Raises
    ------
    InputError
        There are more answers than `answer_keys`, the task can't be done with the set, or the practice of a
        task without right answers has a criterion.
    """
    kind = kind_of(stimulus_set.task)
    right_answers = kind.correct_column is not None
    if settings.practice_criterion is not None and not right_answers:
        raise InputError(
            f'[experiment] practice_criterion: answers of the task "{stimulus_set.task}" are neither right '
            "nor wrong, so no share of right answers exists; leave it out of study.toml"
        )
    asks = kind.questions(Asked(stimulus_set, settings, participant, wording))
    if settings.confidence_levels:
        asks = [*asks, _confidence(settings, wording)]
    shown = settings.presentation
    asks[0] = replace(asks[0], from_s=shown.answer_from_s, deadline_s=shown.deadline_s or float("inf"))
    return Task(stimulus_set.task, tuple(asks), shown.limited, right_answers)


def questions_of(settings: ExperimentSettings) -> tuple[Ask, ...]:
    """Return the questions after the last trial.

    Raises
    ------
    InputError
        There are more answers than `answer_keys`.
    """
    return tuple(
        question(each.name, each.text, {a: a for a in each.answers}, settings.answer_keys)
        for each in settings.questions
    )


def question(
    name: str,
    text: str,
    answers: Mapping[str, str],
    keys: Sequence[str],
    kind: QuestionKind = QuestionKind.RATING,
) -> Ask:
    """Return a question.

    Parameters
    ----------
    name, text : str
        Name of its column, and what observers read.
    answers : mapping of str to str
        Each answer, as it is recorded → as it is shown.
    keys : sequence of str
        For the answers, in their order; there may be more.

    Raises
    ------
    InputError
        There are more answers than keys.
    """
    if len(answers) > len(keys):
        raise InputError(
            f"{name}: {len(answers)} answers, but only {len(keys)} [experiment] answer_keys in study.toml; "
            "name more"
        )
    options = tuple(Option(*answer, key) for answer, key in zip(answers.items(), keys, strict=False))
    return Ask(name, text, options, kind=kind)


def _confidence(settings: ExperimentSettings, wording: Wording) -> Ask:
    levels = [str(level) for level in range(1, settings.confidence_levels + 1)]
    labels = dict.fromkeys(levels, "")
    for level, end in ((levels[0], "lowest"), (levels[-1], "highest")):
        labels[level] = wording.confidence_levels.get(end, "")
    return question(CONFIDENCE, wording.confidence, labels, settings.answer_keys, QuestionKind.CONFIDENCE)


def groups_of(stimulus_set: StimulusSet) -> dict[str, str]:
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
                f"{stimulus_set.folder}: {item.item_id} is in no group of the set; build the set again"
            )
        found[item.item_id] = group
    return found
