"""Answers of networks to the trials that observers judged."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.data.network_scores import image_scores
from analysis.data.study_data import StudyData
from analysis.report.task import StudyReport
from analysis.statistics.items import answer_matrix
from analysis.statistics.networks_as_observers import choices, feature_choices
from stimuli.columns import FEATURES

DECISION = "decision"
"""The measure by which a network names the class of an image: its prediction."""


def network_choices(report: StudyReport) -> pd.DataFrame:
    """Return the choices of networks; without columns where they cannot do the task."""
    if report.task.network_choices is None:
        columns = pd.MultiIndex.from_tuples([], names=["network", "measure"])
        return pd.DataFrame(index=report.data.trials.index, columns=columns)
    return report.task.network_choices(report)


def choices_by_confidence(report: StudyReport, trials: pd.Index) -> np.ndarray:
    """Return the choices of each model by its own confidence, or its decisions: 1 right, 0 wrong, NaN none.

    Returns
    -------
    ndarray of float, shape (n_models, n_trials)
        Without rows where networks cannot do the task.
    """
    made = report.of(network_choices)
    measures = made.columns.get_level_values(1)
    measure = next((each for each in ("confidence", DECISION) if each in measures), None)
    if measure is None:
        return np.empty((0, len(trials)))
    models = made.xs(measure, axis=1, level=1).drop(columns="all models", errors="ignore")
    return models.reindex(trials).T.to_numpy(float)


def pair_choices(report: StudyReport) -> pd.DataFrame:
    """Return the answers of networks, and of low-level features, to the pairs that observers judged.

    Returns
    -------
    DataFrame, pairs × (network, measure)
        1 right, 0 wrong, NaN no answer; in the order of `answer_matrix`. No column where there is neither a
        decision nor a feature.
    """
    data = report.data
    answers = answer_matrix(data.kept)
    about = data.trials.loc[answers.columns]
    rng = report.generator("networks as observers", "folds")
    found = pd.DataFrame(
        index=about.index, columns=pd.MultiIndex.from_tuples([], names=["network", "measure"])
    )
    images = {
        which: [data.stimulus_set.items[each].image_id for each in about[f"{which}_item"]]
        for which in ("harder", "easier")
    }
    if data.decisions is not None:
        every = sorted({*images["harder"], *images["easier"]})
        scores = image_scores(data.root / "decisions", data.decisions, every)
        found = choices(scores.loc[images["harder"]], scores.loc[images["easier"]]).set_axis(about.index)
    features = {which: features_of(data, about[f"{which}_item"]) for which in ("harder", "easier")}
    by_features = feature_choices(features["harder"], features["easier"], rng)
    if by_features is not None:
        found["low-level features", "cross-validated"] = by_features
    return found.loc[:, found.notna().any()]


def naming_choices(report: StudyReport) -> pd.DataFrame:
    """Return whether networks named the classes of the images that observers named.

    Returns
    -------
    DataFrame, images × (network, measure)
        1 right, 0 wrong, NaN for an image that a network did not see; in the order of `answer_matrix`. No
        column where there are no decisions.
    """
    data = report.data
    trials = answer_matrix(data.kept).columns
    if data.decisions is None:
        return pd.DataFrame(index=trials, columns=pd.MultiIndex.from_tuples([], names=["network", "measure"]))
    decisions = data.decisions
    right = np.where(decisions.seen, decisions.correct, np.nan)
    by_image = pd.DataFrame(right.T, index=decisions.images["image_id"].astype(str), columns=decisions.models)
    images = [data.stimulus_set.items[each].image_id for each in data.trials.loc[trials, "image_item"]]
    found = by_image.reindex(images).set_axis(trials)
    found.columns = pd.MultiIndex.from_product([decisions.models, [DECISION]], names=["network", "measure"])
    return found.loc[:, found.notna().any()]


def features_of(data: StudyData, items: pd.Series) -> pd.DataFrame:
    """Return those low-level features that all of these items have, one row an item."""
    more = data.stimulus_set.more
    table = pd.DataFrame([{name: more[item].get(name) for name in FEATURES} for item in items])
    numbers = table.apply(pd.to_numeric, errors="coerce")
    return numbers.dropna(axis=1)
