"""Near-duplicates: images with similar perceptual hashes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def hash_bits(hashes: Sequence[str]) -> np.ndarray:
    """Return hashes of 16 hexadecimal digits as uint64, shape (n_images,)."""
    return np.array([int(each, 16) for each in hashes], dtype=np.uint64)


def apart(hashes: np.ndarray, min_distance: int, n_fixed: int = 0) -> np.ndarray:
    """Return which images to keep so that any two differ in at least `min_distance` bits.

    Images are kept in the order given, except those that are too similar to one kept before.

    Parameters
    ----------
    hashes : ndarray of uint64, shape (n_images,)
    min_distance : int
        In bits (Hamming distance).
    n_fixed : int
        Number of images at the beginning that are kept in any case.

    Returns
    -------
    ndarray of bool, shape (n_images,)
    """
    keep = np.ones(len(hashes), dtype=bool)
    if min_distance < 1:
        return keep
    for i in range(len(hashes)):
        if keep[i]:
            later = slice(max(i + 1, n_fixed), None)
            keep[later] &= np.bitwise_count(hashes[later] ^ hashes[i]) >= min_distance
    return keep


def close_pairs(hashes: np.ndarray, min_distance: int) -> list[tuple[int, int]]:
    """Return the indices of every two images that differ in fewer than `min_distance` bits."""
    distances = np.bitwise_count(hashes[:, None] ^ hashes[None, :])
    first, second = np.nonzero(np.triu(distances < min_distance, k=1))
    return list(zip(first.tolist(), second.tolist(), strict=True))
