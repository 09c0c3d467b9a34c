"""Error consistency: do two subjects err on the same items more often than their accuracies explain?

A subject is an observer or a model.  Everything about a pair follows from four counts of items, and the
counts of all pairs follow from matrix products.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tricky.core.errors import InputError


class PairCounts(NamedTuple):
    """What κ follows from, for every pair of subjects; each of shape (n_subjects, n_subjects).

    Attributes
    ----------
    n_common : ndarray of float
        Items that both saw.
    n_right : ndarray of float
        In row j and column k, the items that j was right on, of those that both saw.
    n_both_right : ndarray of float
        Items that both were right on.
    """

    n_common: np.ndarray
    n_right: np.ndarray
    n_both_right: np.ndarray


@dataclass(frozen=True)
class ConsistencySummary:
    """The error consistencies of all pairs of subjects, each pair once.

    Attributes
    ----------
    mean, sd, low, high : float
        Mean, standard deviation (n − 1), smallest and largest κ; NaN where too few pairs have one.
    n_pairs : int
        Number of pairs whose κ is defined.
    n_undefined : int
        Number of pairs without one.
    """

    mean: float
    sd: float
    low: float
    high: float
    n_pairs: int
    n_undefined: int


def error_consistency(correct: ArrayLike, observed: ArrayLike | None = None) -> np.ndarray:
    r"""Return the error consistency κ of every pair of subjects.

    κ is Cohen's kappa of being right [1]_: agreement beyond what two independent subjects of the same
    accuracies show,

    .. math:: \kappa = \frac{c_{obs} - c_{exp}}{1 - c_{exp}}, \qquad
              c_{exp} = a_1 a_2 + (1 - a_1)(1 - a_2),

    where :math:`c_{obs}` is the share of items on which both are right or both wrong, and the accuracies
    :math:`a_1, a_2` are taken over the items that both saw. Its sign is kept: below 0, subjects err on
    different items.

    Parameters
    ----------
    correct : array_like of bool, shape (n_subjects, n_items)
        Whether each subject (an observer, a model) was right on each item.
    observed : array_like of bool, shape (n_subjects, n_items), optional
        Whether each subject saw the item at all; where not, `correct` is ignored. Default: all saw all.

    Returns
    -------
    ndarray of float, shape (n_subjects, n_subjects)
        Symmetric; 1 on the diagonal where it is defined. NaN where κ is undefined, for the reason that
        `why_undefined` gives: one of the two was right on every common item, or wrong on every one, since
        the agreement that is observed is then the agreement that is expected, whatever the other does; or no
        item is common.

    Raises
    ------
    InputError
        `correct` is not a two-dimensional array of bools, or `observed` is not one of the same shape.

    References
    ----------
    .. [1] Geirhos, R., Meding, K., & Wichmann, F. A. (2020). Beyond accuracy: quantifying trial-by-trial
       behaviour of CNNs and humans by measuring error consistency. NeurIPS 33, 13890–13902, eqs. 1 and 3.
    """
    n_common, n_right, n_both_right = count_pairs(correct, observed)
    return kappa_of(n_common, n_right, n_right.T, n_both_right)


def kappa_of(
    n_common: np.ndarray, n_right: np.ndarray, n_other_right: np.ndarray, n_both_right: np.ndarray
) -> np.ndarray:
    """Return κ from counts of items, NaN where it is undefined.

    Parameters
    ----------
    n_common, n_right, n_other_right, n_both_right : ndarray of float
        Items that both subjects saw; of these, those that the one, the other and both were right on. Of
        shapes that broadcast to that of the last.
    """
    # κ with numerator and denominator times n_common², so that whole numbers decide whether it is defined.
    varies = (n_right * (n_common - n_right) > 0) & (n_other_right * (n_common - n_other_right) > 0)
    both_by_chance = n_right * n_other_right
    expected_apart = n_common * (n_right + n_other_right) - 2 * both_by_chance
    kappa = np.full(varies.shape, np.nan)
    np.divide(2 * (n_common * n_both_right - both_by_chance), expected_apart, out=kappa, where=varies)
    return kappa


def why_undefined(correct: ArrayLike, observed: ArrayLike | None = None) -> np.ndarray:
    """Say for every pair of subjects why κ is undefined.

    Parameters
    ----------
    correct, observed : array_like of bool, shape (n_subjects, n_items)
        As for `error_consistency`.

    Returns
    -------
    ndarray of str, shape (n_subjects, n_subjects)
        The reason, in words; empty where κ is defined.

    Raises
    ------
    InputError
        As `error_consistency`.
    """
    n_common, n_right, _ = count_pairs(correct, observed)
    always, never = n_right == n_common, n_right == 0
    return np.select(
        [
            n_common == 0,
            (always & always.T) | (never & never.T),
            (always & never.T) | (never & always.T),
            always | always.T,
            never | never.T,
        ],
        [
            "no item in common",
            "both give the same answer to every common item, so agreement expected by chance is 1",
            "one is right on every common item, the other on none",
            "one is right on every common item, so agreement is what chance gives, whatever the other does",
            "one is right on no common item, so agreement is what chance gives, whatever the other does",
        ],
        default="",
    )


def summarise_pairs(kappa: np.ndarray) -> ConsistencySummary:
    """Summarise a matrix of `error_consistency` over pairs of different subjects, shape (n, n)."""
    pairs = kappa[np.triu_indices(len(kappa), k=1)]
    defined = pairs[~np.isnan(pairs)]
    n_undefined = len(pairs) - len(defined)
    if len(defined) == 0:
        return ConsistencySummary(np.nan, np.nan, np.nan, np.nan, 0, n_undefined)
    sd = float(defined.std(ddof=1)) if len(defined) > 1 else np.nan
    return ConsistencySummary(
        float(defined.mean()), sd, float(defined.min()), float(defined.max()), len(defined), n_undefined
    )


def kappa_bounds(first_accuracy: ArrayLike, second_accuracy: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the smallest and the largest κ that two subjects of these accuracies can have.

    They agree on at least :math:`|a_1 + a_2 - 1|` and at most :math:`1 - |a_1 - a_2|` of items [1]_: κ is 1
    only for equal accuracies, and −1 only where the two add up to 1 and are both one half.

    Parameters
    ----------
    first_accuracy, second_accuracy : array_like of float, in [0, 1]

    Returns
    -------
    smallest, largest : ndarray of float
        NaN where an accuracy is 0 or 1, as κ is undefined there.

    References
    ----------
    .. [1] Geirhos, R., Meding, K., & Wichmann, F. A. (2020). Beyond accuracy: quantifying trial-by-trial
       behaviour of CNNs and humans by measuring error consistency. NeurIPS 33, 13890–13902, appendix.
    """
    a, b = np.asarray(first_accuracy, dtype=float), np.asarray(second_accuracy, dtype=float)
    disagree = np.where((a * (1 - a) > 0) & (b * (1 - b) > 0), a * (1 - b) + b * (1 - a), np.nan)
    return 1 - (1 - np.abs(a + b - 1)) / disagree, 1 - np.abs(a - b) / disagree


