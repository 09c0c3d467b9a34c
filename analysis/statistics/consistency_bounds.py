"""What an error consistency means: its bounds, its copy model, tests against independence, items needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.statistics.error_consistency import as_answers, count_pairs, error_consistency
from tricky.core.errors import InputError


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


class CopyModel(NamedTuple):
    """Two subjects, one of whom copies the other's answer in some trials and answers alone in the rest.

    Attributes
    ----------
    probability : ndarray of float
        Of copying; below 0, of giving the opposite: right where the other is wrong.
    accuracy_alone : ndarray of float, in [0, 1]
        The copier's in the trials in which nothing is copied; NaN where there are none, or where subjects
        of these accuracies can't have that κ (`kappa_bounds`).
    """

    probability: np.ndarray
    accuracy_alone: np.ndarray


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

    κ is 1 less the share of items that two subjects disagree on, over the share expected if they were
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


def copy_model(kappa: ArrayLike, source_accuracy: ArrayLike, copier_accuracy: ArrayLike) -> CopyModel:
    r"""Return how often one subject would have to copy another to be this consistent with it.

    The copier gives the source's answer with probability c and else answers alone, with accuracy u [1]_.
    Then :math:`a_2 = c\, a_1 + (1 - c)\, u`, the covariance of being right is :math:`c\, a_1 (1 - a_1)`, and

    .. math:: c = \kappa \, \frac{1 - c_{exp}}{2 a_1 (1 - a_1)}.

    With equal accuracies c is κ itself.  Below 0 the copier gives the opposite with probability :math:`|c|`.

    Parameters
    ----------
    kappa : array_like of float
    source_accuracy, copier_accuracy : array_like of float, in (0, 1)

    References
    ----------
    .. [1] Klein, T., Meyen, S., Brendel, W., Wichmann, F. A., & Meding, K. (2025). Quantifying uncertainty in
       error consistency: towards reliable behavioral comparison of classifiers. NeurIPS (arXiv:2507.06645).
    """
    k, a, b = (np.asarray(each, dtype=float) for each in (kappa, source_accuracy, copier_accuracy))
    with np.errstate(divide="ignore", invalid="ignore"):
        c = k * (a * (1 - b) + b * (1 - a)) / (2 * a * (1 - a))
        alone = (b - np.abs(c) * np.where(c < 0, 1 - a, a)) / (1 - np.abs(c))
    possible = (np.abs(c) < 1) & (alone > -1e-9) & (alone < 1 + 1e-9)
    return CopyModel(c, np.where(possible, np.clip(alone, 0, 1), np.nan))


def independence_p_values(correct: ArrayLike, observed: ArrayLike | None = None) -> np.ndarray:
    """Test each pair of subjects against independence, given how many items each was right on.

    Fisher's exact test, two-sided as twice the smaller tail, with half the probability of what was observed
    (mid-p) [1]_: the exact test proper rejects far less often than it says where items are few.  Over many
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

    A permutation test, two-sided: each subject's answers are dealt anew to the items that it saw, which keeps
    every accuracy and breaks every dependence.

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
            dealt = rng.permuted(right, axis=1)
        else:
            dealt = np.zeros_like(right)
            for row, answers, mask in zip(dealt, right, seen, strict=True):
                row[mask] = rng.permutation(answers[mask])
        kappa = error_consistency(dealt, seen)[first, second]
        # Among the items that two have in common one may be always right by chance.
        n_as_far += abs(np.nan_to_num(kappa).mean()) >= distance - 1e-12
    return n_as_far / (n_permutations + 1)


def items_for_width(
    width: float, kappa: float, first_accuracy: float, second_accuracy: float, level: float = 0.95
) -> int:
    r"""Return how many items a pair must see for the interval of its κ to be so wide.

    From the large-sample variance of κ [1]_, :math:`\sigma^2 / n`: with the quantile z of the normal
    distribution, :math:`n = (2 z \sigma / width)^2`.

    Parameters
    ----------
    width : float
        Of the whole interval, from its lower to its upper limit.
    kappa, first_accuracy, second_accuracy : float
        What is expected of the pair.
    level : float
        Coverage, between 0 and 1.

    Raises
    ------
    InputError
        Subjects of these accuracies can't have that κ, or the width is not positive.

    References
    ----------
    .. [1] Fleiss, J. L., Cohen, J., & Everitt, B. S. (1969). Large sample standard errors of kappa and
       weighted kappa. Psychological Bulletin, 72(5), 323–327.
    """
    a, b = first_accuracy, second_accuracy
    smallest, largest = kappa_bounds(a, b)
    if not smallest - 1e-9 <= kappa <= largest + 1e-9:
        raise InputError(
            f"subjects right on {a:.1%} and {b:.1%} can't have an error consistency of {kappa}; "
            f"it lies between {smallest:.2f} and {largest:.2f}"
        )
    if width <= 0:
        raise InputError(f"an interval is never {width} wide; write a width above 0")
    expected = a * (1 - b) + b * (1 - a)
    disagree = (1 - kappa) * expected
    only_first = (disagree + a - b) / 2
    variance = 0.0
    # The influence on κ of one more item of each kind: first right or wrong, second right or wrong.
    for x, y, share in (
        (1, 1, a - only_first),
        (1, 0, only_first),
        (0, 1, disagree - only_first),
        (0, 0, 1 - a - disagree + only_first),
    ):
        shift = (x - a) * (1 - 2 * b) + (y - b) * (1 - 2 * a)
        influence = ((disagree - (x != y)) + (1 - kappa) * shift) / expected
        variance += max(share, 0.0) * influence**2
    return max(2, int(np.ceil((2 * stats.norm.ppf((1 + level) / 2) / width) ** 2 * variance)))
