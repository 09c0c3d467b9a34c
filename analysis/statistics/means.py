"""The mean of something measured in every trial, for new observers and new items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from analysis.statistics.estimate import Estimate

METHOD = "two-way cluster-robust (observers and items), t"


@dataclass(frozen=True)
class Mean(Estimate):
    """A mean over all trials with its interval for new observers and new items.

    Attributes
    ----------
    n_trials : int
    """

    n_trials: int


def clustered_mean(values: ArrayLike, observer: ArrayLike, item: ArrayLike, level: float) -> Mean:
    """Return the mean of trials that share observers and items.

    The interval is estimate ± t · standard error with the two-way cluster-robust variance (Cameron, Gelbach &
    Miller 2011, as statsmodels has it) and min(observers, items) − 1 degrees of freedom. It suits differences
    and times, which have no bounds near; for proportions take `accuracy.population_accuracy`.

    Parameters
    ----------
    values : array_like of float, shape (n_trials,)
        NaN is left out.
    observer, item : array_like, shape (n_trials,)
    level : float
        Coverage of the interval.
    """
    from statsmodels.api import OLS
    from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

    array = np.asarray(values, dtype=float)
    given = ~np.isnan(array)
    array = array[given]
    if len(array) == 0:
        return Mean(np.nan, np.nan, np.nan, level, None, 0, reason="no trial has a value")
    groups = [pd.factorize(np.asarray(group)[given])[0] for group in (observer, item)]
    n_observers, n_items = (int(codes.max()) + 1 for codes in groups)
    n_fewest = min(n_observers, n_items)
    estimate = float(array.mean())
    if n_fewest < 2:
        why = f"one {'observer' if n_observers < 2 else 'item'} tells nothing of others"
        return Mean(estimate, np.nan, np.nan, level, None, len(array), reason=why)
    if np.ptp(array) == 0:
        return Mean(estimate, estimate, estimate, level, METHOD, len(array))
    fit = OLS(array, np.ones(len(array))).fit()
    both, by_observer, by_item = (float(v.item()) for v in cov_cluster_2groups(fit, groups[0], groups[1]))
    variance = both if both > 0 else max(by_observer, by_item)
    half_width = stats.t.ppf((1 + level) / 2, n_fewest - 1) * np.sqrt(variance)
    low, high = float(estimate - half_width), float(estimate + half_width)
    return Mean(estimate, low, high, level, METHOD, len(array))
