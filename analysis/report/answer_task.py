"""What sets one task whose answers are right or wrong apart from another, as a report sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.data.study_data import Evidence
from analysis.report.figures_people import Measure
from stimuli.records import StimulusSet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.statistics.estimate import NoResult
    from analysis.statistics.psychometric import Psychometric


@dataclass(frozen=True)
class AnswerTask:
    """One task.

    Attributes
    ----------
    unit : str
        What an answer is about: a ``pair``, or an ``image``.
    places : tuple of str
        What columns of `trials_of` that tell of the items of a trial begin with.
    difficulty : tuple of str
        Those of these columns that say how hard a trial is for networks.
    published : mapping or None
        What observers of the published study reached in this task: `accuracy`, `error_consistency`.
    chance : callable
        Stimulus set → proportion correct by guessing.
    preference : callable
        Answers that count, stimulus set, level → by observer d′, criterion and which answer it prefers.
    measures : callable
        Stimulus set → what is measured of each observer, by the name of its column.
    graded : callable
        Answers that count, level → accuracy by how hard trials are for networks, and a psychometric
        function, why there is none, or None where the task has no such function.
    draw_graded : callable
        Draws these.
    named : callable
        Answers that count, stimulus set, level → how often each answer was given to which group; None where
        answers name no groups.
    machines : callable
        Evidence → machines in the place of observers: trials × (machine, measure), no columns where machines
        can't do the task.
    """

    unit: str
    places: tuple[str, ...]
    difficulty: tuple[str, ...]
    published: Mapping[str, float] | None
    chance: Callable[[StimulusSet[Any]], float]
    preference: Callable[[pd.DataFrame, StimulusSet[Any], float], pd.DataFrame]
    measures: Callable[[StimulusSet[Any]], Mapping[str, Measure]]
    graded: Callable[[pd.DataFrame, float], tuple[pd.DataFrame, Psychometric | NoResult | None]]
    draw_graded: Callable[..., Figure]
    named: Callable[[pd.DataFrame, StimulusSet[Any], float], pd.DataFrame | None]
    machines: Callable[[Evidence], pd.DataFrame]
