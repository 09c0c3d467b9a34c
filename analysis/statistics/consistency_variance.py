"""How much a mean error consistency varies with the items: observed, and as it depends on the true value.

With accuracies held fixed, κ varies the more the larger it is: joint errors are counted events, and an
item that several subjects fail on adds to many pairs at once.  A sample in which such items happen to be rare
shows too small a κ with too small an observed variance, so an interval from the observed variance alone
leaves the truth out too often.  `variance_path` says how the variance grows with κ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from scipy import special

from analysis.statistics.error_consistency import PairCounts
from analysis.statistics.quadrature import normal_quadrature

NODES, WEIGHTS = normal_quadrature(41)
CORRELATIONS = np.concatenate([np.linspace(0, 0.9, 31), [0.94, 0.97, 0.985, 1.0]])
"""Of subjects' difficulties in the working model, from independent answers to the same order of items."""
SHARED = np.linspace(0, 1, 16)
"""How much of one group's difficulty the other group has too, where a mean is over pairs between groups."""
GROUP_NODES, GROUP_WEIGHTS = normal_quadrature(9)
LARGEST_CORRELATION = 0.97
"""Within a group; above it the model's probabilities are steps that the quadrature does not resolve."""
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

    @property
    def value(self) -> float:
        """The mean over pairs."""
        return float(np.nansum(self.kappa * self.weights))

    @property
    def without_each(self) -> np.ndarray:
        """The mean over the pairs without each subject, shape (n_subjects,); NaN where no pair is left."""
        total = np.nansum(self.kappa * self.n_asked)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (total - 2 * np.nansum(self.kappa * self.n_asked, axis=1)) / self._n_left

    @property
    def _n_left(self) -> np.ndarray:
        return self.n_asked.sum() - 2 * self.n_asked.sum(axis=1)

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
        coefficients = _influence_coefficients(first, first.T, both, used)
        product, linear, constant = (self.weights / n * each for each in coefficients)
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


