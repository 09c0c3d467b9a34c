"""The mean over trials, with its interval for new observers and new items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.statistics import clusters, share_interval
from analysis.statistics.clusters import Spread, spread_of
from analysis.statistics.estimate import Estimate, at_least_two, check_level
from tricky.core.errors import InputError


@dataclass(frozen=True)
class PopulationMean(Estimate):
    """A mean over all trials, with its interval for new observers *and* new items.

    Attributes
    ----------
    standard_error : float
        Of the mean; NaN where the data cannot give one.
    variances, degrees_of_freedom : tuple of float
        Which part of the squared standard error rests on few observers, and which on few items, and how well
        either is known (`analysis.statistics.clusters`); empty without a standard error.
    n_observers, n_items, n_trials : int
        What the mean rests on; missing values are not among them.
    bounds : tuple of two float, or None
        Between which a value can lie: (0, 1) for a share.
    """

    standard_error: float
    variances: tuple[float, ...]
    degrees_of_freedom: tuple[float, ...]
    n_observers: int
    n_items: int
    n_trials: int
    bounds: tuple[float, float] | None = None

    def p_value(self, value: float) -> float:
        """Test a value, such as chance, or a share that others published; two-sided.

        By what the interval was made with: below 1 − `level` just where the interval leaves `value` out.  NaN
        where there is no interval.

        Parameters
        ----------
        value : float, within the bounds
            Taken as known without error.
        """
        if not np.isfinite(self.low):
            return np.nan
        spread = self.spread
        if self.bounds is None:
            return spread.p_value(abs(self.estimate - value))
        width, n_fewest = self.bounds[1] - self.bounds[0], min(self.n_observers, self.n_items)
        share, value = ((each - self.bounds[0]) / width for each in (self.estimate, value))
        return share_interval.share_p_value(share, value, spread.scaled(1 / width), n_fewest)

    @property
    def spread(self) -> Spread:
        """The sampling variance of the mean."""
        return Spread(self.standard_error**2, self.variances, self.degrees_of_freedom)


def population_mean(
    values: ArrayLike,
    observer: ArrayLike,
    item: ArrayLike,
    level: float = 0.95,
    *,
    bounds: tuple[float, float] | None = None,
) -> PopulationMean:
    """Return the mean that new observers reach on new items.

    Trials of one observer are alike, and so are trials on one item, so both count as clusters: the standard
    error is the two-way cluster-robust one of `clusters.spread_of`.  Between bounds the interval is that of
    `analysis.statistics.share_interval`, else the mean ± t · standard error.

    Parameters
    ----------
    values : array_like of float, shape (n_trials,)
        NaN is left out.
    observer, item : array_like, shape (n_trials,)
    level : float
        Coverage of the interval, between 0 and 1.
    bounds : tuple of two float, optional
        The smallest and the largest value that there can be.

    Raises
    ------
    InputError
        The arrays differ in length, an observer or an item is missing, or a value lies outside of the bounds.
    """
    check_level(level)
    array = np.asarray(values, dtype=float)
    groups = [np.asarray(group) for group in (observer, item)]
    if any(len(group) != len(array) for group in groups):
        raise InputError(
            f"{len(array)} values, {len(groups[0])} observers and {len(groups[1])} items; "
            "give one of each for every trial"
        )
    given = ~np.isnan(array)
    array = array[given]
    if bounds is not None and len(array) and not bounds[0] <= array.min() <= array.max() <= bounds[1]:
        raise InputError(
            f"values run from {array.min():g} to {array.max():g}, outside of {bounds[0]:g} to {bounds[1]:g}"
        )
    observers, items = (pd.factorize(group[given])[0] for group in groups)
    if len(array) and min(observers.min(), items.min()) < 0:
        raise InputError("a trial lacks its observer or its item; name both for every trial")
    return _mean(array, observers, items, level, bounds)


def _mean(
    values: np.ndarray,
    observers: np.ndarray,
    items: np.ndarray,
    level: float,
    bounds: tuple[float, float] | None,
) -> PopulationMean:
    n_observers, n_items = (int(codes.max(initial=-1)) + 1 for codes in (observers, items))
    n_fewest = min(n_observers, n_items)
    mean = float(values.mean()) if len(values) else np.nan
    spread, low, high, method = Spread(np.nan, (), ()), np.nan, np.nan, None
    if n_fewest > 1 and np.ptp(values) == 0:  # of which rounding would leave a little
        spread = Spread(0.0, (0.0, 0.0), (n_observers - 1.0, n_items - 1.0))
    elif n_fewest > 1:
        spread = spread_of((values - mean) / len(values), observers, items)
    reason = _why_no_interval(values, n_observers, n_items, bounds)
    if reason is None and bounds is None:
        method, (low, high) = clusters.METHOD, spread.interval(mean, level)
    elif reason is None and bounds is not None:
        method = share_interval.METHOD if spread.variance else share_interval.EXACT_METHOD
        width = bounds[1] - bounds[0]
        share = (mean - bounds[0]) / width
        limits = share_interval.share_limits(share, spread.scaled(1 / width), n_fewest, level)
        low, high = (float(bounds[0] + width * limit) for limit in limits)
    return PopulationMean(
        mean,
        low,
        high,
        level,
        method,
        spread.error,
        spread.variances,
        spread.dfs,
        n_observers,
        n_items,
        len(values),
        bounds,
        reason=reason,
    )


def _why_no_interval(
    values: np.ndarray, n_observers: int, n_items: int, bounds: tuple[float, float] | None
) -> str | None:
    if len(values) == 0:
        return "there is no value"
    if min(n_observers, n_items) < 2:
        return at_least_two("observer" if n_observers < 2 else "item")
    if bounds is None and np.ptp(values) == 0:
        return "all values are the same, so nothing shows how much others would differ"
    return None
