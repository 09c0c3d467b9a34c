"""The sections of each report, and what it needs to know about each task.

`PAIR`, `SINGLE` and `RATING` declare the tasks; `tricky.core.tasks` knows them by name. A new task needs one
more `ReportTask`, such as ``ReportTask(sections=ANSWER_SECTIONS, …)``.
"""

from __future__ import annotations

from typing import Any

from analysis.data.trials import image_columns, naming_columns, pair_columns
from analysis.report.groups import easiest_first
from analysis.report.network_choices import naming_choices, pair_choices
from analysis.report.published import PUBLISHED
from analysis.report.response_bias import (
    group_measures,
    group_preference,
    side_measures,
    side_preference,
)
from analysis.report.section import DynamicsReport, Section, page_only
from analysis.report.sections import (
    agreement,
    by_condition,
    classes,
    conditions,
    confidence,
    consistency,
    dichotomy,
    difficulty,
    examples,
    exclusions,
    graded_accuracy,
    independent_models,
    items,
    labels,
    methods,
    model_consistency,
    models,
    named_classes,
    named_groups,
    networks_as_observers,
    noise,
    observers,
    origins,
    other_labels,
    population,
    psychometric_function,
    rating_extremes,
    rating_list,
    ratings,
    representations,
    sessions,
    studies,
    subsets,
    training,
    trial_list,
    trials,
)
from analysis.report.task import Place, Preference, ReportTask, Words
from stimuli.records import StimulusSet

IMAGES: tuple[Section[Any, Any], ...] = (
    models.SECTION,
    difficulty.SECTION,
    labels.SECTION,
    examples.SECTION,
    sessions.SECTION,
)
"""Sections about images and models, at the start of every report."""
ACCURACY: tuple[Section[Any, Any], ...] = (
    population.SECTION,
    exclusions.SECTION,
    other_labels.SECTION,
    consistency.SECTION,
    model_consistency.SECTION,
    items.SECTION,
)
"""Sections of every task with right answers, after those about observers."""
TRIALS: tuple[Section[Any, Any], ...] = (trials.SECTION, trial_list.SECTION, studies.SECTION)
"""Sections about single trials and other studies."""
END: tuple[Section[Any, Any], ...] = (methods.SECTION, origins.SECTION)
"""Sections at the end of every report."""
ANSWER_SECTIONS = (*IMAGES, observers.SECTION, confidence.SECTION, *ACCURACY, *TRIALS, *END)
"""Sections of a task with right answers and nothing of its own."""


def _pair_words(_: StimulusSet) -> Words:
    return Words(
        question="can {people} tell?",
        stimuli="of one image each of the groups",
        procedure="In each trial two images were shown side by side until the {observer} pressed one of two "
        "keys to say which is harder for a network (two-alternative forced choice)",
        counterbalanced="Sides and order were",
        did="chose in pairs the image that is harder for a network",
        right="the image that fewer models classify correctly was chosen",
        not_scored="to pairs whose images are equally hard",
        none_right="both images of each pair are equally hard",
        below_pictures="Below each picture: its class, how many models are right about it, and how often it "
        "was chosen as the harder one.",
        listed="with the image that is harder for networks on the left. Numbers below a picture: its class, "
        "and how many models are right.",
        share=("difference in difficulty", "smallest", "largest"),
        kind="Harder image",
        image_class="Class of either image",
        relabelled=(
            "keep their order",
            "have it reversed",
            "have images that are equally hard now",
            "had such images before and have no longer",
        ),
    )


def _single_words(stimulus_set: StimulusSet) -> Words:
    groups = easiest_first(stimulus_set)
    names = f"{', '.join(groups[:-1])} or {groups[-1]}"
    return Words(
        question="can {people} tell from one image?",
        stimuli="of the groups",
        procedure=f"In each trial one image was shown until the {{observer}} pressed one of {len(groups)} "
        f"keys to say whether it is {names} for networks; the assignment of keys was counterbalanced over "
        "{observer}s",
        counterbalanced="The order was",
        did=f"said of one image at a time whether it is {names} for networks",
        right="the group was named that the image belongs to",
        not_scored="to images of none of the groups",
        none_right="no image belongs to a group of the set",
        below_pictures="Below each picture: its group, its class, how many models are right about it, and "
        "how often its group was named.",
        listed="with its class, its group, and how many models are right.",
        relabelled=(
            "keep their group",
            "are of another group of the set",
            "are of none of its groups now",
            "were of none before",
        ),
    )


