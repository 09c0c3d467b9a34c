"""Intervals of values over all pairs of a pool's models: for other images, or for other models as well.

A value computed from all pairs of models varies with the images that were drawn and with the models that
were.  Images are independent draws: their part is bootstrapped.  Models are few, and one drawn twice would
agree with itself, so their part is the jackknife's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats

N_RESAMPLES = 1000
"""Enough for the standard deviation of a bootstrap to be known to 2%."""
FEWEST_RESAMPLES = 100
"""The standard deviation is known to 7%."""
_DECISIONS_OF_PAIRS = 2.5e12
"""Resamples times squared number of models times images: 1,000 resamples of 220 models on 50,000 images."""
_CELLS = 2**22
"""Counts that are held in memory at a time: 32 MB."""


HoldsFor = Literal["images", "images and models"]
"""Whether an interval is for other images under these models only, or for other such models as well."""


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
    """Where the true value lies, with the coverage asked for; NaN where it is undefined."""

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


def n_resamples_for(n_models: int, n_images: int) -> int:
    """Return how many resamples a value over all pairs takes: fewer of very large pools, to limit time."""
    return int(np.clip(_DECISIONS_OF_PAIRS / (n_models**2 * n_images), FEWEST_RESAMPLES, N_RESAMPLES))


def resampled(
    n_images: np.ndarray, n_resamples: int, rng: np.random.Generator, at_most: int = N_RESAMPLES
) -> Iterator[np.ndarray]:
    """Draw as many images again, with replacement, and count them by pattern.

    Parameters
    ----------
    n_images : ndarray of int, shape (n_patterns,)
    n_resamples : int
    rng : Generator
    at_most : int
        Resamples at a time; it changes no number.

    Yields
    ------
    ndarray of int, shape (n, n_patterns)
        Some of the resamples, `n_resamples` rows in all; each row sums to the number of images.
    """
    total = n_images.sum()
    at_a_time = max(1, min(at_most, _CELLS // len(n_images)))
    for start in range(0, n_resamples, at_a_time):
        yield rng.multinomial(total, n_images / total, size=min(at_a_time, n_resamples - start))


def described(values: np.ndarray, low: float, holds_for: HoldsFor) -> tuple[str | None, str | None]:
    """Return the method of an interval, or the reason why it is missing.

    Parameters
    ----------
    values : ndarray of float
        As for `interval`.
    low : float
        The lower limit that it returned.
    holds_for : HoldsFor
    """
    if np.isfinite(low):
        jackknife = "" if holds_for == "images" else ", with the jackknife over models"
        return f"for other {holds_for}: bootstrap over images{jackknife}", None
    if np.isnan(values[0]):
        return None, "no two models can be compared: each is right on all of these images or wrong on all"
    return None, "without one of the models, or on resampled images, no two models can be compared"


def interval(values: np.ndarray, bootstrap: np.ndarray, level: float = 0.95) -> Interval:
    r"""Return an interval from resampled images and, for new models as well, left-out models.

    For other images of the same kind and the same models, the percentiles of the bootstrap.  For other models
    as well, the variance between models is the jackknife's, from the values without each model, minus what
    the choice of images contributes to it, which is the same jackknife's mean over the deviations of the
    resamples from the data.  It widens the interval on each side [1]_,

    .. math:: \hat\theta - \sqrt{(\hat\theta - l)^2 + t_{M-1}^2 V_m}, \qquad
              \hat\theta + \sqrt{(u - \hat\theta)^2 + t_{M-1}^2 V_m},

    with the percentiles l and u and the variance between models :math:`V_m`.

    Parameters
    ----------
    values : ndarray of float, shape (1,) or (1 + n_models,)
        The estimate; where the interval is for new models as well, the value without each of them.
    bootstrap : ndarray of float, shape (n_resamples, len(values))
        The same on resampled images; where it is undefined, NaN, and left out.
    level : float
        Coverage, between 0 and 1.

    References
    ----------
    .. [1] Zou, G. Y., & Donner, A. (2008). Construction of confidence limits about effect measures: a general
       approach. Statistics in Medicine, 27(10), 1693–1702.
    """
    defined = bootstrap[np.isfinite(bootstrap).all(axis=1)]
    if not np.isfinite(values).all() or len(defined) < 2:
        return Interval(np.nan, np.nan)
    estimate, tails = float(values[0]), ((1 - level) / 2, (1 + level) / 2)
    low, high = (float(limit) for limit in np.quantile(defined[:, 0], tails))
    n_models = len(values) - 1
    if n_models == 0:
        return Interval(low, high)
    of_images = (defined - values)[:, 1:].var(axis=1).mean()
    variance = (n_models - 1) * max(float(values[1:].var() - of_images), 0.0)
    reach = float(stats.t.ppf(tails[1], n_models - 1) * np.sqrt(variance))
    return Interval(
        estimate - float(np.hypot(max(estimate - low, 0), reach)),
        estimate + float(np.hypot(max(high - estimate, 0), reach)),
    )
