"""Differences in accuracy between two conditions or two groups, for observers and items to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.statistics.accuracy import Answers, PopulationAccuracy, answered, check_level
from analysis.statistics.clusters import Spread, spread_of
from analysis.statistics.estimate import Estimate
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
    standard_error, degrees_of_freedom : float
        Of the difference, and of the t distribution that the interval rests on.
    n_observers, n_items : tuple of two int
        In the first and in the second; whoever is in both is counted in both.
    n_trials : tuple of two int
    """

    first: float
    second: float
    p_value: float
    standard_error: float
    degrees_of_freedom: float
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

    Observers who were in both conditions are compared with themselves, and so are items; who was in one only
    counts as a sample of it, and which of the two it is follows from the data.  Standard error, degrees of
    freedom, interval and test are those of `analysis.statistics.clusters`, as for `population_accuracy`.

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
            degrees_of_freedom=spread.df,
            n_observers=spread.n_observers,
            n_items=spread.n_items,
            n_trials=tuple(n_trials.tolist()),
            reason=reason,
        )

    for counts, name in ((spread.n_observers, "observer"), (spread.n_items, "item")):
        if min(counts) < 2:
            why = f"one {name} in a condition tells nothing of others"
            return result(np.nan, np.nan, np.nan, None, why)
    if spread.error == 0:
        return result(np.nan, np.nan, np.nan, None, "in each condition all answers are alike")
    low, high = spread.interval(difference, level)
    return result(
        max(low, -1.0),
        min(high, 1.0),
        spread.p_value(difference, 0.0),
        "two-way cluster-robust (observers and items), t",
    )


def study_difference(first: PopulationAccuracy, second: PopulationAccuracy) -> Contrast:
    r"""Return how much higher accuracy is in a second study than in a first that shares nothing with it.

    Both studies have observers and items of their own, so that what each reports is enough: variances
    :math:`s_i^2` add up, and the degrees of freedom are Satterthwaite's [1]_,

    .. math:: \nu = \frac{(s_1^2 + s_2^2)^2}{s_1^4 / \nu_1 + s_2^4 / \nu_2}.

    As with any difference, skewness is taken as 0 (`analysis.statistics.clusters`).  Where trials are at hand
    and the studies share items or observers, use `accuracy_difference`, which sees that by itself: with
    shared items this interval is too wide, as what makes them easy or hard does so in both.

    Parameters
    ----------
    first, second : PopulationAccuracy
        With intervals of one coverage, which that of the difference has, too.

    Raises
    ------
    InputError
        The intervals of the two have not the same coverage.

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
    errors = np.array([first.standard_error, second.standard_error])
    dfs = np.array([first.degrees_of_freedom, second.degrees_of_freedom])
    low = high = p = error = df = np.nan
    method, reason = None, "one of the studies has no standard error"
    if np.isfinite(errors).all() and errors.any():
        error = float(np.sqrt((errors**2).sum()))
        df = float(error**4 / (errors**4 / dfs).sum())
        spread = Spread(error, df, 0.0, (), ())
        low, high = spread.interval(difference, first.level)
        low, high, p = max(low, -1.0), min(high, 1.0), spread.p_value(difference, 0.0)
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
        standard_error=error,
        degrees_of_freedom=df,
        n_observers=(first.n_observers, second.n_observers),
        n_items=(first.n_items, second.n_items),
        n_trials=(first.n_trials, second.n_trials),
        reason=reason,
    )
