"""Do two subjects, or several, err independently of one another? Tests of error consistency."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.statistics.error_consistency import as_answers, count_pairs, error_consistency, kappa_of

_AT_ONCE = 2**22
"""Answers, or pairs of subjects, in the permutations that are held at once."""


def independence_p_values(correct: ArrayLike, observed: ArrayLike | None = None) -> np.ndarray:
    """Test each pair of subjects against independence, given how many items each was right on.

    Fisher's exact test, two-sided as twice the smaller tail, with half the probability of what was observed
    (mid-p) [1]_: the exact test without it rejects much too seldom where items are few.  Over many
    pairs, correct for their number, or ask for the mean (`mean_independence_p_value`).

    Parameters
    ----------
    correct, observed : array_like of bool, shape (n_subjects, n_items)
        As for `error_consistency`.

    Returns
    -------
    ndarray of float, shape (n_subjects, n_subjects)
        Symmetric; NaN where κ is undefined, and on the diagonal.

    References
    ----------
    .. [1] Lancaster, H. O. (1961). Significance tests in discrete distributions. Journal of the American
       Statistical Association, 56(294), 223–234.
    """
    n_common, n_right, n_both = count_pairs(correct, observed)
    pairs = np.triu_indices(len(n_common), k=1)
    both, first, second, common = (each[pairs] for each in (n_both, n_right, n_right.T, n_common))
    null = common, first, second
    half = stats.hypergeom.pmf(both, *null) / 2
    p = 2 * np.minimum(stats.hypergeom.cdf(both, *null) - half, stats.hypergeom.sf(both, *null) + half)
    defined = (first > 0) & (first < common) & (second > 0) & (second < common)
    result = np.full(n_common.shape, np.nan)
    result[pairs] = result.T[pairs] = np.where(defined, np.minimum(p, 1), np.nan)
    return result


def mean_independence_p_value(
    correct: ArrayLike,
    pairs: ArrayLike,
    rng: np.random.Generator,
    observed: ArrayLike | None = None,
    n_permutations: int = 2000,
) -> float:
    """Test whether the mean κ over pairs could be that of subjects who all err independently.

    A permutation test, two-sided: each subject's answers are permuted over the items that it saw, which
    keeps every accuracy and removes every dependence.

    Parameters
    ----------
    correct, observed : array_like of bool, shape (n_subjects, n_items)
        As for `error_consistency`.
    pairs : array_like of int, shape (n_pairs, 2)
        As for `measure_consistency`.
    rng : Generator
    n_permutations : int

    Returns
    -------
    float
        The share of permutations, the data among them, whose mean is as far from 0; NaN where no pair has
        a κ.
    """
    right, seen = as_answers(correct, observed)
    first, second = np.asarray(pairs, dtype=int).reshape(-1, 2).T
    found = error_consistency(right, seen)[first, second]
    defined = ~np.isnan(found)
    if not defined.any():
        return np.nan
    first, second, distance = first[defined], second[defined], abs(found[defined].mean())
    means_of = _mean_kappa(right, first, second)
    n_as_far = 1
    at_once = max(1, _AT_ONCE // (right.size if seen is None else max(right.size, len(right) ** 2)))
    for start in range(0, n_permutations, at_once):
        n = min(at_once, n_permutations - start)
        if seen is None:
            permuted = rng.permuted(np.tile(right, (n, 1)), axis=1).reshape(n, *right.shape)
            means = means_of(permuted)
        else:
            permuted = _permuted(right, seen, n, rng)
            # By chance one of the two may be right on all of the items that both saw.
            means = np.nan_to_num(_kappa_of_pairs(permuted, seen, first, second)).mean(axis=1)
        n_as_far += int((abs(means) >= distance - 1e-12).sum())
    return n_as_far / (n_permutations + 1)


def _mean_kappa(
    right: np.ndarray, first: np.ndarray, second: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    r"""Return a function of permuted answers, (n, n_subjects, n_items), that returns the n mean κ over pairs.

    Where all saw all items, a permutation changes only how many items both are right on.  κ is linear in
    that number, so its mean needs no κ of single pairs:

    .. math:: \bar\kappa = \sum_{jk} W_{jk} \Bigl(\sum_i x_{ji} x_{ki} - n a_j a_k \Bigr), \qquad
              W_{jk} = \frac{2}{n_{pairs} n (a_j + a_k - 2 a_j a_k)},

    with the answers x of subjects j and k to n items and their accuracies a.
    """
    n_items = right.shape[1]
    rows, row = np.unique(first, return_inverse=True)
    columns, column = np.unique(second, return_inverse=True)
    n_asked = np.zeros((len(rows), len(columns)))
    np.add.at(n_asked, (row, column), 1)
    a, b = right[rows].mean(axis=1)[:, np.newaxis], right[columns].mean(axis=1)
    apart = a + b - 2 * a * b
    weights = np.divide(
        2 * n_asked, len(first) * n_items * apart, out=np.zeros_like(apart), where=n_asked > 0
    )
    by_chance = float((weights * n_items * a * b).sum())

    def means(permuted: np.ndarray) -> np.ndarray:
        # Numbers of items are exact in float32, in which products take half the time.
        x, y = permuted[:, rows].astype(np.float32), permuted[:, columns].astype(np.float32)
        n_both = x @ y.transpose(0, 2, 1)
        return np.einsum("njk,jk->n", n_both, weights) - by_chance

    return means


def _permuted(right: np.ndarray, seen: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Permute each subject's answers over the items that it saw, n times: (n, n_subjects, n_items)."""
    permuted = np.zeros((n, *right.shape), dtype=bool)
    for subject, (answers, mask) in enumerate(zip(right, seen, strict=True)):
        permuted[:, subject, mask] = rng.permuted(np.tile(answers[mask], (n, 1)), axis=1)
    return permuted


def _kappa_of_pairs(
    permuted: np.ndarray, seen: np.ndarray, first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """Return κ of pairs of subjects for answers of shape (n, n_subjects, n_items): (n, n_pairs)."""
    x, s = permuted.astype(np.float32), seen.astype(np.float32)
    n_both, n_right = x @ x.transpose(0, 2, 1), x @ s.T
    return kappa_of(
        (s @ s.T)[first, second].astype(float),
        n_right[:, first, second].astype(float),
        n_right[:, second, first].astype(float),
        n_both[:, first, second].astype(float),
    )
