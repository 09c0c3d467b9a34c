"""When an image counts as trivial or impossible, and how sure that is: pure functions of counts.

After Meding, Schulze Buschoff, Geirhos & Wichmann (2022), "Trivial or impossible: dichotomous data
difficulty masks model differences (on ImageNet and beyond)", ICLR.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from scipy import special

from model_eval.columns import Difficulty
from tricky.core.errors import InputError

NOT_LABELLED = "n/a"
"""Shown in place of a difficulty where too few models saw the image."""

IMPOSSIBLE, IN_BETWEEN, TRIVIAL, UNSEEN = 0, 1, 2, 3
"""Difficulties as whole numbers, in the order of `NAMES`."""
NAMES = np.array(
    [Difficulty.IMPOSSIBLE.value, Difficulty.IN_BETWEEN.value, Difficulty.TRIVIAL.value, NOT_LABELLED]
)


def least_models(n_models: int, tolerance: int, min_models_share: float) -> int:
    """Return how many models of a pool must have seen an image for it to get a difficulty.

    Raises
    ------
    InputError
        The tolerance is too large for the whole pool.
    """
    _check_tolerance(n_models, tolerance)
    return max(2 * tolerance + 1, math.ceil(min_models_share * n_models - 1e-9))


def codes_of(
    n_correct: np.ndarray, n_models: np.ndarray | int, tolerance: int, least: int | None = None
) -> np.ndarray:
    """Return difficulties as `difficulty_of` does, as whole numbers: the places of `NAMES`."""
    _check_tolerance(int(np.min(n_models)) if least is None else least, tolerance)
    codes = (n_correct > tolerance).astype(np.int8)
    codes += n_correct >= np.asarray(n_models) - tolerance
    if least is not None:
        codes[np.broadcast_to(np.asarray(n_models) < least, codes.shape)] = UNSEEN
    return codes


def difficulty_of(
    n_correct: np.ndarray, n_models: np.ndarray | int, tolerance: int, least: int | None = None
) -> np.ndarray:
    """Return the difficulty of images from the number of models that were right.

    Parameters
    ----------
    n_correct : ndarray of int, shape (n_images,)
    n_models : ndarray of int, shape (n_images,), or int
        Models that saw each image.
    tolerance : int
        Models that may dissent; 0 is the strict definition.
    least : int, optional
        Images that fewer models saw are `NOT_LABELLED`; without it, all images get a difficulty.

    Returns
    -------
    ndarray of str, shape (n_images,)
        Values of `Difficulty`: trivial where all models but `tolerance` were right, impossible where no
        more than `tolerance` were.

    Raises
    ------
    InputError
        The tolerance is so large that an image could be both.
    """
    return NAMES[codes_of(n_correct, n_models, tolerance, least)]


def stability(
    n_correct: np.ndarray, n_models: np.ndarray | int, tolerance: int, least: int | None = None
) -> np.ndarray:
    """Return the probability that a resampled pool gives an image the same difficulty.

    The number of models that are right among `n_models` drawn from this pool with replacement follows
    Binomial(n_models, n_correct / n_models), so the bootstrap needs no resampling.  Models are treated as
    independent: for a pool of similar models the value is too high.

    Parameters
    ----------
    n_correct, n_models, tolerance, least
        As for `difficulty_of`.

    Returns
    -------
    ndarray of float, shape (n_images,)
        NaN for an image that is `NOT_LABELLED`.
    """
    codes = codes_of(n_correct, n_models, tolerance, least)
    return probability_of(codes, n_correct, n_models, tolerance)


def probability_of(
    codes: np.ndarray, n_correct: np.ndarray, n_models: np.ndarray | int, tolerance: int
) -> np.ndarray:
    """Return the probability that a pool resampled from this one gives images these difficulties.

    Parameters
    ----------
    codes : ndarray of int, shape (n_images,)
        As `codes_of` gives them, for this pool or for another.
    n_correct, n_models, tolerance
        Of this pool.

    Returns
    -------
    ndarray of float, shape (n_images,)
        NaN where `codes` is `UNSEEN` or no model of this pool saw the image.
    """
    n_models = np.broadcast_to(np.asarray(n_models), np.shape(n_correct))
    # Few pairs of counts are distinct: each is computed once.
    smallest, largest = int(n_models.min()), int(n_models.max())
    if smallest == largest < 100 * len(n_correct):
        return _probabilities(largest, tolerance)[n_correct, codes]
    keys = (n_models - smallest).astype(np.int64) * (largest + 1) + n_correct
    pairs, place = _distinct(keys)
    sizes, right = np.divmod(pairs, largest + 1)
    return _probabilities_of(smallest + sizes, right, tolerance)[place, codes]


def _distinct(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct keys in order, and the place of each key among them."""
    if keys.max() >= 100 * len(keys):
        return np.unique(keys, return_inverse=True)
    distinct = np.flatnonzero(np.bincount(keys))  # much faster than sorting
    place = np.zeros(int(distinct[-1]) + 1, dtype=np.intp)
    place[distinct] = np.arange(len(distinct))
    return distinct, place[keys]


@functools.lru_cache(maxsize=8)
def _probabilities(n_models: int, tolerance: int) -> np.ndarray:
    """Return the probability of each difficulty with 0, 1, 2 … models right, shape (n_models + 1, 4)."""
    right = np.arange(n_models + 1)
    return _probabilities_of(np.full_like(right, n_models), right, tolerance)


def _probabilities_of(sizes: np.ndarray, right: np.ndarray, tolerance: int) -> np.ndarray:
    """Return the probability of each of `NAMES` in pools resampled from such pools, shape (n_pools, 4)."""
    p_right = np.divide(right, sizes, out=np.zeros(len(sizes)), where=sizes > 0)
    p_trivial = special.bdtrc(sizes - tolerance - 1, sizes, p_right)
    p_impossible = special.bdtr(tolerance, sizes, p_right)
    table = np.full((len(sizes), len(NAMES)), np.nan)
    table[:, IMPOSSIBLE] = p_impossible
    table[:, TRIVIAL] = p_trivial
    table[:, IN_BETWEEN] = np.clip(1 - p_trivial - p_impossible, 0, 1)  # rounding may give less than 0
    table[sizes == 0] = np.nan
    return table


def _check_tolerance(smallest: int, tolerance: int) -> None:
    if 2 * tolerance >= smallest:
        raise InputError(
            f"a tolerance of {tolerance} is too large for {smallest} models: an image could be both trivial "
            f"and impossible; set `tolerance` in [label] to {(smallest - 1) // 2} or less"
        )
