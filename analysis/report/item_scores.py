"""What a report says of the items, pairs or single images, and of machines that judge them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.study_data import Evidence
from analysis.statistics.accuracy import observer_accuracy
from analysis.statistics.items import answer_matrix
from analysis.statistics.networks_as_observers import consistency_with_people
from analysis.statistics.noise_ceiling import Ceiling, explained, noise_ceiling
from stimuli.columns import FEATURES


@dataclass(frozen=True)
class ItemScores:
    """What is known of the items.

    Attributes
    ----------
    ceiling : Ceiling
        How far people agree on them.
    explained : DataFrame or None
        As `explained` returns it; None where the ceiling is unknown or not above 0.
    """

    ceiling: Ceiling
    explained: pd.DataFrame | None


def score_items(
    evidence: Evidence,
    answers: pd.DataFrame,
    places: Sequence[str],
    difficulty: Sequence[str],
    rng: np.random.Generator,
    level: float,
) -> ItemScores:
    """Score the items by what people agree on, and by how much of it follows from what is known of them.

    Parameters
    ----------
    evidence : Evidence
    answers : DataFrame, observers × trials
        1 right and 0 wrong, or a rating; NaN not seen.
    places : sequence of str
        What columns of `trials_of` that tell of the items of a trial begin with.
    difficulty : sequence of str
        Those of these columns that say how hard a trial is for networks.
    rng : Generator
    level : float
        Coverage of the intervals.
    """
    ceiling = noise_ceiling(answers.to_numpy(), rng, level)
    about = evidence.trials.loc[answers.columns]
    found = None
    if ceiling.estimate > 0:
        predictors = {
            "difficulty (number of correct models)": about[list(difficulty)],
            "class": about[[f"{which}_class" for which in places]],
        }
        features = [features_of(evidence, about[f"{which}_item"]) for which in places]
        if features[0].shape[1]:
            low_level = pd.concat(features, axis=1, keys=places).droplevel(0, axis=1)
            low_level.columns = [f"feature {n}" for n in range(low_level.shape[1])]
            predictors["low-level features"] = low_level.set_axis(about.index)
        found = explained(answers.mean().to_numpy(), predictors, ceiling.estimate, rng, level)
    return ItemScores(ceiling, found)


def features_of(evidence: Evidence, items: pd.Series) -> pd.DataFrame:
    """Return the low-level features of items that are known of all of the set's, one row an item."""
    more = evidence.stimulus_set.more
    table = pd.DataFrame([{name: more[item].get(name) for name in FEATURES} for item in items])
    numbers = table.apply(pd.to_numeric, errors="coerce")
    return numbers.dropna(axis=1)


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
        `machine`, `measure`, `n_pairs` (those that it has an answer to), `n_correct`, `accuracy`, `low`,
        `high`, `reason`, and the error consistency with people: `kappa`, `kappa_low`, `kappa_high`,
        `kappa_reason`. Empty where there is neither a decision nor a feature.
    """
    if told.empty:
        return pd.DataFrame()
    answers = answer_matrix(evidence.sessions)
    names = told.columns.to_frame(index=False)
    long = told.set_axis(range(told.shape[1]), axis=1).melt(var_name="machine", value_name="right").dropna()
    if long.empty:
        return pd.DataFrame()
    accuracy = observer_accuracy(long["right"].astype(bool), long["machine"].astype(int), level)
    kappa = consistency_with_people(told.T.to_numpy(float), answers.to_numpy(), level)
    # One that has no answer to any pair has a row all the same.
    found = accuracy.reindex(range(len(names))).rename(columns={"n_trials": "n_pairs"})
    found = found.fillna({"n_pairs": 0, "n_correct": 0}).astype({"n_pairs": int, "n_correct": int})
    why = "it cannot tell the images of any pair apart"
    found["reason"] = pd.Series([None if n else why for n in found["n_pairs"]], found.index, dtype=object)
    return pd.concat([names, found, kappa], axis=1)
