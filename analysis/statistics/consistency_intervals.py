"""Intervals of error consistency: of one pair, of a mean over pairs, and of a difference between two means.

A value varies with the items that were sampled, and, where it is about other subjects as well, with the
subjects.  Items are independent: all subjects' answers to an item count together, so that pairs that share
subjects or items count as the dependent values that they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.statistics.clusters import root_between
from analysis.statistics.consistency_variance import PairMean, variance_path
from analysis.statistics.error_consistency import PairCounts, as_answers, count_pairs, kappa_of
from analysis.statistics.estimate import Estimate, at_least_two
from tricky.core.errors import InputError


@dataclass(frozen=True)
class ConsistencyEstimate(Estimate):
    """An error consistency κ, the mean over several pairs, or the difference between two such means.

    Attributes
    ----------
    n_items, n_pairs, n_undefined : int
        Items, pairs that have a κ, and pairs that have none and are left out.
    """

    n_items: int
    n_pairs: int
    n_undefined: int


def pairs_within(subjects: ArrayLike) -> np.ndarray:
    """Return all pairs of two different subjects, each once; shape (n_pairs, 2).

    Parameters
    ----------
    subjects : array_like of int
        Rows of `correct`; ``range(n)`` for all.
    """
    return np.array(list(combinations(np.asarray(subjects).tolist(), 2)), dtype=int).reshape(-1, 2)


def pairs_between(first: ArrayLike, second: ArrayLike) -> np.ndarray:
    """Return all pairs of a subject of one group and one of another; shape (n_first · n_second, 2)."""
    a, b = np.meshgrid(np.asarray(first, dtype=int), np.asarray(second, dtype=int), indexing="ij")
    return np.column_stack([a.ravel(), b.ravel()])


def measure_consistency(
    correct: ArrayLike,
    pairs: ArrayLike,
    *,
    compared_with: ArrayLike | None = None,
    observed: ArrayLike | None = None,
    new_subjects: Sequence[ArrayLike] = (),
    level: float = 0.95,
) -> ConsistencyEstimate:
    r"""Return the mean error consistency of pairs, or how far it is from that of others, with an interval.

    The limits are the true values from which the estimate lies z standard errors away, with the standard
    error that it has *at that true value*, as in Wilson's interval of a proportion [1]_:

    .. math:: |\hat\kappa - \kappa| = z \sqrt{\phi V(\kappa)}, \qquad
              \phi = \max\bigl(1, V_{obs} / V(\hat\kappa)\bigr).

    V is the variance over items under a working model with these subjects' accuracies and one difficulty of
    each item (`consistency_variance.variance_path`; of a single pair it is the large-sample variance of
    Cohen's kappa with margins held fixed [2]_), and :math:`\phi` corrects it where the observed variance is
    larger.  The standard error must depend on the true value: joint errors are rare, so a sample with few of
    them underestimates both κ and its variance.  With the observed variance alone, intervals for 95% of the
    mean over 6 observers × 60 items with an accuracy of .9 hold the truth in 79–88% of studies, and a
    percentile bootstrap in 85–92%.

    Limits of a difference come from those of the two means and the correlation of their influences [3]_.

    For other subjects of the same kind as well, the variance between subjects is the jackknife's minus what
    the choice of items contributes to it.  It widens the interval on each side [3]_,

    .. math:: \hat\kappa - \sqrt{(\hat\kappa - l)^2 + t^2 V_s}, \qquad
              \hat\kappa + \sqrt{(u - \hat\kappa)^2 + t^2 V_s},

    with the limits l and u for new items alone, the variance between subjects :math:`V_s` and the quantile t
    of a t distribution with the smallest group's number of subjects minus one.

    Parameters
    ----------
    correct : array_like of bool, shape (n_subjects, n_items)
        Whether each subject was right on each item.
    pairs : array_like of int, shape (n_pairs, 2)
        Rows of `correct`: one pair, or several whose mean it is about (`pairs_within`, `pairs_between`).
    compared_with : array_like of int, shape (n, 2), optional
        Pairs whose mean is subtracted.
    observed : array_like of bool, shape (n_subjects, n_items), optional
        Whether each subject saw the item at all.  Default: all saw all.
    new_subjects : sequence of array_like of int
        Groups of subjects (rows of `correct`), each a sample of its kind that the interval is to hold for.
        Default: the interval is for these subjects only, on other items.
    level : float
        Coverage, between 0 and 1.

    Raises
    ------
    InputError
        `correct` or `observed` as for `error_consistency`, or a pair names no row.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal
       of the American Statistical Association, 22(158), 209–212.
    .. [2] Fleiss, J. L., Cohen, J., & Everitt, B. S. (1969). Large sample standard errors of kappa and
       weighted kappa. Psychological Bulletin, 72(5), 323–327.
    .. [3] Zou, G. Y., & Donner, A. (2008). Construction of confidence limits about effect measures: a general
       approach. Statistics in Medicine, 27(10), 1693–1702.
    """
    right, seen = as_answers(correct, observed)
    counted = count_pairs(right, seen)
    kappa = kappa_of(counted.n_common, counted.n_right, counted.n_right.T, counted.n_both_right)
    asked = [_as_pairs(each, len(right)) for each in (pairs, () if compared_with is None else compared_with)]
    defined = [each[~np.isnan(kappa[each[:, 0], each[:, 1]])] for each in asked]
    n_used = sum(map(len, defined))
    groups = [np.asarray(group, dtype=int) for group in new_subjects]
    counts = right.shape[1], n_used, sum(map(len, asked)) - n_used
    if len(defined[0]) == 0 or (len(defined[1]) == 0 and len(asked[1]) > 0):
        why = "no pair has an error consistency"
        return ConsistencyEstimate(np.nan, np.nan, np.nan, level, None, *counts, reason=why)

    means = [_mean_over(each, kappa, counted) for each in defined if len(each) > 0]
    value = _difference([mean.value for mean in means])
    without = _difference([mean.without_each for mean in means])
    alone = min(map(len, groups), default=2) < 2
    if alone or not all(np.isfinite(without[group]).all() for group in groups):
        why = "without one of the subjects no pair is left"
        why = at_least_two("subject") if alone else why
        return ConsistencyEstimate(value, np.nan, np.nan, level, None, *counts, reason=why)
    moments = _moments(means, right, seen, groups)
    z = float(stats.norm.ppf((1 + level) / 2))
    limits = [
        _limits(mean, variance, right, seen, z)
        for mean, variance in zip(means, moments.variances, strict=True)
    ]
    below, above = _reaches(means, limits, moments.correlation)
    method = "for these subjects and other items: score interval"
    if groups:
        between = sum(
            max(float(_jackknife_variance(without[group]) - of_items), 0.0)
            for group, of_items in zip(groups, moments.jackknife, strict=True)
        )
        t = stats.t.ppf((1 + level) / 2, min(map(len, groups)) - 1)
        below, above = (float(np.hypot(reach, t * np.sqrt(between))) for reach in (below, above))
        method = "for other subjects and other items: score interval with the jackknife over subjects"
    lowest, highest = (-1.0, 1.0) if len(means) == 1 else (-2.0, 2.0)
    low, high = max(value - below, lowest), min(value + above, highest)
    return ConsistencyEstimate(value, low, high, level, method, *counts)


def _as_pairs(pairs: ArrayLike, n_subjects: int) -> np.ndarray:
    array = np.asarray(pairs, dtype=int).reshape(-1, 2)
    if array.size and (array.min() < 0 or array.max() >= n_subjects):
        raise InputError(f"a pair names subject {array.max()}, but there are rows 0 to {n_subjects - 1}")
    if (array[:, 0] == array[:, 1]).any():
        raise InputError("a pair names one subject twice; error consistency is between two")
    return array


def _mean_over(pairs: np.ndarray, kappa: np.ndarray, counts: PairCounts) -> PairMean:
    n_asked = np.zeros(kappa.shape, dtype=int)
    np.add.at(n_asked, (pairs[:, 0], pairs[:, 1]), 1)
    return PairMean(n_asked + n_asked.T, kappa, counts)


def _difference(values: Sequence[Any]) -> Any:
    """Return the first, or the first minus the second."""
    return values[0] if len(values) == 1 else values[0] - values[1]


def _jackknife_variance(left_out: np.ndarray) -> np.ndarray:
    """Return the variance that values without each subject in turn imply; over the first axis."""
    return (len(left_out) - 1) * left_out.var(axis=0)


class _Moments(NamedTuple):
    """Variances of the means and their correlation over items, and the items' part of each jackknife."""

    variances: list[float]
    correlation: float
    jackknife: list[float]


def _moments(
    means: list[PairMean], right: np.ndarray, seen: np.ndarray | None, groups: list[np.ndarray]
) -> _Moments:
    products = np.zeros((len(means), len(means)))
    jackknife = np.zeros(len(groups))
    for parts in zip(*(mean.influences(right, seen) for mean in means), strict=True):
        influence = np.array([part[0] for part in parts])
        products += influence @ influence.T
        left_out = _difference([part[1] for part in parts])
        jackknife += [float(_jackknife_variance(left_out[group]).sum()) for group in groups]
    factor = right.shape[1] / (right.shape[1] - 1)
    correlation = 0.0
    if len(means) == 2 and products[0, 0] * products[1, 1] > 0:
        correlation = float(products[0, 1] / np.sqrt(products[0, 0] * products[1, 1]))
    return _Moments((np.diag(products) * factor).tolist(), correlation, (jackknife * factor).tolist())


def _limits(
    mean: PairMean, observed_variance: float, right: np.ndarray, seen: np.ndarray | None, z: float
) -> tuple[float, float]:
    """Return the score interval of a mean: as far as its estimate is no more than z standard errors away."""
    values, variances = variance_path(mean, right, seen)
    estimate = mean.value
    expected = float(np.interp(estimate, values, variances))
    factor = max(1.0, observed_variance / expected) if expected > 0 else 1.0

    def excess(true_value: float) -> float:
        return (true_value - estimate) ** 2 - z**2 * factor * float(np.interp(true_value, values, variances))

    def limit(outwards: np.ndarray) -> float:
        # A hair outside, as the variance at the largest possible value, and so the excess, is 0.
        inside = estimate + 1e-9 * (outwards[0] - estimate)
        for outside in outwards:
            if excess(outside) >= 0:
                return root_between(excess, inside, float(outside))
            inside = outside
        return float(outwards[-1])

    below = values[values < estimate][::-1]
    above = values[values > estimate]
    return limit(np.append(below, [-1.0])), limit(np.append(above, [1.0]))


def _reaches(
    means: list[PairMean], limits: list[tuple[float, float]], correlation: float
) -> tuple[float, float]:
    """Return how far the interval reaches below and above the estimate."""
    below = [mean.value - low for mean, (low, _) in zip(means, limits, strict=True)]
    above = [high - mean.value for mean, (_, high) in zip(means, limits, strict=True)]
    if len(means) == 1:
        return below[0], above[0]

    def reach(one: float, other: float) -> float:
        return float(np.sqrt(max(one**2 + other**2 - 2 * correlation * one * other, 0.0)))

    return reach(below[0], above[1]), reach(above[0], below[1])
