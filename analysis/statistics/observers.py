"""Single observers: side bias, change between halves, response times, agreement over repeated trials.

All intervals are for this observer on these items.  For other observers use `analysis.statistics.accuracy`
with the trials of all observers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.statistics.accuracy import wilson_interval
from analysis.statistics.error_consistency import error_consistency, why_undefined
from tricky.core.errors import InputError

Rows = dict[object, tuple[object, ...]]
"""Observer → the cells of its row."""
FEWEST_TIMES = 4
"""Of right and of wrong answers, for an interval: with two, Welch's 95% holds the ratio in 85% of cases."""


def side_bias(
    chose_left: ArrayLike, left_is_right: ArrayLike, observer: ArrayLike, level: float = 0.95
) -> pd.DataFrame:
    """Return each observer's side bias: accuracy where left is right minus accuracy where right is right.

    Without a preference the two accuracies are the same, whatever the observer's ability.  The share of left
    answers alone shows a preference only where left and right are equally often right.  Newcombe's
    interval [1]_.

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
    rows: Rows = {}
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
        `change` (second minus first), `low`, `high`, `reason` (why something is missing: a single trial).

    Raises
    ------
    InputError
        The arrays differ in length.
    """
    rows: Rows = {}
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
    rows: Rows = {}
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
    import statsmodels.stats.weightstats as weightstats  # pyright: ignore[reportMissingTypeStubs]

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
    samples = weightstats.DescrStatsW(wrong), weightstats.DescrStatsW(right)
    compared: Any = weightstats.CompareMeans(*samples)
    low, high = np.exp(compared.tconfint_diff(1 - level, usevar="unequal")).tolist()
    return ratio, low, high, None


def repeat_agreement(
    first_correct: ArrayLike, second_correct: ArrayLike, observer: ArrayLike, level: float = 0.95
) -> pd.DataFrame:
    """Return how often each observer answered a repeated trial as it did the first time.

    The share has Wilson's interval.  The error consistency of the observer with itself is the agreement
    beyond what accuracy explains; apart from chance, it limits the consistency with others.

    Parameters
    ----------
    first_correct, second_correct : array_like of bool, shape (n_repeats,)
        Whether the answer was right, the first time and when the trial was repeated.
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
    rows: Rows = {}
    for name, (first, second) in _by_observer(
        observer, np.asarray(first_correct, bool), np.asarray(second_correct, bool)
    ):
        same = int((first == second).sum())
        low, high = (float(limit) for limit in wilson_interval(same, len(first), level))
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
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(names) + 1))
    for name, start, stop in zip(names, starts[:-1], starts[1:], strict=True):
        yield name, [array[order[start:stop]] for array in arrays]


def _difference(first: np.ndarray, second: np.ndarray, level: float, lacking: str) -> tuple[Any, ...]:
    """Return both shares, and their difference with Newcombe's interval and no reason.

    Where one has no trials, what is undefined is NaN, and the reason is `lacking`.
    """
    import statsmodels.stats.proportion as proportion  # pyright: ignore[reportMissingTypeStubs]

    shares = [float(each.mean()) if len(each) else np.nan for each in (first, second)]
    if not (len(first) and len(second)):
        return (*shares, np.nan, np.nan, np.nan, lacking)
    library: Any = proportion
    limits = library.confint_proportions_2indep(
        first.sum(), len(first), second.sum(), len(second), method="newcomb", alpha=1 - level
    )
    return (*shares, shares[0] - shares[1], float(limits[0]), float(limits[1]), None)


def _table(rows: Rows, columns: list[str]) -> pd.DataFrame:
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    counts = [name for name in columns if name.startswith("n_")]
    return table.astype(dict.fromkeys(counts, int)).rename_axis("observer")
