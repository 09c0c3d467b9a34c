"""What else an observer's answers tell: preferred side, speed, practice or fatigue, how reliable they are.

All intervals here are for this observer on these items.  For what other observers would do, give the trials
of all observers to `analysis.statistics.accuracy`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from analysis.statistics.error_consistency import error_consistency
from tricky.core.errors import InputError

FEWEST_TIMES = 4
"""Of right and of wrong answers, for an interval: with two Welch's for 95% holds the ratio in 85% of cases."""


def side_bias(
    chose_left: ArrayLike, left_is_right: ArrayLike, observer: ArrayLike, level: float = 0.95
) -> pd.DataFrame:
    """Return how far each observer prefers a side: how much more often it is right where left is right.

    Without a preference the two accuracies are the same, however able the observer is; a share of left
    answers alone says this only where left and right are equally often right.  Newcombe's interval [1]_.

    Parameters
    ----------
    chose_left, left_is_right : array_like of bool, shape (n_trials,)
        Whether the left item was chosen, and whether that was the right answer.
    observer : array_like, shape (n_trials,)
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    DataFrame, one row an observer, index `observer`
        `n_trials`, `share_left`, `accuracy_left` and `accuracy_right` (where left, where right was right),
        `bias` (their difference; above 0 for a preference of left), `low`, `high`.

    Raises
    ------
    InputError
        The arrays differ in length.

    References
    ----------
    .. [1] Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions.
       Statistics in Medicine, 17(8), 873–890, method 10.
    """
    rows = {}
    for name, (left, truth) in _by_observer(
        observer, np.asarray(chose_left, bool), np.asarray(left_is_right, bool)
    ):
        right = left == truth
        bias = _difference(right[truth], right[~truth], level)
        rows[name] = (len(left), left.mean(), *bias)
    columns = ["n_trials", "share_left", "accuracy_left", "accuracy_right", "bias", "low", "high"]
    return _table(rows, columns)


def halves(correct: ArrayLike, order: ArrayLike, observer: ArrayLike, level: float = 0.95) -> pd.DataFrame:
    """Compare each observer's accuracy in the second half of the trials with that in the first.

    Newcombe's interval, as in `side_bias`.

    Parameters
    ----------
    correct : array_like of bool, shape (n_trials,)
    order : array_like, shape (n_trials,)
        What sorts an observer's trials in time.
    observer : array_like, shape (n_trials,)
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    DataFrame, one row an observer, index `observer`
        `n_trials`, `first`, `second` (accuracies; of an odd number the middle trial is in the second half),
        `change` (second less first), `low`, `high`.

    Raises
    ------
    InputError
        The arrays differ in length.
    """
    rows = {}
    for name, (right, when) in _by_observer(observer, np.asarray(correct, bool), np.asarray(order)):
        right = right[np.argsort(when, kind="stable")]
        half = len(right) // 2
        second, first, *change = _difference(right[half:], right[:half], level)
        rows[name] = (len(right), first, second, *change)
    return _table(rows, ["n_trials", "first", "second", "change", "low", "high"])


