"""How much a mean error consistency varies with the items: observed, and as it depends on the true value.

With accuracies held fixed, κ varies the more the larger it is: joint errors are counted events, and an
item that several subjects fail on adds to many pairs at once.  A sample in which such items happen to be rare
shows too small a κ with too small an observed variance, so an interval from the observed variance alone
leaves the truth out too often.  `variance_path` says how the variance grows with κ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import sparse

from analysis.statistics import subject_model
from analysis.statistics.error_consistency import PairCounts
from analysis.statistics.subject_model import (
    CORRELATIONS,
    NODES,
    SubjectClasses,
    classes_of_subjects,
    kappa_of_model,
    one_group,
    working_models,
)

CHUNK = 2**22
"""Numbers in the largest array that is held at once: 32 MB."""
MOST_OPERATIONS = 2e10
"""Of the working model, which uses only the most frequent patterns of seen items beyond them."""


@dataclass(frozen=True)
class PairMean:
    """The mean κ over some pairs of subjects.

    Attributes
    ----------
    n_asked : ndarray of int, shape (n_subjects, n_subjects)
        Symmetric: how often each pair counts; 0 for pairs without κ.
    kappa : ndarray of float, shape (n_subjects, n_subjects)
    counts : PairCounts
    """

    n_asked: np.ndarray
    kappa: np.ndarray
    counts: PairCounts

    @cached_property
    def weights(self) -> np.ndarray:
        """Weight of each pair in either order; they add up to 1."""
        return self.n_asked / self.n_asked.sum()

    @cached_property
    def value(self) -> float:
        """The mean over pairs."""
        return float(np.nansum(self.kappa * self.weights))

    @cached_property
    def without_each(self) -> np.ndarray:
        """The mean over the pairs without each subject, shape (n_subjects,); NaN where no pair is left."""
        of_subject = np.nansum(self.kappa * self.n_asked, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (of_subject.sum() - 2 * of_subject) / self._n_left

    @cached_property
    def _n_left(self) -> np.ndarray:
        of_subject = self.n_asked.sum(axis=1)
        return of_subject.sum() - 2 * of_subject

    def influences(
        self, right: np.ndarray, seen: np.ndarray | None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield how far items move the mean, and the mean without each subject, for some items at a time.

        To first order the mean deviates from its true value by the sum of its items' influences, which are
        independent: they are the derivative of κ with respect to the share of items of a kind.

        Yields
        ------
        influence : ndarray of float, shape (n_items_at_once,)
        without_each : ndarray of float, shape (n_subjects, n_items_at_once)
            NaN where no pair is left.
        """
        n_common, n_right, n_both = self.counts
        used = self.n_asked > 0
        n = np.where(used, n_common, 1)
        first, both = n_right / n, n_both / n
        if len(used) > subject_model.SUBJECTS_APART and 10 * np.count_nonzero(used) < used.size:
            pairs = np.nonzero(used)
            some = influence_coefficients(first[pairs], first.T[pairs], both[pairs], np.True_)
            scaled = self.weights[pairs] / n[pairs]
            coefficients = [sparse.coo_array((scaled * each, pairs), used.shape).tocsr() for each in some]
        else:
            some = influence_coefficients(first, first.T, both, used)
            coefficients = [self.weights / n * each for each in some]
        product, linear, constant = coefficients
        at_once = max(1, CHUNK // len(right))
        for start in range(0, right.shape[1], at_once):
            x = right[:, start : start + at_once].astype(float)
            s = np.ones_like(x) if seen is None else seen[:, start : start + at_once].astype(float)
            # Of the pairs with each subject: products of answers, answers, and what is left.
            of_subject = 2 * x * (product @ x) + 2 * (x * (linear @ s) + s * (linear.T @ x))
            of_subject += 2 * s * (constant @ s)
            influence = of_subject.sum(axis=0) / 2
            with np.errstate(invalid="ignore", divide="ignore"):
                left = (influence - of_subject) / (self._n_left / self.n_asked.sum())[:, np.newaxis]
            yield influence, left


def influence_coefficients(
    first: np.ndarray, second: np.ndarray, both: np.ndarray, used: np.ndarray | np.bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Return the influence on κ of an item as a function of the two answers x, y.

    With κ = 1 − d/e, where :math:`d = a + b - 2c` is the share of items on which two subjects disagree and
    :math:`e = a + b - 2ab` what it is if they are independent,

    .. math:: \psi(x, y) = \frac{d - (x + y - 2xy)}{e} + \frac{d}{e^2} \bigl((x - a)(1 - 2b)
              + (y - b)(1 - 2a)\bigr).

    Returns
    -------
    product, linear, constant : ndarray of float, shape of `both`
        The coefficient of xy, that of x (that of y is its transpose), and the rest; 0 where not `used`.
    """
    expected = np.where(used, first + second - 2 * first * second, 1)
    ratio = (first + second - 2 * both) / expected
    product = 2 / expected
    linear = (ratio * (1 - 2 * second) - 1) / expected
    constant = ratio - ratio / expected * (first * (1 - 2 * second) + second * (1 - 2 * first))
    return np.where(used, product, 0), np.where(used, linear, 0), np.where(used, constant, 0)


def variance_path(
    mean: PairMean, right: np.ndarray, seen: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the variance over items that a mean κ has under a working model, for a series of true values.

    In the model an item has a standard normal difficulty u, and subject j is right on it with probability
    :math:`\Phi((z_j + \sqrt\rho\, u) / \sqrt{1 - \rho})`: on average over items with its observed accuracy
    :math:`\Phi(z_j)`, whatever ρ is.  Given u the subjects are independent, so the mean of the squared
    influence, a quadratic form in independent answers, has a closed form; u is integrated by quadrature.  κ
    grows with ρ, from 0.

    Where all pairs are between two groups, subjects of one group remain as dependent as they are, whatever
    the mean: each group has its own ρ, the one at which the model's mean κ within it is the observed one,
    and the two groups' difficulties are s u + √(1 − s²) w and u.  First s grows from 0 to 1, then both ρ.

    Parameters
    ----------
    mean : PairMean
    right, seen : ndarray of bool, shape (n_subjects, n_items)

    Returns
    -------
    kappa, variance : ndarray of float, shape (n_correlations,)
        The mean κ, ascending, and the variance of its estimate from so many items.
    """
    involved = np.flatnonzero(mean.n_asked.any(axis=1))
    # Of many subjects the matrices are large, and copying them would take as long as all the rest.
    between = ... if len(involved) == len(right) else np.ix_(involved, involved)
    weights, used = mean.weights[between], mean.n_asked[between] > 0
    scaled = weights / np.where(used, mean.counts.n_common[between], 1)
    n_items = right.shape[1]
    mask = np.ones((len(involved), n_items), bool) if seen is None else seen[involved]
    first = one_group(used)
    alike = classes_of_subjects(right[involved].sum(axis=1) / mask.sum(axis=1), first)
    patterns, counts = _patterns(mask)
    weighted = [_weighted(scaled, pattern, alike) for pattern in patterns.T.astype(float)]
    weights, used = alike.between(weights), alike.between(used) > 0
    path: list[tuple[float, float]] = []
    for p, probability in working_models(alike, first, mean.kappa[between]):
        a = (p @ probability)[:, np.newaxis]
        coefficients = influence_coefficients(a, a.T, (p * probability) @ p.T, used)
        variance = 0.0
        for pattern, n in zip(weighted, counts, strict=True):
            variance += n * _variance_of_form(pattern, coefficients, p, probability)
        path.append((float((weights * kappa_of_model(p, probability, used)).sum()), variance))
    values, variances = np.array(path, float).T
    return np.maximum.accumulate(values), variances * n_items / (n_items - 1)


class _Weights(NamedTuple):
    """Weights of pairs with subjects of each class, for each subject, or several of a class that are equal.

    Attributes
    ----------
    place : ndarray of int, shape (n_rows,)
        Class of the subjects.
    total, root : ndarray of float, shape (n_rows, n_classes)
        Sums of the weights, and roots of the sums of their squares.
    n_equal : ndarray of float, shape (n_rows, 1), or 1
        Number of such subjects.
    """

    place: np.ndarray
    total: np.ndarray
    root: np.ndarray
    n_equal: np.ndarray | int


def _weighted(weights: np.ndarray, pattern: np.ndarray, alike: SubjectClasses) -> _Weights:
    """Return the weights of pairs of which both saw an item."""
    of_pair = weights * np.outer(pattern, pattern)
    if alike.apart:
        return _Weights(alike.place, of_pair, of_pair, 1)
    rows = np.column_stack([alike.place, alike.add_up(of_pair), alike.add_up(of_pair * of_pair)])
    rows, n_equal = np.unique(rows, axis=0, return_counts=True)
    total, squares = np.split(rows[:, 1:], 2, axis=1)
    return _Weights(rows[:, 0].astype(int), total, np.sqrt(squares), n_equal[:, np.newaxis])


def _patterns(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which subjects saw an item, each combination once, and the number of items, rarest left out."""
    packed, counts = np.unique(np.packbits(mask, axis=0), axis=1, return_counts=True)
    patterns = np.unpackbits(packed, axis=0, count=len(mask)).astype(bool)
    n_kept = max(1, int(MOST_OPERATIONS / (len(mask) ** 2 * len(NODES) * len(CORRELATIONS))))
    kept = np.argsort(-counts, kind="stable")[:n_kept]
    return patterns[:, kept], counts[kept] * (counts.sum() / counts[kept].sum())


def _variance_of_form(
    weights: _Weights,
    coefficients: tuple[np.ndarray, np.ndarray, np.ndarray],
    p: np.ndarray,
    probability: np.ndarray,
) -> float:
    r"""Return the variance of :math:`x^T W x + v^T x + c`, of answers x independent given the difficulty.

    About their means p, with W symmetric and 0 on its diagonal, the form is
    :math:`m + g^T y + y^T W y` with :math:`g = 2Wp + v`, so that its variance given the difficulty is
    :math:`\sum_j q_j g_j^2 + 2 \sum_{jk} W_{jk}^2 q_j q_k` with :math:`q = p(1 - p)`.

    Parameters
    ----------
    weights : _Weights
    coefficients : tuple of ndarray of float, shape (n_classes, n_classes)
        As `influence_coefficients` returns them.
    p : ndarray of float, shape (n_classes, n_difficulties)
    probability : ndarray of float, shape (n_difficulties,)
    """
    product, linear, constant = (each[weights.place] for each in coefficients)
    v = 2 * (weights.total * linear).sum(axis=1)[:, np.newaxis]
    of_product = (weights.total * product) @ p
    q = p * (1 - p)
    of_squares = np.square(weights.root * product) @ q
    p, q = weights.n_equal * p[weights.place], weights.n_equal * q[weights.place]
    rest = (weights.n_equal * weights.total * constant).sum()
    mean = (p * of_product).sum(axis=0) + (v * p).sum(axis=0) + rest
    within = (q * (2 * of_product + v) ** 2).sum(axis=0) + 2 * (q * of_squares).sum(axis=0)
    return float(probability @ (within + mean**2) - (probability @ mean) ** 2)
