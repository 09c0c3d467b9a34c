"""What else an observer's answers tell: preferred side, speed, practice or fatigue, how reliable they are.

All intervals here are for this observer on these items.  For what other observers would do, give the trials
of all observers to `analysis.statistics.accuracy`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.statistics.error_consistency import error_consistency, why_undefined
from tricky.core.errors import InputError

FEWEST_TIMES = 4
"""Of right and of wrong answers, for an interval: with two, Welch's 95% holds the ratio in 85% of cases."""


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
        `bias` (their difference; above 0 for a preference of left), `low`, `high`, `reason` (why something
        is missing: only one of the two answers was ever right).

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
        bias = _difference(right[truth], right[~truth], level, "only one of the two answers was ever right")
        rows[name] = (len(left), left.mean(), *bias)
    columns = ["n_trials", "share_left", "accuracy_left", "accuracy_right", "bias", "low", "high", "reason"]
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
        `change` (second less first), `low`, `high`, `reason` (why something is missing: a single trial).

    Raises
    ------
    InputError
        The arrays differ in length.
    """
    rows = {}
    for name, (right, when) in _by_observer(observer, np.asarray(correct, bool), np.asarray(order)):
        right = right[np.argsort(when, kind="stable")]
        half = len(right) // 2
        second, first, *change = _difference(right[half:], right[:half], level, "one trial has no halves")
        rows[name] = (len(right), first, second, *change)
    return _table(rows, ["n_trials", "first", "second", "change", "low", "high", "reason"])


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
        `n_right`, `n_wrong`, `median_right_s`, `median_wrong_s`, `ratio`, `low`, `high`, and `reason`: why
        the ratio is NaN (no trial of one kind), or its interval (fewer than four of a kind, times all the
        same).

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
        rows[name] = (*map(len, groups), *medians, *_time_ratio(np.log(groups[0]), np.log(groups[1]), level))
    columns = ["n_right", "n_wrong", "median_right_s", "median_wrong_s", "ratio", "low", "high", "reason"]
    return _table(rows, columns)


def _time_ratio(right: np.ndarray, wrong: np.ndarray, level: float) -> tuple[float, float, float, str | None]:
    """Return the ratio of geometric means, wrong over right, its interval, and why something is missing."""
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    for times, kind in ((right, "right"), (wrong, "wrong")):
        if len(times) == 0:
            return np.nan, np.nan, np.nan, f"no {kind} answer with a response time"
    ratio = float(np.exp(wrong.mean() - right.mean()))
    for times, kind in ((right, "right"), (wrong, "wrong")):
        if len(times) < FEWEST_TIMES:
            why = f"{len(times)} {kind} answer{'s' * (len(times) > 1)}; an interval needs {FEWEST_TIMES}"
            return ratio, np.nan, np.nan, why
    if np.ptp(right) == np.ptp(wrong) == 0:
        return ratio, np.nan, np.nan, "response times do not vary"
    compared = CompareMeans(DescrStatsW(wrong), DescrStatsW(right))
    low, high = np.exp(compared.tconfint_diff(1 - level, usevar="unequal"))
    return ratio, float(low), float(high), None


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
        `n_repeats`, `agreement`, `low`, `high`, `kappa` (NaN where undefined, as in `error_consistency`) and
        `kappa_reason`, why it is.

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
        both = np.array([first, second])
        kappa, reason = error_consistency(both)[0, 1], str(why_undefined(both)[0, 1]) or None
        rows[name] = (len(first), same / len(first), low, high, kappa, reason)
    return _table(rows, ["n_repeats", "agreement", "low", "high", "kappa", "kappa_reason"])


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


def _difference(first: np.ndarray, second: np.ndarray, level: float, lacking: str) -> tuple[Any, ...]:
    """Return both shares, and their difference with Newcombe's interval and no reason.

    Where one has no trials what can't be told is NaN, and the reason is `lacking`.
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    shares = [float(each.mean()) if len(each) else np.nan for each in (first, second)]
    if not (len(first) and len(second)):
        return (*shares, np.nan, np.nan, np.nan, lacking)
    low, high = confint_proportions_2indep(
        first.sum(), len(first), second.sum(), len(second), method="newcomb", alpha=1 - level
    )
    return (*shares, shares[0] - shares[1], low, high, None)


def _table(rows: dict, columns: list[str]) -> pd.DataFrame:
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    counts = [name for name in columns if name.startswith("n_")]
    return table.astype(dict.fromkeys(counts, int)).rename_axis("observer")
