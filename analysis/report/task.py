"""What a report needs to know of the observers' task, and the report of a study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from analysis.data.answer_checks import chance_of, has_right_answers
from analysis.data.study_data import StudyData
from analysis.data.trials import Label
from analysis.report.measures import COMMON_MEASURES, Measure
from analysis.report.section import Report, Section
from analysis.settings import AnalyseSettings
from experiment.records import Kind
from stimuli.records import Item, StimulusSet
from stimuli.settings import StimulusSettings
from tricky.core.randomness import generator

if TYPE_CHECKING:
    from model_eval.images.image_source import ImageSource


@dataclass(frozen=True)
class Place:
    """One of the places that the items of a trial have.

    Attributes
    ----------
    name : str
        What the columns of `analysis.data.trials.trials_of` about the item begin with.
    caption : str
        Below the picture; ``{group}`` is the item's group.
    colour : str
        Class of the caption in ``report.css``; likewise.
    chosen : str
        Number of observers who chose the item: ``right``, those whose answer was right, or ``wrong``.
    chosen_as : str
        What to say of them: ``chosen by``.
    """

    name: str
    caption: str
    colour: str = ""
    chosen: Literal["right", "wrong", ""] = ""
    chosen_as: str = "chosen by"


@dataclass(frozen=True)
class Words:
    """Sentences and parts of sentences about a task; ``{people}`` and ``{observer}`` name the observers.

    Attributes
    ----------
    question : str
        Above the title of the page.
    stimuli : str
        What is drawn from the groups of images, before their names.
    procedure : str
        What observers saw and did, without a full stop.
    counterbalanced : str
        What is randomised for each observer, with its verb.
    did : str
        What observers did, in the past tense; this and all further words are for tasks with right answers.
    right : str
        When an answer is right.
    not_scored : str
        Which answers are neither right nor wrong.
    none_right : str
        Why no answer of a whole set is right or wrong.
    below_pictures : str
        Explains the lines below the pictures of a trial.
    listed : str
        Explains what is shown of each trial in the list of all.
    share : tuple of three str
        What trials of the list can be sorted by, apart from accuracy and time, with the words for the
        smallest and the largest value.
    kind, image_class : str
        Filters of the list.
    relabelled : tuple of four str
        What other labels do to trials that keep their right answer, have another one, have none any more, and
        had none before.
    """

    question: str
    stimuli: str
    procedure: str
    counterbalanced: str
    did: str = ""
    right: str = ""
    not_scored: str = ""
    none_right: str = ""
    below_pictures: str = ""
    listed: str = ""
    share: tuple[str, str, str] = ("correct models", "fewest", "most")
    kind: str = "Group"
    image_class: str = "Class"
    relabelled: tuple[str, str, str, str] = ("", "", "", "")


@dataclass(frozen=True)
class Preference:
    """Which of two answers an observer prefers.

    Attributes
    ----------
    score : callable
        Answers that count, stimulus set, level → d′, criterion and bias by observer, with intervals in
        ``…_low`` and ``…_high``.
    bias : str
        Column of the bias.
    answer : str
        What may be preferred: ``a side``.
    below : str
        What a criterion below 0 prefers.
    positive, negative : str
        What a bias above and below 0 prefers.
    """

    score: Callable[[pd.DataFrame, StimulusSet, float], pd.DataFrame]
    bias: str
    answer: str
    below: str
    positive: str
    negative: str


@dataclass(frozen=True, kw_only=True)
class ReportTask:
    """One task.

    Attributes
    ----------
    sections : tuple of Section
        Of the report, in the order of the page.
    unit : str
        What an answer is about: a ``pair``, or an ``image``.
    a_unit : str
        The same with its article.
    places : tuple of Place
        Of the items of a trial.
    difficulty : tuple of str
        Columns of `analysis.data.trials.trials_of` that say how hard a trial is for networks.
    trial : callable
        Items of a trial with their labels, settings of the set → columns of `analysis.data.trials.trials_of`:
        what `item_columns` returns for each place, and `right_answer`, as sessions record the answer. All
        values are None where an item has no label, or no answer is right.
    words : callable
        Stimulus set → words about the task.
    measures : callable
        Stimulus set → what is measured of each observer, by the name of its column.
    preference : Preference or None
        None where no answer can be preferred.
    network_choices : callable or None
        Report → answers of networks to the observers' trials: trials × (network, measure); None where
        networks cannot do the task.
    published : mapping of str to float
        What observers of the published study reached in this task: `accuracy`, `error_consistency`.
    """

    sections: tuple[Section[Any, Any], ...]
    unit: str
    a_unit: str
    places: tuple[Place, ...]
    difficulty: tuple[str, ...]
    trial: Callable[[list[tuple[Item, Label | None]], StimulusSettings], dict[str, Any]]
    words: Callable[[StimulusSet], Words]
    measures: Callable[[StimulusSet], Mapping[str, Measure]] = field(default=lambda _: COMMON_MEASURES)
    preference: Preference | None = None
    network_choices: Callable[[StudyReport], pd.DataFrame] | None = None
    published: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StudyReport(Report):
    """The report of one study's observers and models.

    Attributes
    ----------
    data : StudyData
    task : ReportTask
        What the report needs to know of the observers' task.
    settings : AnalyseSettings
    source : ImageSource or None
        The images, for examples; None where they are not available.
    """

    data: StudyData
    task: ReportTask
    settings: AnalyseSettings
    source: ImageSource | None

    @property
    def noun(self) -> str:
        """What to call several of the observers."""
        return "simulated observers" if self.data.kind == Kind.SIMULATED else "observers"

    @property
    def has_right_answers(self) -> bool:
        """Whether an answer can be right or wrong."""
        return has_right_answers(self.data.stimulus_set)

    @property
    def chance(self) -> float:
        """Proportion correct by guessing: one of the possible answers is right."""
        return chance_of(self.data.stimulus_set)

    def generator(self, *purpose: str) -> np.random.Generator:
        """Return the random generator for one purpose; different purposes have independent streams."""
        return generator(self.seed, "analyse", *purpose)
