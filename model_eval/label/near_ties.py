"""Labels that depend on near ties: decisions that numeric noise alone could change."""

from __future__ import annotations

import numpy as np

from model_eval.label.criterion import IMPOSSIBLE, TRIVIAL, codes_of


def fragile_labels(correct: np.ndarray, seen: np.ndarray, near: np.ndarray, tolerance: int) -> np.ndarray:
    """Return which images could have another difficulty if near ties had been decided the other way.

    Difficulty increases with the number of models that are right, so it is enough to count all near ties as
    right, or all as wrong.

    Parameters
    ----------
    correct, seen, near : ndarray of bool, shape (n_models, n_images)
        Which models were right, which saw an image, and which decisions are near ties.
    tolerance : int
        As for `difficulty_of`.

    Returns
    -------
    ndarray of bool, shape (n_images,)
    """
    n_correct, n_models = _count(correct), _count(seen)
    could_be_wrong = _count(correct & near)
    could_be_right = _count(near) - could_be_wrong
    codes, most, least = (
        codes_of(right, n_models, tolerance, 2 * tolerance + 1)
        for right in (n_correct, n_correct + could_be_right, n_correct - could_be_wrong)
    )
    return (codes != most) | (codes != least)


def count_near_ties(
    correct: np.ndarray, seen: np.ndarray, near: np.ndarray, tolerance: int
) -> dict[str, int]:
    """Count near ties, and the trivial and impossible labels that depend on them; as `fragile_labels`."""
    fragile = fragile_labels(correct, seen, near, tolerance)
    codes = codes_of(_count(correct), _count(seen), tolerance, 2 * tolerance + 1)
    return {
        "decisions": int(np.count_nonzero(near)),
        "trivial": int((fragile & (codes == TRIVIAL)).sum()),
        "impossible": int((fragile & (codes == IMPOSSIBLE)).sum()),
    }


def _count(which: np.ndarray) -> np.ndarray:
    """Return the number of models for each image."""
    return which.sum(axis=0, dtype=np.int32)
