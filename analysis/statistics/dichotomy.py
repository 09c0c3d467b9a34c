"""How dichotomous a set of images is under a pool of models, as one number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.statistics.estimate import Estimate
from analysis.statistics.pool_intervals import (
    N_RESAMPLES,
    HoldsFor,
    Interval,
    described,
    interval,
    patterns_of,
    resampled,
)
from tricky.core.errors import InputError


@dataclass(frozen=True)
class Dichotomy(Estimate):
    """How dichotomous a set of images is under a pool of models: 1 − observed / expected disagreement.

    Attributes
    ----------
    holds_for : {"images", "images and models"}
        Whether the interval is for other images under these models only, or for other such models as well.
    least, most : float
        The range that the models' accuracies allow.
    disagreement : float
        Share of images on which two models of the pool are not both right or both wrong, mean over pairs.
    disagreement_if_independent : float
        The same for models of these accuracies that err independently.
    n_models, n_images : int
    """

    holds_for: HoldsFor
    least: float
    most: float
    disagreement: float
    disagreement_if_independent: float
    n_models: int
    n_images: int


def dichotomy(correct: np.ndarray) -> float:
    r"""Return how dichotomous images are under a pool: the agreement between models beyond independence.

    .. math:: D = 1 - \frac{\sum_{j \neq k} P(x_j = 1, x_k = 0)}{\sum_{j \neq k} a_j (1 - a_k)},

    where :math:`x_j` says whether model :math:`j` is right on an image and :math:`a_j` is its accuracy.  1
    where each image is right for all models or for none (identical models); 0, on average, where models err
    independently; below 0, down to about :math:`-1/(M-1)`, where they err on different images.

    In words: by how much the share of images on which two models disagree is smaller than for independent
    models.  It is the error consistency of all pairs at once, numerators and denominators summed, and, where
    models are equally accurate, Fleiss' kappa [1]_ and the intraclass correlation of being right: the share
    of the variance of decisions that lies between images.  It follows from the histogram of the number of
    correct models and the accuracies alone, and, unlike the shares of trivial and impossible images, does not
    fall as the pool grows.

    For images whose probability of a right answer follows a beta distribution with mean :math:`a`, the
    distribution is high at both ends where :math:`D > m/(1+m)` with :math:`m = \max(a, 1-a)`, and has a
    single end or hump below: 1/3 at an accuracy of one half, .41 at .7.

    Parameters
    ----------
    correct : ndarray of bool, shape (n_models, n_images)
        At least two models.

    Returns
    -------
    float
        NaN where every model is right on all images or every model wrong on all.

    Raises
    ------
    InputError
        Fewer than two models, or no images.

    References
    ----------
    .. [1] Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. Psychological Bulletin,
       76(5), 378–382.
    """
    _check(correct)
    histogram = np.bincount(correct.sum(axis=0), minlength=len(correct) + 1)
    return dichotomy_of_histogram(histogram, correct.mean(axis=1))


def dichotomy_of_histogram(n_images: np.ndarray, accuracy: np.ndarray | None = None) -> float:
    """Return the same from a published histogram.

    Parameters
    ----------
    n_images : ndarray of int, shape (n_models + 1,)
        Number of images that 0, 1, … all models got right.
    accuracy : ndarray of float, shape (n_models,), optional
        Of each model.  Without it models count as equally accurate, which gives the same or a slightly
        smaller value.
    """
    observed, expected = _disagreements(np.asarray(n_images), accuracy)
    return 1 - observed / expected if expected > 0 else np.nan


def measure_dichotomy(
    correct: np.ndarray,
    rng: np.random.Generator,
    *,
    holds_for: HoldsFor,
    level: float = 0.95,
    n_resamples: int = N_RESAMPLES,
) -> Dichotomy:
    """Return how dichotomous images are under a pool, with its range and an interval.

    Parameters
    ----------
    correct : ndarray of bool, shape (n_models, n_images)
    rng : Generator
    holds_for : {"images", "images and models"}
        Whether the interval is for other images under these models only, or for other models of such a pool
        as well; see `pool_intervals.interval`.
    level : float
    n_resamples : int

    Raises
    ------
    InputError
        As `dichotomy`.
    """
    n_models, n_images = correct.shape
    patterns = patterns_of(correct)
    # Two models without one of them make no pairs: then nothing is known of other models.
    of_models = holds_for == "images and models"
    values = _values(patterns.correct, patterns.n_images[np.newaxis], of_models)[0]
    bootstrap = [
        _values(patterns.correct, weights, of_models)
        for weights in resampled(patterns.n_images, n_resamples, rng)
    ]
    low, high = interval(values, np.concatenate(bootstrap), level)
    method, reason = described(values, low, holds_for)
    own = correct.mean(axis=1)
    least, most = dichotomy_range(own)
    histogram = np.bincount(correct.sum(axis=0), minlength=n_models + 1)
    n_pairs = n_models * (n_models - 1) / 2
    found, independent = _disagreements(histogram, own)
    return Dichotomy(
        estimate=float(values[0]),
        low=low,
        high=high,
        level=level,
        method=method,
        reason=reason,
        holds_for=holds_for,
        least=least,
        most=most,
        disagreement=found / n_pairs,
        disagreement_if_independent=independent / n_pairs,
        n_models=n_models,
        n_images=n_images,
    )


def interval_of_histogram(
    n_images: np.ndarray,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    n_resamples: int = N_RESAMPLES,
) -> Interval:
    """Return an interval of `dichotomy_of_histogram` without accuracies, for other images, the same models.

    Parameters
    ----------
    n_images : ndarray of int, shape (n_models + 1,)
    rng : Generator
    level : float
    n_resamples : int
    """
    counts = np.asarray(n_images)
    values = [
        dichotomy_of_histogram(each) for weights in resampled(counts, n_resamples, rng) for each in weights
    ]
    own = np.array([dichotomy_of_histogram(counts)])
    return interval(own, np.array(values)[:, np.newaxis], level)


def dichotomy_range(accuracy: np.ndarray) -> tuple[float, float]:
    """Return the smallest and the largest dichotomy that models of these accuracies can show.

    Smallest where every image is right for the same number of models, or two neighbouring numbers; largest
    where whatever a model gets right, every better one does (so 1 only for equal accuracies).

    Parameters
    ----------
    accuracy : ndarray of float, shape (n_models,)
    """
    expected = float(_expected_pairs(accuracy[np.newaxis])[0])
    if expected == 0:
        return np.nan, np.nan
    n_models = len(accuracy)
    number = accuracy.sum()
    below = np.floor(number)
    rest = number - below
    most_disagreement = (1 - rest) * below * (n_models - below) + rest * (below + 1) * (n_models - below - 1)
    least_disagreement = np.abs(accuracy[:, np.newaxis] - accuracy).sum() / 2
    return 1 - most_disagreement / expected, 1 - least_disagreement / expected


def _disagreements(n_images: np.ndarray, accuracy: np.ndarray | None) -> tuple[float, float]:
    """Return the mean number of pairs that disagree on an image: as observed, and if independent."""
    n_models = len(n_images) - 1
    n_right = np.arange(n_models + 1)
    total = n_images.sum()
    if n_models < 2 or total == 0:
        raise InputError(
            f"a histogram of {total} image(s) under {n_models} model(s): "
            "dichotomy needs images and at least two models"
        )
    if accuracy is None:
        accuracy = np.full(n_models, n_images @ n_right / total / n_models)
    elif len(accuracy) != n_models:
        raise InputError(f"{len(accuracy)} accuracies for a histogram of {n_models} models; give one each")
    observed = n_images @ (n_right * (n_models - n_right)) / total
    return float(observed), float(_expected_pairs(np.asarray(accuracy)[np.newaxis])[0])


def _expected_pairs(accuracy: np.ndarray) -> np.ndarray:
    """Return the sum over ordered pairs of a_j (1 − a_k), for each row; shape (n_rows, n_models)."""
    number = accuracy.sum(axis=1)
    n_models = accuracy.shape[1]
    return number * (n_models - number) - (accuracy * (1 - accuracy)).sum(axis=1)


def _values(correct: np.ndarray, weights: np.ndarray, of_models: bool) -> np.ndarray:
    """Return the dichotomy of each sample, and with `of_models` that without each model.

    Parameters
    ----------
    correct : ndarray of bool, shape (n_models, n_patterns)
    weights : ndarray of int, shape (n_samples, n_patterns)
    of_models : bool

    Returns
    -------
    ndarray of float, shape (n_samples, 1) or (n_samples, 1 + n_models)
    """
    _check(correct)
    x, n_models = correct.astype(float), len(correct)
    left_out = np.vstack([np.zeros_like(x[:1]), x]) if of_models else np.zeros_like(x[:1])
    n_left = n_models - (np.arange(len(left_out)) > 0)[:, np.newaxis]
    n_right = x.sum(axis=0) - left_out
    total = weights.sum(axis=1, keepdims=True)
    observed = weights @ (n_right * (n_left - n_right)).T / total
    accuracy = weights @ x.T / total
    number = accuracy.sum(axis=1, keepdims=True)
    spread = (accuracy * (1 - accuracy)).sum(axis=1, keepdims=True)
    of_left_out = np.hstack([np.zeros_like(number), accuracy]) if of_models else np.zeros_like(number)
    number, spread = number - of_left_out, spread - of_left_out * (1 - of_left_out)
    expected = number * (n_left.T - number) - spread
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 1e-12, 1 - observed / expected, np.nan)


def _check(correct: np.ndarray) -> None:
    if correct.ndim != 2 or correct.dtype != bool or correct.shape[0] < 2 or correct.shape[1] == 0:
        raise InputError(
            f"decisions of shape {correct.shape}, {correct.dtype}: dichotomy needs bools, models × images, "
            "of at least two models"
        )