def _rating_words(_: StimulusSet) -> Words:
    return Words(
        question="what do {people} see in such images?",
        stimuli="of the groups",
        procedure="In each trial one image was shown, with {questions} about it, each answered with a key",
        counterbalanced="The order was",
        listed="with its class, its group, how many models are right, and its mean ratings.",
    )


def _naming_words(stimulus_set: StimulusSet) -> Words:
    imported = stimulus_set.manifest.imported
    n_classes = 0 if imported is None else len(imported.classes)
    return Words(
        question="which classes can {people} name?",
        stimuli="",
        procedure=f"In each trial the {{observer}} saw one image and named its class, one of {n_classes}",
        counterbalanced="",
        did="named the classes of images",
        right="the class of the image was named",
        not_scored="to images without a class",
        none_right="no image has a class",
    )


PAIR = ReportTask(
    sections=(
        *IMAGES,
        observers.SECTION,
        confidence.SECTION,
        *ACCURACY,
        psychometric_function.SECTION,
        networks_as_observers.SECTION,
        *TRIALS,
        *END,
    ),
    unit="pair",
    a_unit="a pair",
    places=(
        Place("harder", "harder for networks", "impossible", chosen="right"),
        Place("easier", "easier for networks", "trivial", chosen="wrong"),
    ),
    difficulty=("harder_share", "easier_share"),
    trial=pair_columns,
    words=_pair_words,
    measures=side_measures,
    preference=Preference(
        side_preference, "side_bias", "a side", below="left", positive="left", negative="right"
    ),
    network_choices=pair_choices,
    published=PUBLISHED,
)

SINGLE = ReportTask(
    sections=(
        *IMAGES,
        observers.SECTION,
        named_groups.SECTION,
        confidence.SECTION,
        *ACCURACY,
        graded_accuracy.SECTION,
        *TRIALS,
        *END,
    ),
    unit="image",
    a_unit="an image",
    places=(Place("image", "{group} for networks", "{group}", chosen="right", chosen_as="named so by"),),
    difficulty=("image_share", "group"),
    trial=image_columns,
    words=_single_words,
    measures=group_measures,
    preference=Preference(
        group_preference,
        "group_bias",
        "a group",
        below="the harder one",
        positive="the harder",
        negative="the easier one",
    ),
)

RATING = ReportTask(
    sections=(
        *IMAGES,
        ratings.SECTION,
        agreement.SECTION,
        exclusions.SECTION,
        rating_extremes.SECTION,
        rating_list.SECTION,
        model_consistency.SECTION,
        studies.SECTION,
        *END,
    ),
    unit="image",
    a_unit="an image",
    places=(Place("image", "{group}"),),
    difficulty=("image_share", "group"),
    trial=image_columns,
    words=_rating_words,
)


NAMING = ReportTask(
    sections=(
        models.SECTION,
        difficulty.SECTION,
        labels.SECTION,
        sessions.SECTION,
        observers.SECTION,
        named_classes.SECTION,
        by_condition.SECTION,
        confidence.SECTION,
        population.SECTION,
        exclusions.SECTION,
        consistency.SECTION,
        model_consistency.SECTION,
        graded_accuracy.SECTION,
        *END,
    ),
    unit="image",
    a_unit="an image",
    places=(Place("image", "{group} for networks", "{group}"),),
    difficulty=("image_share",),
    trial=naming_columns,
    words=_naming_words,
    network_choices=naming_choices,
)


DYNAMICS: tuple[Section[DynamicsReport, Any], ...] = (
    independent_models.SECTION,
    dichotomy.SECTION,
    conditions.SECTION,
    subsets.SECTION,
    training.SECTION,
    representations.SECTION,
    classes.SECTION,
    noise.SECTION,
    page_only("dynamics_methods"),
    page_only("dynamics_origins"),
)
"""Sections of the comparison of models, ``tricky dynamics``."""
