"""How sure an error consistency is: of one pair, of a mean over pairs, of a difference between two.

A value varies with the items that were drawn, and, where it is about other subjects as well, with the
subjects that were.  Items are independent draws: they are bootstrapped, all subjects' answers to an item
together, so that pairs that share subjects or items count as the dependent values that they are.  Subjects
are few, and one drawn twice would agree with itself: their part is the jackknife's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse, stats
from scipy.linalg import hadamard

from analysis.statistics.error_consistency import as_answers, error_consistency, kappa_of
from analysis.statistics.estimate import Estimate
from tricky.core.errors import InputError

N_RESAMPLES = 2000
"""The share of resamples beyond a limit of a 95% interval, 2.5%, then has a standard error of 0.35 points."""
PSEUDO_ITEMS = 2.0
"""Half an item for each of the four outcomes of a pair."""
CHUNK = 2**22
"""Numbers in the largest array that is held at once: 32 MB."""


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
    rng: np.random.Generator,
    *,
    compared_with: ArrayLike | None = None,
    observed: ArrayLike | None = None,
    new_subjects: Sequence[ArrayLike] = (),
    level: float = 0.95,
    n_resamples: int = N_RESAMPLES,
) -> ConsistencyEstimate:
    r"""Return the mean error consistency of pairs, or how far it is from that of others, with an interval.

    Items are resampled with replacement [1]_, and the interval is that of the resamples' percentiles.  They
    are drawn from the data and from a few pseudo-items that add as much to each of the four outcomes (both
    right, one, the other, none) of every pair: half an item each for one pair, and, as the mean over P pairs
    rests on more, :math:`1 / (2 \sqrt P)`.  Without them an interval from few items holds the true κ far too
    seldom: where subjects who err independently on 60 items are right on 95 and 90%, most samples hold no
    item that both get wrong, and so does no resample of them; then 28% of the plain intervals for 95% hold 0.

    For other subjects of the same kind as well, the variance of a mean splits into the one over items, for
    these subjects, and the one between subjects, for all items.  The latter is the jackknife's over subjects,
    less what the choice of items contributes to it, which is the same jackknife's mean over the resamples'
    deviations from the data.  The two parts are put together on each side of the estimate [2]_,

    .. math:: \hat\kappa - \sqrt{(\hat\kappa - l)^2 + t^2 V_s}, \qquad
              \hat\kappa + \sqrt{(u - \hat\kappa)^2 + t^2 V_s},

    with the limits l and u for new items alone, the variance between subjects :math:`V_s` and the quantile t
    of a t distribution with the smallest group's number of subjects less one.

    Parameters
    ----------
    correct : array_like of bool, shape (n_subjects, n_items)
        Whether each subject was right on each item.
    pairs : array_like of int, shape (n_pairs, 2)
        Rows of `correct`: one pair, or several whose mean it is about (`pairs_within`, `pairs_between`).
    rng : Generator
    compared_with : array_like of int, shape (n, 2), optional
        Pairs whose mean is subtracted; over the same resampled items, as the two share them.
    observed : array_like of bool, shape (n_subjects, n_items), optional
        Whether each subject saw the item at all.  Default: all saw all.
    new_subjects : sequence of array_like of int
        Groups of subjects (rows of `correct`), each a sample of its kind that the interval is to hold for.
        Default: the interval is for these very subjects, on other items.
    level : float
        Coverage, between 0 and 1.
    n_resamples : int
        Time grows with their number and that of pairs: a second for 100 subjects, half a minute for 1,000.

    Raises
    ------
    InputError
        `correct` or `observed` as for `error_consistency`, or a pair names no row.

    References
    ----------
    .. [1] Klein, T., Meyen, S., Brendel, W., Wichmann, F. A., & Meding, K. (2025). Quantifying uncertainty in
       error consistency: towards reliable behavioral comparison of classifiers. NeurIPS (arXiv:2507.06645).
    .. [2] Zou, G. Y., & Donner, A. (2008). Construction of confidence limits about effect measures: a general
       approach. Statistics in Medicine, 27(10), 1693–1702.
    """
    right, seen = as_answers(correct, observed)
    kappa = error_consistency(right, seen)
    asked = [_as_pairs(each, len(right)) for each in (pairs, () if compared_with is None else compared_with)]
    defined = [each[~np.isnan(kappa[each[:, 0], each[:, 1]])] for each in asked]
    n_used = sum(map(len, defined))
    groups = [np.asarray(group, dtype=int) for group in new_subjects]
    counts = right.shape[1], n_used, sum(map(len, asked)) - n_used
    if len(defined[0]) == 0 or (len(defined[1]) == 0 and len(asked[1]) > 0):
        why = "no pair has an error consistency"
        return ConsistencyEstimate(np.nan, np.nan, np.nan, level, None, *counts, reason=why)

    sides = [_Side.of(each, kappa, groups) for each in defined if len(each) > 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        estimates = _contrast([side.kappa @ side.involved for side in sides], sides)
    value = float(estimates[0])
    if not np.isfinite(estimates).all():
        why = "without one of the subjects no pair is left to tell of others"
        return ConsistencyEstimate(value, np.nan, np.nan, level, None, *counts, reason=why)

    deviations = _resampled_deviations(right, seen, sides, n_resamples, rng)
    tails = (1 - level) / 2, (1 + level) / 2
    low, high = value + np.nanquantile(deviations[:, 0], tails)
    if not groups:
        method = "for these subjects and other items: bootstrap over items"
        return ConsistencyEstimate(value, float(low), float(high), level, method, *counts)
    between = 0.0
    for start, stop in pairwise(np.cumsum([1, *map(len, groups)])):
        of_items = np.nanmean(_jackknife_variance(deviations[:, start:stop]))
        between += max(float(_jackknife_variance(estimates[start:stop]) - of_items), 0.0)
    reach = stats.t.ppf(tails[1], min(map(len, groups)) - 1) ** 2 * between
    below, above = max(value - low, 0.0), max(high - value, 0.0)
    return ConsistencyEstimate(
        value,
        float(value - np.sqrt(below**2 + reach)),
        float(value + np.sqrt(above**2 + reach)),
        level,
        "for other subjects and other items: bootstrap over items with the jackknife over subjects",
        *counts,
    )


def _as_pairs(pairs: ArrayLike, n_subjects: int) -> np.ndarray:
    array = np.asarray(pairs, dtype=int).reshape(-1, 2)
    if array.size and (array.min() < 0 or array.max() >= n_subjects):
        raise InputError(f"a pair names subject {array.max()}, but there are rows 0 to {n_subjects - 1}")
    if (array[:, 0] == array[:, 1]).any():
        raise InputError("a pair names one subject twice; error consistency is between two")
    return array


class _Side(NamedTuple):
    """The pairs of one mean, their κ, and in which sums they count: of all, of those with each subject."""

    pairs: np.ndarray
    kappa: np.ndarray
    involved: Any  # a sparse array; scipy ships no types for it

    @classmethod
    def of(cls, pairs: np.ndarray, kappa: np.ndarray, groups: list[np.ndarray]) -> _Side:
        subjects = np.concatenate([*groups, np.empty(0, int)])
        in_pair = sparse.csr_array(
            (np.ones(pairs.size), (np.repeat(np.arange(len(pairs)), 2), pairs.ravel())),
            shape=(len(pairs), len(kappa)),
        )
        everyone = sparse.csr_array(np.ones((len(pairs), 1)))
        return cls(
            pairs,
            kappa[pairs[:, 0], pairs[:, 1]],
            sparse.csr_array(sparse.hstack([everyone, in_pair[:, subjects]])),
        )


def _contrast(sums: list[np.ndarray], sides: list[_Side]) -> np.ndarray:
    """Return mean κ (less that of the other side), and the same without each subject; over the last axis.

    Parameters
    ----------
    sums : list of ndarray, shape (..., 1 + n_subjects)
        Of each side, the sum of κ over all pairs, and over those with each subject.
    sides : list of _Side
    """
    means = []
    for total, side in zip(sums, sides, strict=True):
        n = np.asarray(side.involved.sum(axis=0)).ravel()
        without = (total[..., :1] - total[..., 1:]) / (n[0] - n[1:])
        means.append(np.concatenate([total[..., :1] / n[0], without], axis=-1))
    return means[0] if len(means) == 1 else means[0] - means[1]


def _jackknife_variance(left_out: np.ndarray) -> np.ndarray:
    """Return the variance that values without each subject in turn imply; over the last axis."""
    return (left_out.shape[-1] - 1) * left_out.var(axis=-1)


def _resampled_deviations(
    right: np.ndarray,
    seen: np.ndarray | None,
    sides: list[_Side],
    n_resamples: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return, for each resample, what `_contrast` returns, less the same of the data.

    A pair that has no κ in a resample deviates by nothing there; where no pair of a side has one, all is NaN.
    """
    n_items = right.shape[1]
    right, seen, probability = _with_coins(right, seen, PSEUDO_ITEMS / np.sqrt(len(sides[0].pairs)))
    n_at_once = min(n_resamples, max(1, CHUNK // len(probability)))
    n_pairs_at_once = max(1, CHUNK // max(len(probability), n_at_once))
    found = []
    for start in range(0, n_resamples, n_at_once):
        n_drawn = min(n_at_once, n_resamples - start)
        drawn = rng.multinomial(n_items, probability, size=n_drawn).astype(np.float32)
        # Few items are drawn of what may be thousands of pseudo-items; the others add nothing.
        used = drawn.any(axis=0)
        answers = drawn[:, used], right[:, used], None if seen is None else seen[:, used]
        sums = []
        for side in sides:
            total, n_defined = np.zeros((n_drawn, side.involved.shape[1])), np.zeros(n_drawn, int)
            for first in range(0, len(side.pairs), n_pairs_at_once):
                chunk = slice(first, first + n_pairs_at_once)
                deviation = _kappa_of_draws(*answers, side.pairs[chunk]) - side.kappa[chunk]
                n_defined += (~np.isnan(deviation)).sum(axis=1)
                total += np.nan_to_num(deviation) @ side.involved[chunk]
            sums.append(np.where(n_defined[:, np.newaxis] > 0, total, np.nan))
        found.append(_contrast(sums, sides))
    return np.concatenate(found)


def _with_coins(
    right: np.ndarray, seen: np.ndarray | None, n_pseudo: float
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """Add pseudo-items, put equal items together, and return their probabilities of being drawn.

    The rows of a Hadamard matrix and its negative are a balanced set of coin throws: of any two subjects
    (and any three), each outcome stands there equally often.
    """
    n_subjects = len(right)
    coins = hadamard(1 << max(n_subjects - 1, 1).bit_length())[:, :n_subjects].T > 0
    coins = np.hstack([coins, ~coins])
    answers = right if seen is None else np.vstack([right, seen])
    packed, counts = np.unique(np.packbits(answers, axis=0), axis=1, return_counts=True)
    answers = np.unpackbits(packed, axis=0, count=len(answers)).astype(bool)
    probability = np.concatenate([counts, np.full(coins.shape[1], n_pseudo / coins.shape[1])])
    return (
        np.hstack([answers[:n_subjects], coins]),
        None if seen is None else np.hstack([answers[n_subjects:], np.ones_like(coins)]),
        probability / probability.sum(),
    )


def _kappa_of_draws(
    drawn: np.ndarray, right: np.ndarray, seen: np.ndarray | None, pairs: np.ndarray
) -> np.ndarray:
    """Return κ of each pair in each resample, shape (n_resamples, n_pairs); `drawn` counts the items."""
    j, k = pairs.T

    def count(items: np.ndarray) -> np.ndarray:
        return (drawn @ items.T.astype(np.float32)).astype(float)

    n_both = count(right[j] & right[k])
    if seen is None:
        n_right = count(right)
        n_first, n_second = n_right[:, j], n_right[:, k]
        n_common = np.full(n_both.shape, drawn[0].sum(dtype=float))
    else:
        n_first, n_second = count(right[j] & seen[k]), count(seen[j] & right[k])
        n_common = count(seen[j] & seen[k])
    return kappa_of(n_common, n_first, n_second, n_both)
