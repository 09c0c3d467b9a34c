"""What becomes of the answers when the images are labelled anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.statistics.accuracy import PopulationAccuracy, population_accuracy
from analysis.statistics.means import Mean, clustered_mean


@dataclass(frozen=True)
class LabelChange:
    """Answers scored by two sets of labels.

    Attributes
    ----------
    n_pairs : int
        Scored pairs of the set.
    n_same, n_reversed : int
        Pairs whose harder image is the same, and the other one, under the new labels.
    n_became_equal, n_became_unequal : int
        Pairs whose images are equally hard now, and those that were so before and are no longer.
    n_left : int
        Pairs with an image that the new table lacks.
    before, after : PopulationAccuracy
        Under the labels that the set was built with, and under the new ones, each over all answers that it
        can score.
    change : Mean
        Of the proportion correct, after minus before, over the answers that both can score.
    """

    n_pairs: int
    n_same: int
    n_reversed: int
    n_became_equal: int
    n_became_unequal: int
    n_left: int
    before: PopulationAccuracy
    after: PopulationAccuracy
    change: Mean


def compare_labels(
    sessions: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame, level: float
) -> LabelChange:
    """Score the same answers by two sets of labels.

    Parameters
    ----------
    sessions : DataFrame
        Answers that count, with `participant`, `trial_id` and `response_item`.
    before, after : DataFrame
        The set's trials under either labels, as `analysis.data.trials.trials_of` returns them.
    level : float
        Coverage of intervals.
    """
    scored = before["scored"]
    old, new = before.loc[scored, "harder_item"], after.loc[scored, "harder_item"]
    in_table = after.loc[scored, "labelled"]
    right_before, right_after = _right(sessions, before), _right(sessions, after)
    observer, item = sessions["participant"].astype(str), sessions["trial_id"].astype(str)
    difference = right_after.astype("Float64") - right_before.astype("Float64")
    return LabelChange(
        n_pairs=len(old),
        n_same=int((old == new).sum()),
        n_reversed=int((old.notna() & new.notna() & (old != new)).sum()),
        n_became_equal=int((in_table & old.notna() & new.isna()).sum()),
        n_became_unequal=int((old.isna() & new.notna()).sum()),
        n_left=int((~in_table).sum()),
        before=population_accuracy(right_before, observer, item, level),
        after=population_accuracy(right_after, observer, item, level),
        change=clustered_mean(difference.to_numpy(float, na_value=np.nan), observer, item, level),
    )


def _right(sessions: pd.DataFrame, trials: pd.DataFrame) -> pd.Series:
    """Return whether the harder item was chosen, missing where there is none."""
    harder = sessions["trial_id"].astype(str).map(trials["harder_item"])
    chosen = sessions["response_item"].astype(object)
    return (chosen == harder).astype("boolean").mask(harder.isna() | chosen.isna())
