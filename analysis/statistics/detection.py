"""Signal detection: sensitivity d′ and criterion of each observer."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from tricky.core.errors import InputError

Task = Literal["2afc", "single"]
"""Two items side by side, of which one is chosen; or one item, about which one says yes or no."""


def d_prime(hit_rate: ArrayLike, false_alarm_rate: ArrayLike, task: Task) -> np.ndarray:
    r"""Return the sensitivity d′.

    :math:`z(H) - z(F)` for single items, and that over :math:`\sqrt 2` in a choice between two, where each
    trial brings the difference of two observations [1]_.

    Parameters
    ----------
    hit_rate, false_alarm_rate : array_like of float, in [0, 1]
        Shares of yes where the answer is yes, and where it is no.  In a choice between two sides: of left
        where the left item is the one asked for, and where the right one is.
    task : {"2afc", "single"}

    Returns
    -------
    ndarray of float
        Infinite for rates of 0 or 1 (`observer_detection` corrects them).

    References
    ----------
    .. [1] Macmillan, N. A., & Creelman, C. D. (2005). Detection theory: a user's guide (2nd ed.). Erlbaum,
       eqs. 1.5 and 7.2.
    """
    return (_z(hit_rate) - _z(false_alarm_rate)) / _units(task)


def criterion(hit_rate: ArrayLike, false_alarm_rate: ArrayLike) -> np.ndarray:
    r"""Return the criterion :math:`c = -(z(H) + z(F)) / 2`.

    Above 0 the observer prefers no (in a choice between two sides: right), below 0 yes (left); Macmillan &
    Creelman (2005), eq. 2.1.

    Parameters
    ----------
    hit_rate, false_alarm_rate : array_like of float, in [0, 1]
        As for `d_prime`.
    """
    return -(_z(hit_rate) + _z(false_alarm_rate)) / 2


def observer_detection(
    answered_yes: ArrayLike, is_yes: ArrayLike, observer: ArrayLike, task: Task, level: float = 0.95
) -> pd.DataFrame:
    r"""Return each observer's d′ and criterion, with intervals for this observer and these items.

    Half a trial is added to the number of hits and of false alarms, and one trial to what they are out of, in
    every cell (log-linear correction [1]_), so that neither is ever infinite.  The limits of a rate are the
    quantiles of Jeffreys' beta distribution, whose mean is the corrected rate; those of a difference or a sum
    of two z-scores are as far from it as the root of the sum of both squared distances [2]_,

    .. math:: d'_{low} = d' - \sqrt{(z(H) - z(H_{low}))^2 + (z(F_{high}) - z(F))^2}.

    Near 0 and 1 a z-score varies much more to the outside than to the inside: intervals from its
    large-sample variance hold the d' of observers without many errors in 91% of cases only.

    Parameters
    ----------
    answered_yes : array_like of bool, shape (n_trials,)
        Whether the observer said yes; in a choice between two sides, chose the left one.
    is_yes : array_like of bool, shape (n_trials,)
        Whether yes (left) was right.
    observer : array_like, shape (n_trials,)
        Who answered.
    task : {"2afc", "single"}
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    DataFrame, one row an observer, index `observer`
        `n_yes`, `n_no` (trials where yes and where no is right), `hit_rate`, `false_alarm_rate` (as counted),
        `d_prime`, `d_prime_low`, `d_prime_high`, `criterion`, `criterion_low`, `criterion_high`, and, where
        an observer had no trial of one kind and these are NaN, `d_prime_reason` and `criterion_reason`.

    Raises
    ------
    InputError
        The arrays differ in length.

    References
    ----------
    .. [1] Hautus, M. J. (1995). Corrections for extreme proportions and their biasing effects on estimated
       values of d′. Behavior Research Methods, Instruments, & Computers, 27(1), 46–51.
    .. [2] Zou, G. Y., & Donner, A. (2008). Construction of confidence limits about effect measures: a general
       approach. Statistics in Medicine, 27(10), 1693–1702.
    """
    said, truth, who = np.asarray(answered_yes, bool), np.asarray(is_yes, bool), np.asarray(observer)
    if not len(said) == len(truth) == len(who):
        raise InputError(
            f"{len(said)} answers, {len(truth)} right answers and {len(who)} observers; give one a trial"
        )
    counts = (
        pd.DataFrame({"observer": who, "n_yes": truth, "n_no": ~truth, "hits": said & truth})
        .assign(false_alarms=said & ~truth)
        .groupby("observer", observed=True)
        .sum()
        .astype(int)
    )
    n = counts[["n_yes", "n_no"]].to_numpy(float)
    yes = counts[["hits", "false_alarms"]].to_numpy(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = yes / n
    rate = np.where(n.min(axis=1, keepdims=True) > 0, (yes + 0.5) / (n + 1), np.nan)
    z = _z(rate)
    # How far the z-scores of hits and of false alarms may lie below and above.
    below, above = (
        np.abs(z - _z(stats.beta.ppf(tail, yes + 0.5, n - yes + 0.5)))
        for tail in ((1 - level) / 2, (1 + level) / 2)
    )
    d, c = d_prime(rate[:, 0], rate[:, 1], task), criterion(rate[:, 0], rate[:, 1])
    reason = np.full(len(n), None, dtype=object)
    reason[n.min(axis=1) == 0] = "only one of the two answers was ever right"
    return counts[["n_yes", "n_no"]].assign(
        hit_rate=raw[:, 0],
        false_alarm_rate=raw[:, 1],
        d_prime=d,
        d_prime_low=d - np.hypot(below[:, 0], above[:, 1]) / _units(task),
        d_prime_high=d + np.hypot(above[:, 0], below[:, 1]) / _units(task),
        criterion=c,
        criterion_low=c - np.hypot(above[:, 0], above[:, 1]) / 2,
        criterion_high=c + np.hypot(below[:, 0], below[:, 1]) / 2,
        d_prime_reason=reason,
        criterion_reason=reason,
    )


def _z(rate: ArrayLike) -> np.ndarray:
    """Return the quantiles of the standard normal distribution."""
    return np.asarray(stats.norm.ppf(np.asarray(rate, float)))


def _units(task: Task) -> float:
    if task not in ("2afc", "single"):
        raise InputError(f"task is {task!r}; write 2afc or single")
    return float(np.sqrt(2)) if task == "2afc" else 1.0
