"""Do two subjects, or several, err independently of one another? Tests of error consistency."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.statistics.error_consistency import as_answers, count_pairs, error_consistency


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
    n_as_far = 1
    for _ in range(n_permutations):
        if seen is None:
            permuted = rng.permuted(right, axis=1)
        else:
            permuted = np.zeros_like(right)
            for row, answers, mask in zip(permuted, right, seen, strict=True):
                row[mask] = rng.permutation(answers[mask])
        kappa = error_consistency(permuted, seen)[first, second]
        # By chance one of the two may be right on all of the items that both saw.
        n_as_far += abs(np.nan_to_num(kappa).mean()) >= distance - 1e-12
    return n_as_far / (n_permutations + 1)
