"""Differences in accuracy between two conditions, groups or studies, for new observers and new items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.statistics import clusters
from analysis.statistics.accuracy import Answers, answered
from analysis.statistics.clusters import Spread, spread_of
from analysis.statistics.estimate import Estimate, check_level
from analysis.statistics.population_mean import PopulationMean
from tricky.core.errors import InputError


@dataclass(frozen=True)
class Contrast(Estimate):
    """The second of two proportions correct minus the first, with its interval for new observers *and* items.

    Attributes
    ----------
    first, second : float
        Proportion correct in each.
    p_value : float
        Of the hypothesis that there is no difference, two-sided; NaN without an interval.
    standard_error : float
        Of the difference.
    variances, degrees_of_freedom : tuple of float
        Which part of its square rests on few observers, and which on few items, and how well either is known
        (`analysis.statistics.clusters`); empty without a standard error.
    n_observers, n_items : tuple of two int
        In the first and in the second; those in both are counted in both.
    n_trials : tuple of two int
    """

    first: float
    second: float
    p_value: float
    standard_error: float
    variances: tuple[float, ...]
    degrees_of_freedom: tuple[float, ...]
    n_observers: tuple[int, ...]
    n_items: tuple[int, ...]
    n_trials: tuple[int, ...]


def accuracy_difference(
    correct: Answers,
    observer: ArrayLike,
    item: ArrayLike,
    is_second: ArrayLike,
    level: float = 0.95,
) -> Contrast:
    """Return how much more often answers are right in the second condition, or group, than in the first.

    Observers and items that are in both conditions are compared with themselves; those in one condition only
    count as a sample of it.  Which of the two applies follows from the data.  Variance, interval
    (difference ± t · standard error, cut at −1 and 1) and test are those of `analysis.statistics.clusters`:
    differences are far from their bounds, and nearly symmetric.

    Parameters
    ----------
    correct : array_like of bool, shape (n_trials,)
        Whether the answer was right; missing values (NA, NaN, None) are left out.
    observer, item : array_like, shape (n_trials,)
        Who answered, and to what.
    is_second : array_like of bool, shape (n_trials,)
        Whether the trial belongs to the second condition or group.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    Contrast

    Raises
    ------
    InputError
        As `population_accuracy`, or one of the two has no trial.
    """
    check_level(level)
    answers, [(observers, _), (items, _), (side, sides)] = answered(
        correct, observer, item, np.asarray(is_second, dtype=bool)
    )
    if len(sides) < 2:
        raise InputError("all trials belong to one condition; a difference needs two")
    n_trials = np.bincount(side)
    means = np.bincount(side, weights=answers) / n_trials
    residuals = (answers - means[side]) / n_trials[side] * np.where(side == 1, 1, -1)
    spread = spread_of(residuals, observers, items, side)
    difference = float(means[1] - means[0])

    def result(low: float, high: float, p: float, method: str | None, reason: str | None = None):
        return Contrast(
            first=float(means[0]),
            second=float(means[1]),
            estimate=difference,
            low=low,
            high=high,
            p_value=p,
            level=level,
            method=method,
            standard_error=spread.error,
            variances=spread.variances,
            degrees_of_freedom=spread.dfs,
            n_observers=spread.n_observers,
            n_items=spread.n_items,
            n_trials=tuple(n_trials.tolist()),
            reason=reason,
        )

    for counts, name in ((spread.n_observers, "observer"), (spread.n_items, "item")):
        if min(counts) < 2:
            why = f"an interval needs at least two {name}s in each condition"
            return result(np.nan, np.nan, np.nan, None, why)
    if spread.variance == 0:
        return result(np.nan, np.nan, np.nan, None, "in each condition all answers are alike")
    low, high = spread.interval(difference, level)
    return result(
        max(low, -1.0),
        min(high, 1.0),
        spread.p_value(abs(difference)),
        clusters.METHOD,
    )


def study_difference(first: PopulationMean, second: PopulationMean) -> Contrast:
    r"""Return how much higher accuracy is in a second study than in a first that shares nothing with it.

    Both studies have observers and items of their own, so that what each reports is enough: variances add
    up, those parts :math:`A_i` that rest on few observers (and likewise on few items) with Satterthwaite's
    degrees of freedom [1]_,

    .. math:: \nu = \frac{(A_1 + A_2)^2}{A_1^2 / \nu_1 + A_2^2 / \nu_2}.

    If the trials are available and the studies share items or observers, use `accuracy_difference`, which
    takes that into account: with shared items this interval is too wide, since what makes them easy or hard
    does so in both studies.

    Parameters
    ----------
    first, second : PopulationMean
        With intervals of one coverage, which that of the difference has, too.

    Raises
    ------
    InputError
        The intervals of the two have different coverages.

    References
    ----------
    .. [1] Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance components.
       Biometrics Bulletin, 2(6), 110–114.
    """
    if first.level != second.level:
        raise InputError(
            f"the first study has intervals of {first.level:.0%}, the second of {second.level:.0%}; "
            "estimate both with the same level"
        )
    difference = second.estimate - first.estimate
    low = high = p = np.nan
    method, reason = None, "one of the studies has no standard error"
    spread = Spread(np.nan, (), ())
    if first.standard_error > 0 and second.standard_error > 0:
        spread = _added(first.spread, second.spread)
        low, high = spread.interval(difference, first.level)
        low, high, p = max(low, -1.0), min(high, 1.0), spread.p_value(abs(difference))
        method, reason = "studies without common observers or items: variances added, t", None
    return Contrast(
        first=first.estimate,
        second=second.estimate,
        estimate=difference,
        low=low,
        high=high,
        p_value=p,
        level=first.level,
        method=method,
        standard_error=spread.error,
        variances=spread.variances,
        degrees_of_freedom=spread.dfs,
        n_observers=(first.n_observers, second.n_observers),
        n_items=(first.n_items, second.n_items),
        n_trials=(first.n_trials, second.n_trials),
        reason=reason,
    )


def _added(first: Spread, second: Spread) -> Spread:
    """Return the spread of the difference between two independent estimates."""
    parts = np.array([first.variances, second.variances])
    dfs = np.array([first.dfs, second.dfs])
    squares = (parts**2 / dfs).sum(axis=0)
    pooled = np.divide(parts.sum(axis=0) ** 2, squares, out=dfs.max(axis=0), where=squares > 0)
    return Spread(first.variance + second.variance, tuple(parts.sum(axis=0).tolist()), tuple(pooled.tolist()))
