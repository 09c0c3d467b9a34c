"""Do observers know when they are right: accuracy by confidence, and the area under the type-2 ROC."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from analysis.statistics.accuracy import population_accuracy
from tricky.core.errors import InputError


def calibration(
    confidence: ArrayLike, correct: ArrayLike, observer: ArrayLike, item: ArrayLike, level: float = 0.95
) -> pd.DataFrame:
    """Return the accuracy at each level of confidence, with its interval for new observers and new items.

    Parameters
    ----------
    confidence : array_like, shape (n_trials,)
        As it was answered, in few steps; trials without it are left out.
    correct, observer, item : array_like, shape (n_trials,)
        As for `population_accuracy`.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    DataFrame, one row a level of confidence, sorted, index `confidence`
        `n_trials`, `n_observers`, `accuracy`, `low`, `high`, `method`, `reason` as in `PopulationAccuracy`.
    """
    table = pd.DataFrame({"confidence": confidence, "correct": correct, "observer": observer, "item": item})
    rows = {}
    for step, trials in table.dropna().groupby("confidence", observed=True):
        found = population_accuracy(trials["correct"], trials["observer"], trials["item"], level)
        about = found.estimate, found.low, found.high, found.method, found.reason
        rows[step] = (found.n_trials, found.n_observers, *about)
    columns = ["n_trials", "n_observers", "accuracy", "low", "high", "method", "reason"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("confidence")


def type_2_area(
    confidence: ArrayLike, correct: ArrayLike, observer: ArrayLike, level: float = 0.95
) -> pd.DataFrame:
    r"""Return each observer's area under the type-2 ROC: how well confidence tells right from wrong answers.

    The probability that a right answer was given with more confidence than a wrong one, ties counting half
    [1]_; 1/2 where confidence tells nothing.  It grows with accuracy too, so it compares observers only where
    these are alike.  DeLong's variance [2]_, with the interval on the logit scale and, as wrong answers
    are few, Welch's degrees of freedom.

    Parameters
    ----------
    confidence : array_like of float, shape (n_trials,)
        Larger is more; trials without it are left out.
    correct : array_like of bool, shape (n_trials,)
    observer : array_like, shape (n_trials,)
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    DataFrame, one row an observer, index `observer`
        `n_right`, `n_wrong`, `area`, `low`, `high`, and `reason`: why the area is NaN (no right or no wrong
        answer), or its interval (fewer than two of either, confidence that does not vary, an area of 0 or 1).

    Raises
    ------
    InputError
        The arrays differ in length.

    References
    ----------
    .. [1] Fleming, S. M., & Lau, H. C. (2014). How to measure metacognition. Frontiers in Human Neuroscience,
       8, 443.
    .. [2] DeLong, E. R., DeLong, D. M., & Clarke-Pearson, D. L. (1988). Comparing the areas under two or more
       correlated receiver operating characteristic curves. Biometrics, 44(3), 837–845.
    """
    sure, right, who = np.asarray(confidence, float), np.asarray(correct, bool), np.asarray(observer)
    if not len(sure) == len(right) == len(who):
        raise InputError(
            f"{len(sure)} confidences, {len(right)} answers, {len(who)} observers; give one a trial"
        )
    codes, names = pd.factorize(who, sort=True)
    rows = {}
    for code, name in enumerate(names):
        mine = (codes == code) & ~np.isnan(sure)
        x, y = sure[mine & right], sure[mine & ~right]
        rows[name] = (len(x), len(y), *_area(x, y, level))
    columns = ["n_right", "n_wrong", "area", "low", "high", "reason"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.astype({"n_right": int, "n_wrong": int}).rename_axis("observer")


def _area(x: np.ndarray, y: np.ndarray, level: float) -> tuple[float, float, float, str | None]:
    """Return the area between right answers' confidences x and wrong ones' y, its interval, or why not."""
    for values, kind in ((x, "right"), (y, "wrong")):
        if len(values) == 0:
            return np.nan, np.nan, np.nan, f"no {kind} answer with a confidence"
    right_above, wrong_below = _share_below(x, y), 1 - _share_below(y, x)
    area = float(right_above.mean())
    for values, kind in ((x, "right"), (y, "wrong")):
        if len(values) == 1:
            return area, np.nan, np.nan, f"one {kind} answer tells nothing of others"
    if area in (0.0, 1.0):
        return area, np.nan, np.nan, "confidence divides right and wrong answers without exception"
    if np.ptp(np.concatenate([x, y])) == 0:
        return area, np.nan, np.nan, "confidence does not vary"
    parts = np.array([right_above.var(ddof=1) / len(x), wrong_below.var(ddof=1) / len(y)])
    df = parts.sum() ** 2 / (parts**2 / [len(x) - 1, len(y) - 1]).sum()
    reach = stats.t.ppf((1 + level) / 2, df) * np.sqrt(parts.sum()) / (area * (1 - area))
    low, high = special.expit(special.logit(area) + reach * np.array([-1, 1]))
    return area, float(low), float(high), None


def _share_below(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return for each value the share of the others that are below it, ties counting half."""
    others = np.sort(others)
    sides = [np.searchsorted(others, values, side) for side in ("left", "right")]
    return (sides[0] + sides[1]) / (2 * len(others))
