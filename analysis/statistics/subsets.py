"""Which images distinguish models? Error consistency with and without trivial and impossible images.

After Meding et al. (2022), Fig. 5.  An image that (almost) all models get right, or all get wrong, makes
every two models look alike; the remaining images show which models resemble each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

import numpy as np
from scipy.cluster import hierarchy
from scipy.spatial import distance

from analysis.statistics.consistency_intervals import measure_consistency, pairs_within
from analysis.statistics.estimate import Estimate
from analysis.statistics.pair_spread import PairSpread, n_models_of
from analysis.statistics.pair_tables import Counted, kappa_of_tables, pair_tables
from analysis.statistics.pool_intervals import (
    N_RESAMPLES,
    HoldsFor,
    described,
    interval,
    patterns_of,
    resampled,
)
from tricky.core.errors import InputError

_PAIRS = 2**21
"""κ of pairs in resamples that are held at once: 16 MB for each subset."""


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
class SubsetConsistency(Estimate):
    """The mean error consistency of every two models on a subset of the images.

    Attributes
    ----------
    subset : Subset
    labelled_by : LabelledBy
    kappa : ndarray of float, shape (n_models, n_models)
        Symmetric, 1 on the diagonal; NaN where it is undefined.
    n_images : float
        In the subset; a mean over pairs where the other models label.
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
    decisions that are compared: leaving out images on which both models agree (with all others) lowers
    their κ, below 0 for models that err independently.  With labels by the other models, each pair is
    compared on the images that the rest of the pool disagrees about, and independent models have a κ of 0.

    Parameters
    ----------
    correct : ndarray of bool, shape (n_models, n_images)
    tolerance : int
        As for `model_eval.label.criterion.difficulty_of`.
    rng : Generator
    holds_for : {"images", "images and models"}
        Whether the intervals are for other images under these models only, or for other models of such a
        pool as well: those of `measure_consistency`, and where other models label each pair's images those of
        `pool_intervals.interval`.  The labels of images stay as they are.
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
    choices = list(_choices())
    counted = [
        Counted(_kept(*choice, n_models, tolerance), choice[1] == LabelledBy.OTHERS) for choice in choices
    ]
    tables = pair_tables(patterns.correct, patterns.n_images[np.newaxis], counted)
    of_models = holds_for == "images and models"
    spreads = [PairSpread(kappa_of_tables(each[:, 0]), of_models) for each in tables]
    n_pairs = n_models * (n_models - 1) // 2
    for weights in resampled(patterns.n_images, n_resamples, rng, at_most=max(1, _PAIRS // n_pairs)):
        for spread, each in zip(spreads, pair_tables(patterns.correct, weights, counted), strict=True):
            spread.add(kappa_of_tables(each))
    found: list[SubsetConsistency] = []
    for choice, (kept, by_others), table, spread in zip(choices, counted, tables, spreads, strict=True):
        # Where the whole pool labels, all pairs are compared on the same images.
        chosen = None if by_others else correct[:, kept[correct.sum(axis=0)]]
        n_images = float(table.sum(axis=0).mean())
        found.append(_summary(choice, n_images, spread, chosen, holds_for, level))
    return found


def _summary(
    choice: tuple[Subset, LabelledBy],
    n_images: float,
    spread: PairSpread,
    chosen: np.ndarray | None,
    holds_for: HoldsFor,
    level: float,
) -> SubsetConsistency:
    """Summarise the κ of all pairs and that of resampled images.

    Parameters
    ----------
    choice : (Subset, LabelledBy)
    n_images : float
    spread : PairSpread
    chosen : ndarray of bool, shape (n_models, n_images_chosen), or None
        The decisions, where all pairs are compared on the same images.
    holds_for, level
        As for `consistency_by_subset`.
    """
    kappa, values = spread.kappa, spread.means
    n_models = n_models_of(len(kappa))
    matrix = np.eye(n_models)
    pairs = np.triu_indices(n_models, k=1)
    matrix[pairs] = matrix.T[pairs] = kappa
    if chosen is None:
        low, high = interval(values, spread.replicates, level)
        method, reason = described(values, low, holds_for)
    else:
        everyone = np.arange(n_models)
        groups: list[np.ndarray] = [everyone] if holds_for == "images and models" else []
        found = measure_consistency(chosen, pairs_within(everyone), new_subjects=groups, level=level)
        low, high, method, reason = found.low, found.high, found.method, found.reason
    return SubsetConsistency(
        float(values[0]),
        low,
        high,
        level,
        method,
        *choice,
        matrix,
        reason=reason,
        n_images=n_images,
        sd=float(np.nanstd(kappa, ddof=1)) if np.isfinite(kappa).sum() > 1 else np.nan,
        reliability=spread.reliability,
    )


def order_of_models(kappa: np.ndarray) -> np.ndarray:
    """Return an order of models in which similar models are next to each other.

    Average linkage of 1 − κ, with leaves ordered so that neighbours are as similar as the tree allows.

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
    apart = 1 - np.nan_to_num(kappa)
    np.fill_diagonal(apart, 0)
    library: Any = distance
    pairs = cast("np.ndarray", library.squareform(apart, checks=False))
    tree = hierarchy.linkage(pairs, "average", optimal_ordering=True)
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