def _influence_coefficients(
    first: np.ndarray, second: np.ndarray, both: np.ndarray, used: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Return the influence on κ of an item as a function of the two answers x, y.

    With κ = 1 − d/e, where :math:`d = a + b - 2c` is the share of items on which two subjects disagree and
    :math:`e = a + b - 2ab` what it is if they are independent,

    .. math:: \psi(x, y) = \frac{d - (x + y - 2xy)}{e} + \frac{d}{e^2} \bigl((x - a)(1 - 2b)
              + (y - b)(1 - 2a)\bigr).

    Returns
    -------
    product, linear, constant : ndarray of float, shape (n_subjects, n_subjects)
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
    between = np.ix_(involved, involved)
    weights, used = mean.weights[between], mean.n_asked[between] > 0
    scaled = weights / np.where(used, mean.counts.n_common[between], 1)
    n_items = right.shape[1]
    mask = np.ones((len(involved), n_items), bool) if seen is None else seen[involved]
    accuracy = right[involved].sum(axis=1) / mask.sum(axis=1)
    patterns, counts = _patterns(mask)
    threshold = cast("np.ndarray", special.ndtri(accuracy))[:, np.newaxis]
    path: list[tuple[float, float]] = []
    for p, probability in _working_models(threshold, used, mean.kappa[between]):
        a = (p @ probability)[:, np.newaxis]
        product, linear, constant = _influence_coefficients(a, a.T, (p * probability) @ p.T, used)
        variance = 0.0
        for pattern, n in zip(patterns.T.astype(float), counts, strict=True):
            of_pair = scaled * np.outer(pattern, pattern)
            form = of_pair * product, of_pair * linear, of_pair * constant
            variance += n * _variance_of_form(*form, p, probability)
        path.append((float((weights * _kappa_of_model(p, probability, used)).sum()), variance))
    values, variances = np.array(path, float).T
    return np.maximum.accumulate(values), variances * n_items / (n_items - 1)


def _kappa_of_model(p: np.ndarray, probability: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Return the κ of every two subjects in the model, where `used`."""
    a, both = (p @ probability)[:, np.newaxis], (p * probability) @ p.T
    return 1 - (a + a.T - 2 * both) / np.where(used, a + a.T - 2 * a * a.T, 1)


def _working_models(
    threshold: np.ndarray, used: np.ndarray, kappa: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield probabilities of right answers, subjects × difficulties, and those of difficulties; κ grows."""
    first = _one_group(used)
    if first is None or len(used) == 2:
        yield from (_right_by_difficulty(threshold, correlation) for correlation in CORRELATIONS)
        return
    within = [_correlation_within(threshold[each], kappa[np.ix_(each, each)]) for each in (first, ~first)]
    steps = [(shared, 0.0) for shared in SHARED] + [(1.0, more) for more in SHARED[1:-1]]
    for shared, more in steps:
        yield _right_by_group(threshold, first, shared, [rho + more * (1 - rho) for rho in within])
    yield _right_by_difficulty(threshold, 1.0)


def _one_group(used: np.ndarray) -> np.ndarray | None:
    """Return who belongs to the smaller of two groups that all pairs are between; None if there are none."""
    first = ~used[0]  # those that have no pair with the first subject
    if used[first[:, np.newaxis] == first].any():
        return None
    return first if 2 * first.sum() <= len(first) else ~first


def _correlation_within(threshold: np.ndarray, kappa: np.ndarray) -> float:
    """Return the correlation of difficulties at which the mean κ within a group is the observed one."""
    defined: np.ndarray = np.isfinite(kappa) & ~np.eye(len(kappa), dtype=bool)
    if not defined.any():  # as of one subject, whose difficulties are its own
        return 1.0
    models = (_right_by_difficulty(threshold, each) for each in CORRELATIONS[:-1])
    means = [float(_kappa_of_model(*model, defined)[defined].mean()) for model in models]
    rising = np.maximum.accumulate(means)
    return float(np.interp(float(kappa[defined].mean()), rising, CORRELATIONS[:-1]))


def _right_by_group(
    threshold: np.ndarray, first: np.ndarray, shared: float, correlations: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the same as `_right_by_difficulty` for two groups that share a part of their difficulties."""
    alone = first.sum() == 1  # what one subject does not share is noise, and needs no integral
    u, w = np.meshgrid(NODES, 0.0 if alone else GROUP_NODES, indexing="ij")
    probability = np.outer(WEIGHTS, 1.0 if alone else GROUP_WEIGHTS).ravel()
    rho, rho_other = (min(each, LARGEST_CORRELATION) for each in correlations)
    own = shared * u + np.sqrt(1 - shared**2) * w
    noise = 1 - rho * (shared**2 if alone else 1)
    p = np.empty((len(threshold), u.size))
    p[first] = special.ndtr((threshold[first] + np.sqrt(rho) * own.ravel()) / np.sqrt(noise))
    p[~first] = special.ndtr((threshold[~first] + np.sqrt(rho_other) * u.ravel()) / np.sqrt(1 - rho_other))
    return p, probability


def _right_by_difficulty(threshold: np.ndarray, correlation: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of a right answer, subjects × difficulties, and that of each difficulty."""
    if correlation < 1:
        z = (threshold + np.sqrt(correlation) * NODES) / np.sqrt(1 - correlation)
        return cast("np.ndarray", special.ndtr(z)), WEIGHTS
    # An item is right for all subjects above its difficulty: between two thresholds nothing changes.
    steps = np.sort(-threshold.ravel())
    edges = np.concatenate([[0.0], special.ndtr(steps), [1.0]])
    inside = np.concatenate([[steps[0] - 1], (steps[1:] + steps[:-1]) / 2, [steps[-1] + 1]])
    return (threshold + inside > 0).astype(float), np.diff(edges)


def _patterns(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which subjects saw an item, each combination once, and the number of items, rarest left out."""
    packed, counts = np.unique(np.packbits(mask, axis=0), axis=1, return_counts=True)
    patterns = np.unpackbits(packed, axis=0, count=len(mask)).astype(bool)
    n_kept = max(1, int(MOST_OPERATIONS / (len(mask) ** 2 * len(NODES) * len(CORRELATIONS))))
    kept = np.argsort(-counts, kind="stable")[:n_kept]
    return patterns[:, kept], counts[kept] * (counts.sum() / counts[kept].sum())


def _variance_of_form(
    product: np.ndarray, linear: np.ndarray, constant: np.ndarray, p: np.ndarray, probability: np.ndarray
) -> float:
    r"""Return the variance of :math:`x^T W x + v^T x + c`, of answers x independent given the difficulty.

    About their means p, with W symmetric and 0 on its diagonal, the form is
    :math:`m + g^T y + y^T W y` with :math:`g = 2Wp + v`, so that its variance given the difficulty is
    :math:`\sum_j q_j g_j^2 + 2 \sum_{jk} W_{jk}^2 q_j q_k` with :math:`q = p(1 - p)`.
    """
    v = 2 * linear.sum(axis=1)[:, np.newaxis]
    of_product = product @ p
    q = p * (1 - p)
    mean = (p * of_product).sum(axis=0) + (v * p).sum(axis=0) + constant.sum()
    within = (q * (2 * of_product + v) ** 2).sum(axis=0) + 2 * (q * ((product * product) @ q)).sum(axis=0)
    return float(probability @ (within + mean**2) - (probability @ mean) ** 2)
