"""What each task declares about its trials."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tricky.core.tasks import declaration

if TYPE_CHECKING:
    import numpy as np

    from stimuli.records import StimulusSet, Trial
    from stimuli.refill_options import Option, Refill
    from stimuli.settings import StimulusSettings


@dataclass(frozen=True)
class TrialStructure:
    """The trials of a task: how many images of which groups, and how they are drawn, checked and replaced.

    Images are drawn as matched tuples, of one image of each group of the set.

    Attributes
    ----------
    n_images : int
        Number of images in a trial.
    check_settings : callable
        Raises `ValueError` or `SettingError` if the settings of a set don't go with the task.
    n_tuples : callable
        Number of trials, number of groups → number of tuples that they are made from.
    fill : callable
        Tuples, number of trials, settings, random generator → the images of each trial.
    kind : callable
        Groups of the images of a trial → its kind. Sessions get the same number of trials of each kind.
    target : callable
        Stimulus set, trial → `item_id` of the item whose place on the screen is balanced over the trials of a
        session; None where no item is singled out.
    group_problems : callable
        Trials, each with the groups of its images, and the groups of the set → what is wrong with them.
    partners : bool
        Whether the images of a trial are partners of one tuple, and so as similar as the settings demand.
    options : callable
        Slots to refill, number of candidates to consider for each image (None: all) → ways to refill them.
    title : callable
        Groups of the set → what its trials show, in words, in the plural.
    """

    n_images: int
    check_settings: Callable[[StimulusSettings], None]
    n_tuples: Callable[[int, int], int]
    fill: Callable[
        [Sequence[tuple[str, ...]], int, StimulusSettings, np.random.Generator], list[tuple[str, ...]]
    ]
    kind: Callable[[Sequence[str]], str]
    target: Callable[[StimulusSet, Trial], str | None]
    group_problems: Callable[[Sequence[tuple[Trial, list[str]]], Sequence[str]], Iterable[str]]
    partners: bool
    options: Callable[[Refill, int | None], list[Option]]
    title: Callable[[Sequence[str]], str]


def structure_of(task: str) -> TrialStructure:
    """Return the declaration of a task."""
    return declaration(task, "stimuli")


def refuse_questions(settings: StimulusSettings) -> None:
    """Refuse questions in the settings of a task that has one question of its own.

    Raises
    ------
    ValueError
        There are any.
    """
    if settings.questions:
        raise ValueError('`questions` together with `task = "rating"`, and only then')


def no_target(_set: StimulusSet, _trial: Trial) -> None:
    """Return that no item of a trial is singled out."""
