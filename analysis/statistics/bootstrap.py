"""The observer × item bootstrap of accuracy and of differences in accuracy."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.statistics.accuracy import Answers, answered
from analysis.statistics.estimate import Estimate, at_least_two, check_level
from tricky.core.errors import InputError

N_RESAMPLES = 10_000
CHUNK = 2**24
"""Numbers in the largest array that is held at once: 64 MB in float32."""


def bootstrap_accuracy(
    correct: Answers,
    observer: ArrayLike,
    item: ArrayLike,
    rng: np.random.Generator,
    *,
    is_second: ArrayLike | None = None,
    level: float = 0.95,
    n_resamples: int = N_RESAMPLES,
) -> Estimate:
    r"""Return the proportion correct, or a difference, with the interval of the observer × item bootstrap.

    Observers and items are resampled with replacement, independently of each other.  The weight of a trial is
    the number of times that its observer was drawn multiplied by the number of times that its item was drawn
    (pigeonhole bootstrap [1]_).  The limits are percentiles.

    It is a check on `population_accuracy` and `accuracy_difference`, which rest on other assumptions.  It
    counts the variance of single answers up to three times [1]_, so it is too wide where observers and items
    hardly differ.

    Parameters
    ----------
    correct : array_like of bool, shape (n_trials,)
        Whether the answer was right; missing values (NA, NaN, None) are left out.
    observer, item : array_like, shape (n_trials,)
        Who answered, and to what.
    rng : Generator
    is_second : array_like of bool, shape (n_trials,), optional
        Whether the trial belongs to the second of two conditions or groups; then it is about the difference,
        second minus first.
    level : float
        Coverage, between 0 and 1.
    n_resamples : int

    Raises
    ------
    InputError
        As `population_accuracy`, or one of two conditions has no trial.

    References
    ----------
    .. [1] Owen, A. B. (2007). The pigeonhole bootstrap. Annals of Applied Statistics, 1(2), 386–411.
    """
    check_level(level)
    second = np.zeros(np.shape(observer), bool) if is_second is None else np.asarray(is_second, dtype=bool)
    answers, [(observers, _), (items, _), (sides, names)] = answered(correct, observer, item, second)
    if is_second is not None and len(names) < 2:
        raise InputError("all trials belong to one condition; a difference needs two")
    shape = int(observers.max()) + 1, int(items.max()) + 1
    cells = observers * shape[1] + items
    n_right: list[np.ndarray] = []
    n_trials: list[np.ndarray] = []
    for side in range(len(names)):
        mine = sides == side
        for counted, weights in ((n_trials, None), (n_right, answers[mine])):
            counts = np.bincount(cells[mine], weights, minlength=shape[0] * shape[1])
            counted.append(counts.reshape(shape).astype(np.float32))
    means = [right.sum(dtype=float) / n.sum(dtype=float) for right, n in zip(n_right, n_trials, strict=True)]
    estimate = float(means[-1] - means[0]) if is_second is not None else float(means[0])
    if min(shape) < 2:
        lacking = "observer" if shape[0] < 2 else "item"
        return Estimate(estimate, np.nan, np.nan, level, None, reason=at_least_two(lacking))

    drawn = np.empty(n_resamples)
    n_at_once = max(1, CHUNK // sum(shape))
    for start in range(0, n_resamples, n_at_once):
        n = min(n_at_once, n_resamples - start)
        of_observers, of_items = (
            rng.multinomial(size, np.full(size, 1 / size), size=n).astype(np.float32) for size in shape
        )
        # A draw without any trial of a condition has no share there, and is left out.
        with np.errstate(invalid="ignore"):
            shares = [
                _weighted(of_observers, right, of_items) / _weighted(of_observers, total, of_items)
                for right, total in zip(n_right, n_trials, strict=True)
            ]
        drawn[start : start + n] = shares[-1] - shares[0] if is_second is not None else shares[0]
    if np.nanmax(drawn) == np.nanmin(drawn):
        why = "every resample gives the same value"
        return Estimate(estimate, np.nan, np.nan, level, None, reason=why)
    low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    method = "observer × item bootstrap, percentiles"
    return Estimate(estimate, float(low), float(high), level, method)


def _weighted(of_observers: np.ndarray, values: np.ndarray, of_items: np.ndarray) -> np.ndarray:
    """Return, for each draw, the sum over cells of value × times observer drawn × times item drawn."""
    return np.einsum("bi,bi->b", of_observers @ values, of_items, dtype=float)
