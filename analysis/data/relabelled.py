"""What becomes of the answers when the images are labelled anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.trials import is_right
from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.estimate import NoResult
from analysis.statistics.population_mean import PopulationMean, population_mean


@dataclass(frozen=True)
class LabelChange:
    """Answers scored by two sets of labels.

    Attributes
    ----------
    n_trials : int
        Scored trials of the set, each a pair or a single image.
    n_same, n_changed : int
        Trials whose right answer (the harder image of a pair, the group of a single one) is the same, and
        another one, under the new labels.
    n_lost, n_gained : int
        Trials that have a right answer no longer (the images of a pair are equally hard now, a single one is
        of none of the groups), and those that had none before.
    n_left : int
        Trials with an image that the new table lacks.
    before : PopulationMean or NoResult
        Under the labels that the set was built with, over all answers that these can score.
    after : PopulationMean
        Likewise under the new ones.
    change : PopulationMean
        Of the proportion correct, after minus before, over the answers that both can score.
    """

    n_trials: int
    n_same: int
    n_changed: int
    n_lost: int
    n_gained: int
    n_left: int
    before: PopulationMean | NoResult
    after: PopulationMean
    change: PopulationMean


def compare_labels(
    sessions: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame, level: float
) -> LabelChange:
    """Score the same answers by two sets of labels.

    Parameters
    ----------
    sessions : DataFrame
        Answers that count, with `participant`, `trial_id` and the answer.
    before, after : DataFrame
        The set's trials under either labels, as `analysis.data.trials.trials_of` returns them.
    level : float
        Coverage of intervals.
    """
    scored = before["scored"]
    old, new = before.loc[scored, "right_answer"], after.loc[scored, "right_answer"]
    in_table = after.loc[scored, "labelled"]
    observer, item = sessions["participant"].astype(str), sessions["trial_id"].astype(str)
    right_before, right_after = (
        is_right(sessions, item.map(each["right_answer"])) for each in (before, after)
    )
    difference = right_after.astype("Float64") - right_before.astype("Float64")
    return LabelChange(
        n_trials=len(old),
        n_same=int((old == new).sum()),
        n_changed=int((old.notna() & new.notna() & (old != new)).sum()),
        n_lost=int((in_table & old.notna() & new.isna()).sum()),
        n_gained=int((old.isna() & new.notna()).sum()),
        n_left=int((~in_table).sum()),
        before=population_accuracy(right_before, observer, item, level)
        if right_before.notna().any()
        else NoResult("by the labels of the set no answer is right or wrong"),
        after=population_accuracy(right_after, observer, item, level),
        change=population_mean(difference.to_numpy(float, na_value=np.nan), observer, item, level),
    )