def times_by_correctness(
    response_time_s: ArrayLike, correct: ArrayLike, observer: ArrayLike, level: float = 0.95
) -> pd.DataFrame:
    """Return how long each observer took where the answer was right and where it was wrong.

    The ratio is that of geometric means, wrong over right, with Welch's interval for the difference of log
    times: response times are skewed, and their logarithms nearly normal.

    Parameters
    ----------
    response_time_s : array_like of float, shape (n_trials,)
        In seconds; missing values and times that are not above 0 are left out.
    correct : array_like of bool, shape (n_trials,)
    observer : array_like, shape (n_trials,)
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    DataFrame, one row an observer, index `observer`
        `n_right`, `n_wrong`, `median_right_s`, `median_wrong_s`, `ratio`, `low`, `high`; the ratio is NaN
        with no trial of one kind, its interval with fewer than four.

    Raises
    ------
    InputError
        The arrays differ in length.
    """
    rows = {}
    times = np.asarray(response_time_s, dtype=float)
    for name, (time, right) in _by_observer(observer, times, np.asarray(correct, bool)):
        usable = time > 0
        groups = time[usable & right], time[usable & ~right]
        medians = [float(np.median(each)) if len(each) else np.nan for each in groups]
        ratio, low, high = np.nan, np.nan, np.nan
        if min(map(len, groups)) > 0:
            logs = [np.log(each) for each in groups]
            ratio = np.exp(logs[1].mean() - logs[0].mean())
            if min(map(len, groups)) >= FEWEST_TIMES:
                welch = stats.ttest_ind(logs[1], logs[0], equal_var=False)
                low, high = np.exp(welch.confidence_interval(level))
        rows[name] = (*map(len, groups), *medians, ratio, low, high)
    columns = ["n_right", "n_wrong", "median_right_s", "median_wrong_s", "ratio", "low", "high"]
    return _table(rows, columns)


def repeat_agreement(
    first_correct: ArrayLike, second_correct: ArrayLike, observer: ArrayLike, level: float = 0.95
) -> pd.DataFrame:
    """Return how often each observer answered a repeated trial as it did the first time.

    Wilson's interval for the share; beside it the error consistency of the observer with itself, which is
    agreement beyond what its accuracy explains.  Nobody can be more consistent with others than that, but for
    chance.

    Parameters
    ----------
    first_correct, second_correct : array_like of bool, shape (n_repeats,)
        Whether a trial was answered rightly, first and when it came again.
    observer : array_like, shape (n_repeats,)
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    DataFrame, one row an observer, index `observer`
        `n_repeats`, `agreement`, `low`, `high`, `kappa` (NaN where undefined, as in `error_consistency`).

    Raises
    ------
    InputError
        The arrays differ in length.
    """
    from statsmodels.stats.proportion import proportion_confint

    rows = {}
    for name, (first, second) in _by_observer(
        observer, np.asarray(first_correct, bool), np.asarray(second_correct, bool)
    ):
        same = int((first == second).sum())
        low, high = proportion_confint(same, len(first), alpha=1 - level, method="wilson")
        rows[name] = (
            len(first),
            same / len(first),
            low,
            high,
            error_consistency(np.array([first, second]))[0, 1],
        )
    return _table(rows, ["n_repeats", "agreement", "low", "high", "kappa"])


def _by_observer(observer: ArrayLike, *arrays: np.ndarray) -> Iterator[tuple[object, list[np.ndarray]]]:
    """Yield each observer's part of the arrays, by sorted name."""
    who = np.asarray(observer)
    if any(len(array) != len(who) for array in arrays):
        raise InputError(
            f"{len(who)} observers for arrays of {[len(array) for array in arrays]} trials; give one a trial"
        )
    codes, names = pd.factorize(who, sort=True)
    for code, name in enumerate(names):
        yield name, [array[codes == code] for array in arrays]


def _difference(first: np.ndarray, second: np.ndarray, level: float) -> tuple[float, ...]:
    """Return both shares and their difference with Newcombe's interval; NaN where one has no trials."""
    from statsmodels.stats.proportion import confint_proportions_2indep

    shares = [float(each.mean()) if len(each) else np.nan for each in (first, second)]
    if not (len(first) and len(second)):
        return (*shares, np.nan, np.nan, np.nan)
    low, high = confint_proportions_2indep(
        first.sum(), len(first), second.sum(), len(second), method="newcomb", alpha=1 - level
    )
    return (*shares, shares[0] - shares[1], low, high)


def _table(rows: dict, columns: list[str]) -> pd.DataFrame:
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    counts = [name for name in columns if name.startswith("n_")]
    return table.astype(dict.fromkeys(counts, int)).rename_axis("observer")