def less_biased_kappa(kappa: ArrayLike, n_items: ArrayLike) -> np.ndarray:
    r"""Return the estimate :math:`n \kappa / ((n - 1) + \kappa)` of κ from n items, which is less biased.

    κ is 1 minus the share of items that two subjects disagree on, divided by the share expected if they were
    independent.  The estimate of the latter from their accuracies is biased, as both come from the same
    items; taken over all pairs of two *different* items it is not, and this follows [1]_.  The change is of
    the order 1/n: where it matters, the interval matters more.

    Parameters
    ----------
    kappa : array_like of float
    n_items : array_like of int
        Items that both subjects saw.

    References
    ----------
    .. [1] Klein, T., Meyen, S., Brendel, W., Wichmann, F. A., & Meding, K. (2025). Quantifying uncertainty in
       error consistency: towards reliable behavioral comparison of classifiers. NeurIPS (arXiv:2507.06645).
    """
    k, n = np.asarray(kappa, dtype=float), np.asarray(n_items, dtype=float)
    return n * k / (n - 1 + k)


def count_pairs(correct: ArrayLike, observed: ArrayLike | None = None) -> PairCounts:
    """Count, for every pair of subjects, the items that both saw, that one and that both were right on.

    Parameters
    ----------
    correct, observed : array_like of bool, shape (n_subjects, n_items)
        As for `error_consistency`.

    Raises
    ------
    InputError
        As `error_consistency`.
    """
    right, seen = as_answers(correct, observed)
    # Below 2**24 whole numbers are exact in float32.
    dtype = np.float32 if right.shape[1] < 2**24 else np.float64
    x = right.astype(dtype)
    if seen is None:
        n_both = (x @ x.T).astype(float)
        n_common = np.full(n_both.shape, float(right.shape[1]))
        return PairCounts(n_common, np.broadcast_to(np.diag(n_both)[:, np.newaxis], n_both.shape), n_both)
    s = seen.astype(dtype)
    return PairCounts((s @ s.T).astype(float), (x @ s.T).astype(float), (x @ x.T).astype(float))


def as_answers(correct: ArrayLike, observed: ArrayLike | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Return both as arrays of bool, `correct` false where nothing was seen, having refused anything else."""
    right = _as_bool(correct, "correct")
    if observed is None:
        return right, None
    seen = _as_bool(observed, "observed")
    if seen.shape != right.shape:
        raise InputError(f"observed has shape {seen.shape}, correct {right.shape}; they must be the same")
    return right & seen, seen


def _as_bool(values: ArrayLike, name: str) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != 2 or array.dtype != bool:
        raise InputError(
            f"{name} is {array.dtype} with {array.ndim} dimension(s); pass bools, subjects × items, "
            "with what a subject did not see in `observed`"
        )
    return array
