"""The interval of the error consistency of every pair of subjects, for many pairs at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

from analysis.statistics.consistency_variance import influence_coefficients
from analysis.statistics.error_consistency import kappa_bounds, kappa_of

N_STEPS = 32
"""From the estimate to the largest or the smallest κ; a limit lies in the first at whose end κ is outside."""
N_HALVINGS = 40


class PairTable(NamedTuple):
    """Items of pairs of subjects; each of shape (n_pairs,).

    Attributes
    ----------
    n_common, n_first, n_second, n_both : ndarray of float
        Items that both saw; of these, those that the first, the second and both were right on.
    """

    n_common: np.ndarray
    n_first: np.ndarray
    n_second: np.ndarray
    n_both: np.ndarray


def pair_limits(pairs: PairTable, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the limits of κ of each pair, for these subjects and other items.

    It is the score interval of `measure_consistency`, of each pair by itself: the values of κ from which the
    estimate lies no more than z standard errors away, with the standard error at that κ.  For a single pair
    this standard error has a closed form, the mean square of the influence of the four kinds of items under
    the observed accuracies and that κ, which is the large-sample variance of Cohen's kappa with margins held
    fixed [1]_; so a million pairs take seconds.

    Parameters
    ----------
    pairs : PairTable
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    low, high : ndarray of float, shape (n_pairs,)
        NaN where κ is undefined.

    References
    ----------
    .. [1] Fleiss, J. L., Cohen, J., & Everitt, B. S. (1969). Large sample standard errors of kappa and
       weighted kappa. Psychological Bulletin, 72(5), 323–327.
    """
    # Many pairs have the same counts.
    different, place = np.unique(np.stack(pairs, axis=1), axis=0, return_inverse=True)
    limits = _limits(PairTable(*different.T.astype(float)), float(stats.norm.ppf((1 + level) / 2)))
    return limits[0][place], limits[1][place]


def _limits(pairs: PairTable, z: float) -> np.ndarray:
    estimate = kappa_of(*pairs)
    defined = ~np.isnan(estimate)
    pairs = PairTable(*(each[defined] for each in pairs))
    kappa = estimate[defined]
    # Below 0 the working model, in which items differ in difficulty, has no variance of its own.
    a, b = pairs.n_first / pairs.n_common, pairs.n_second / pairs.n_common
    largest = kappa_bounds(a, b)[1]
    at_estimate = _variance(np.minimum(kappa, largest), pairs)
    expected = _variance(np.clip(kappa, 0, largest), pairs)
    factor = np.maximum(1, np.divide(at_estimate, expected, out=np.ones_like(kappa), where=expected > 0))

    def is_outside(value: np.ndarray) -> np.ndarray:
        variance = factor * _variance(np.clip(value, 0, largest), pairs)
        return (value - kappa) ** 2 >= z**2 * variance

    limits = np.full((2, len(estimate)), np.nan)
    for row, end in enumerate((-1.0, 1.0)):
        inside, outside = np.zeros_like(kappa), np.ones_like(kappa)  # as parts of the way to the end
        found = np.zeros(len(kappa), bool)
        for step in range(1, N_STEPS + 1):
            part = step / N_STEPS
            now = ~found & is_outside(kappa + part * (end - kappa))
            outside[now] = part
            found |= now
            inside[~found] = part
        for _ in range(N_HALVINGS):
            middle = (inside + outside) / 2
            beyond = is_outside(kappa + middle * (end - kappa))
            outside, inside = np.where(beyond, middle, outside), np.where(beyond, inside, middle)
        limits[row, defined] = kappa + outside * (end - kappa)
    return limits


def _variance(kappa: np.ndarray, pairs: PairTable) -> np.ndarray:
    """Return the variance of the estimate if κ is this and the accuracies are those observed."""
    a, b = pairs.n_first / pairs.n_common, pairs.n_second / pairs.n_common
    both = a * b + kappa * (a + b - 2 * a * b) / 2
    product, of_first, rest = influence_coefficients(a, b, both, np.True_)
    of_second = influence_coefficients(b, a, both, np.True_)[1]
    mean_square = (
        both * (product + of_first + of_second + rest) ** 2
        + (a - both) * (of_first + rest) ** 2
        + (b - both) * (of_second + rest) ** 2
        + (1 - a - b + both) * rest**2
    )
    return np.maximum(mean_square, 0) / (pairs.n_common - 1)
