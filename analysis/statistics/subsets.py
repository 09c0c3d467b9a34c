"""Which images tell models apart: error consistency with and without those that all models share.

After Meding et al. (2022), Fig. 5.  An image that (almost) all models get right, or all get wrong, makes
every two models look alike; what is left when such images are taken away shows who resembles whom.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from analysis.statistics.pair_counts import kappa_of_tables, pair_tables
from analysis.statistics.pool_intervals import N_RESAMPLES, interval, patterns_of, resampled
from tricky.core.errors import InputError

HoldsFor = Literal["images", "images and models"]


class Subset(StrEnum):
    """Images on which models are compared."""

    ALL = "all images"
    NO_IMPOSSIBLE = "without impossible"
    NO_TRIVIAL = "without trivial"
    IN_BETWEEN = "in-between only"


class LabelledBy(StrEnum):
    """Whose errors say which images are trivial and impossible."""

    POOL = "the whole pool"
    OTHERS = "the other models"


@dataclass(frozen=True)
class SubsetConsistency:
    """Error consistency of every two models on a subset of the images.

    Attributes
    ----------
    subset : Subset
    labelled_by : LabelledBy
    kappa : ndarray of float, shape (n_models, n_models)
        Symmetric, 1 on the diagonal; NaN where it is undefined.
    n_images : float
        In the subset; a mean over pairs where the other models label.
    mean, low, high : float
        Mean over pairs with a defined κ, and its interval.
    sd : float
        Standard deviation over pairs.
    reliability : float
        Share of the variance over pairs that is not due to the choice of images, from 0 to 1: how far the
        order of pairs can be trusted.
    """

    subset: Subset
    labelled_by: LabelledBy
    kappa: np.ndarray
    n_images: float
    mean: float
    low: float
    high: float
    sd: float
    reliability: float


def consistency_by_subset(
    correct: np.ndarray,
    tolerance: int,
    rng: np.random.Generator,
    *,
    holds_for: HoldsFor,
    level: float = 0.95,
    n_resamples: int = N_RESAMPLES,
) -> list[SubsetConsistency]:
    """Return the error consistency of models on all images and on each subset of them.

    Each subset is chosen in two ways.  With labels by the whole pool, as published, the choice depends on the
    very decisions that are compared: taking away images on which both models agree (with all others) lowers
    their κ, below 0 for models that err independently.  With labels by the other models, each pair is
    compared on the images that the rest of the pool disagrees about, and independent models have a κ of 0.

    Parameters
    ----------
    correct : ndarray of bool, shape (n_models, n_images)
    tolerance : int
        As for `model_eval.label.criterion.difficulty_of`.
    rng : Generator
    holds_for : {"images", "images and models"}
        What the intervals are about; see `resampling.interval`.  The labels of images stay as they are,
        whatever images are drawn again.
    level : float
    n_resamples : int

    Returns
    -------
    list of SubsetConsistency
        `Subset.ALL` once, then each other subset by pool and by others.

    Raises
    ------
    InputError
        Fewer than two models, or so large a tolerance that an image could be trivial and impossible.
    """
    n_models = len(correct)
    if n_models < 2 or 2 * tolerance >= n_models:
        raise InputError(
            f"{n_models} model(s) with a tolerance of {tolerance}: models are compared in pairs, and no "
            "image may be both trivial and impossible"
        )
    patterns = patterns_of(correct)
    kept = {
        choice: (_kept(*choice, n_models, tolerance), choice[1] == LabelledBy.OTHERS) for choice in _choices()
    }
    replicates: dict[tuple[Subset, LabelledBy], list[np.ndarray]] = {choice: [] for choice in kept}
    for weights in resampled(patterns.n_images, n_resamples, rng):
        for choice in kept:
            tables = pair_tables(patterns.correct, weights, *kept[choice])
            replicates[choice].append(kappa_of_tables(tables))
    found = []
    for choice in kept:
        tables = pair_tables(patterns.correct, patterns.n_images[np.newaxis], *kept[choice])
        bootstrap = np.concatenate(replicates[choice])
        found.append(_summary(*choice, tables[:, 0], bootstrap, holds_for, level))
    return found


def _summary(
    subset: Subset,
    labelled_by: LabelledBy,
    tables: np.ndarray,
    bootstrap: np.ndarray,
    holds_for: HoldsFor,
    level: float,
) -> SubsetConsistency:
    """Summarise tables of all pairs, (4, n_pairs), and the κ of resampled images, (n_resamples, n_pairs)."""
    kappa = kappa_of_tables(tables)
    n_models = round((1 + np.sqrt(1 + 8 * len(kappa))) / 2)
    matrix = np.eye(n_models)
    pairs = np.triu_indices(n_models, k=1)
    matrix[pairs] = matrix.T[pairs] = kappa
    mean, means = float(_mean(kappa, axis=0)), _mean(bootstrap, axis=1)
    low, high = interval(mean, means, None if holds_for == "images" else _means_without_each(matrix), level)
    return SubsetConsistency(
        subset,
        labelled_by,
        matrix,
        n_images=float(tables.sum(axis=0).mean()),
        mean=mean,
        low=low,
        high=high,
        sd=float(np.nanstd(kappa, ddof=1)) if np.isfinite(kappa).sum() > 1 else np.nan,
        reliability=_reliability(kappa, bootstrap - means[:, np.newaxis]),
    )


def order_of_models(kappa: np.ndarray) -> np.ndarray:
    """Return the order in which models that resemble each other stand side by side.

    Average linkage of 1 − κ, leaves ordered so that neighbours are as alike as the tree allows.

    Parameters
    ----------
    kappa : ndarray of float, shape (n_models, n_models)
        Undefined ones count as 0.

    Returns
    -------
    ndarray of int, shape (n_models,)
    """
    if len(kappa) < 3:
        return np.arange(len(kappa))
    distance = 1 - np.nan_to_num(kappa)
    np.fill_diagonal(distance, 0)
    tree = hierarchy.linkage(squareform(distance, checks=False), "average", optimal_ordering=True)
    return hierarchy.leaves_list(tree)


def _choices() -> Iterator[tuple[Subset, LabelledBy]]:
    yield Subset.ALL, LabelledBy.POOL
    for subset in (Subset.NO_IMPOSSIBLE, Subset.NO_TRIVIAL, Subset.IN_BETWEEN):
        for labelled_by in LabelledBy:
            yield subset, labelled_by


def _kept(subset: Subset, labelled_by: LabelledBy, n_models: int, tolerance: int) -> np.ndarray:
    """Return for each number of labelling models that are right whether an image stays in the subset."""
    n_labelling = n_models - 2 * (labelled_by == LabelledBy.OTHERS)
    n_right = np.arange(n_labelling + 1)
    impossible, trivial = n_right <= tolerance, n_right >= n_labelling - tolerance
    return ~(
        (impossible & (subset in (Subset.NO_IMPOSSIBLE, Subset.IN_BETWEEN)))
        | (trivial & (subset in (Subset.NO_TRIVIAL, Subset.IN_BETWEEN)))
    )


def _means_without_each(kappa: np.ndarray) -> np.ndarray:
    """Return the mean over pairs without each model in turn, shape (n_models,)."""
    n_models = len(kappa)
    return np.array(
        [
            float(_mean(np.delete(np.delete(kappa, m, 0), m, 1)[np.triu_indices(n_models - 1, k=1)], axis=0))
            for m in range(n_models)
        ]
    )


def _mean(kappa: np.ndarray, axis: int) -> np.ndarray:
    """Return the mean over defined values; NaN, without a warning, where there is none."""
    defined = np.isfinite(kappa)
    number = defined.sum(axis=axis)
    total = np.where(defined, kappa, 0).sum(axis=axis)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _reliability(kappa: np.ndarray, deviations: np.ndarray) -> float:
    """Return the share of the variance over pairs that resampled images don't explain."""
    usable = np.isfinite(kappa) & (np.isfinite(deviations).mean(axis=0) > 0.5)
    if usable.sum() < 2 or (variance := kappa[usable].var(ddof=1)) == 0:
        return np.nan
    sampling = np.nanvar(deviations[:, usable], axis=0, ddof=1).mean()
    return float(np.clip(1 - sampling / variance, 0, 1))
