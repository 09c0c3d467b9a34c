"""What a report says of the pairs, and of machines that judge them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.evidence import Evidence
from analysis.statistics import machines
from analysis.statistics.accuracy import observer_accuracy
from analysis.statistics.ceiling import Ceiling, explained, noise_ceiling
from analysis.statistics.graded import Psychometric, accuracy_by_gap, psychometric
from analysis.statistics.items import answer_matrix
from stimuli.features import FEATURES

SEED = 20220
"""Of all that a report draws (splits, folds, bootstraps), so that the same data give the same numbers."""


@dataclass(frozen=True)
class ItemScores:
    """What is known of the pairs.

    Attributes
    ----------
    by_gap : DataFrame
        As `accuracy_by_gap` returns it.
    curve : Psychometric or None
        Where the design has enough levels.
    ceiling : Ceiling
        How far people agree on which pairs are hard.
    explained : DataFrame or None
        As `explained` returns it; None where the ceiling is unknown or not above 0.
    """

    by_gap: pd.DataFrame
    curve: Psychometric | None
    ceiling: Ceiling
    explained: pd.DataFrame | None


def score_items(evidence: Evidence, level: float) -> ItemScores:
    """Score the pairs: by difficulty, and by what people agree on beyond it."""
    answers = answer_matrix(evidence.sessions)
    rng = np.random.default_rng(SEED)
    ceiling = noise_ceiling(answers.to_numpy(), rng, level)
    by_gap = accuracy_by_gap(evidence.sessions, level)
    about = evidence.trials.loc[answers.columns]
    found = None
    if ceiling.reliability > 0:
        predictors = {
            "difficulty (number of correct models)": about[["harder_share", "easier_share"]],
            "class": about[["harder_class", "easier_class"]],
        }
        features = [_features(evidence, about[f"{which}_item"]) for which in ("harder", "easier")]
        if features[0].shape[1]:
            low_level = pd.concat(features, axis=1, keys=["harder", "easier"]).droplevel(0, axis=1)
            low_level.columns = [f"feature {n}" for n in range(low_level.shape[1])]
            predictors["low-level features"] = low_level.set_axis(about.index)
        found = explained(answers.mean().to_numpy(), predictors, ceiling.reliability, rng, level)
    return ItemScores(by_gap, psychometric(by_gap, level), ceiling, found)


def _features(evidence: Evidence, items: pd.Series) -> pd.DataFrame:
    """Return the low-level features of items that are known of all of the set's, one row an item."""
    more = evidence.stimulus_set.more
    table = pd.DataFrame([{name: more[item].get(name) for name in FEATURES} for item in items])
    numbers = table.apply(pd.to_numeric, errors="coerce")
    return numbers.dropna(axis=1)


def machine_choices(evidence: Evidence) -> pd.DataFrame:
    """Let machines judge the pairs that people judged.

    Returns
    -------
    DataFrame, pairs × (machine, measure)
        1 right, 0 wrong, NaN no answer; in the order of `answer_matrix`. No column where there is neither a
        decision nor a feature.
    """
    answers = answer_matrix(evidence.sessions)
    about = evidence.trials.loc[answers.columns]
    rng = np.random.default_rng(SEED)
    told = pd.DataFrame(
        index=about.index, columns=pd.MultiIndex.from_tuples([], names=["machine", "measure"])
    )
    images = {
        which: [evidence.stimulus_set.items[each].image_id for each in about[f"{which}_item"]]
        for which in ("harder", "easier")
    }
    if evidence.decisions is not None:
        every = sorted({*images["harder"], *images["easier"]})
        scores = machines.image_scores(evidence.root / "decisions", evidence.decisions, every)
        told = machines.choices(scores.loc[images["harder"]], scores.loc[images["easier"]]).set_axis(
            about.index
        )
    features = {which: _features(evidence, about[f"{which}_item"]) for which in ("harder", "easier")}
    by_features = machines.feature_choices(features["harder"], features["easier"], rng)
    if by_features is not None:
        told["low-level features", "cross-validated"] = by_features
    return told.loc[:, told.notna().any()]


def score_machines(evidence: Evidence, told: pd.DataFrame, level: float) -> pd.DataFrame:
    """Score machines that judged the pairs that people judged.

    Parameters
    ----------
    evidence : Evidence
    told : DataFrame
        As `machine_choices` returns it.
    level : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame, one row a machine and measure
        `machine`, `measure`, `n_pairs`, `n_correct`, `accuracy`, `low`, `high`, and the error consistency
        with people: `kappa`, `kappa_low`, `kappa_high`. Empty where there is neither a decision nor a
        feature.
    """
    if told.empty:
        return pd.DataFrame()
    answers = answer_matrix(evidence.sessions)
    rng = np.random.default_rng(SEED)
    names = told.columns.to_frame(index=False)
    long = told.set_axis(range(told.shape[1]), axis=1).melt(var_name="machine", value_name="right").dropna()
    accuracy = observer_accuracy(long["right"].astype(bool), long["machine"], level)
    kappa = machines.consistency_with_people(told.T.to_numpy(float), answers.to_numpy(), rng, level)
    found = accuracy.reset_index(drop=True).rename(columns={"n_trials": "n_pairs"})
    return pd.concat([names, found, kappa], axis=1)
