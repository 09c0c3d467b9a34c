"""Intervals for what a pool of models shows on a set of images: other images, other models, or both.

A value computed from all pairs of models varies with the images that were drawn and with the models that
were.  Images are independent draws: their part is bootstrapped.  Models are few, and one drawn twice would
agree with itself, so their part is the jackknife's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import stats

N_RESAMPLES = 1000
"""Enough for the standard deviation of a bootstrap to be known to 2%."""
_CELLS = 2**22
"""Counts that are held in memory at a time: 32 MB."""


class Patterns(NamedTuple):
    """The decisions of a pool, equal ones of several images put together.

    Attributes
    ----------
    correct : ndarray of bool, shape (n_models, n_patterns)
        Each column one pattern of right and wrong models.
    n_images : ndarray of int, shape (n_patterns,)
        How many images show it.
    """

    correct: np.ndarray
    n_images: np.ndarray


class Interval(NamedTuple):
    """Where the true value lies, with the coverage asked for; NaN where it can't be told."""

    low: float
    high: float


def patterns_of(correct: np.ndarray) -> Patterns:
    """Put images with the same decisions together: eleven models know no more than 2,048 patterns.

    Parameters
    ----------
    correct : ndarray of bool, shape (n_models, n_images)
    """
    packed, n_images = np.unique(np.packbits(correct, axis=0), axis=1, return_counts=True)
    return Patterns(np.unpackbits(packed, axis=0, count=len(correct)).astype(bool), n_images)


def resampled(n_images: np.ndarray, n_resamples: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Draw as many images again, with replacement, and count them by pattern.

    Parameters
    ----------
    n_images : ndarray of int, shape (n_patterns,)
    n_resamples : int
    rng : Generator

    Yields
    ------
    ndarray of int, shape (n, n_patterns)
        Some of the resamples, `n_resamples` rows in all; each row sums to the number of images.
    """
    total = n_images.sum()
    at_a_time = max(1, _CELLS // len(n_images))
    for start in range(0, n_resamples, at_a_time):
        yield rng.multinomial(total, n_images / total, size=min(at_a_time, n_resamples - start))


def interval(
    estimate: float, bootstrap: np.ndarray, jackknife: np.ndarray | None = None, level: float = 0.95
) -> Interval:
    r"""Return an interval from resampled images and, for new models as well, left-out models.

    Without `jackknife`, the percentiles of the bootstrap: other images of the same kind, the same models.
    With it, for other models as well, with :math:`M` of them and :math:`\hat\theta_{(j)}` the value without
    model :math:`j`,

    .. math:: \hat\theta \pm t_{M-1} \sqrt{\operatorname{var}_{images}
              + \tfrac{M-1}{M} \sum_j (\hat\theta_{(j)} - \bar\theta_{(\cdot)})^2} .

    Both parts contain the variance of single decisions, so the interval is a little too wide rather than too
    narrow.

    Parameters
    ----------
    estimate : float
    bootstrap : ndarray of float, shape (n_resamples,)
        The value on resampled images; where it is undefined, NaN, and left out.
    jackknife : ndarray of float, shape (n_models,), optional
        The value without each model in turn.
    level : float
        Coverage, between 0 and 1.
    """
    defined = bootstrap[np.isfinite(bootstrap)]
    if not np.isfinite(estimate) or len(defined) < 2:
        return Interval(np.nan, np.nan)
    if jackknife is None:
        low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
        return Interval(float(low), float(high))
    n_models = len(jackknife)
    variance = defined.var(ddof=1) + (n_models - 1) * jackknife.var()
    half_width = float(stats.t.ppf((1 + level) / 2, n_models - 1) * np.sqrt(variance))
    return Interval(estimate - half_width, estimate + half_width)
