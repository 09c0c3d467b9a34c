"""Tables of two by two of the decisions of every two models, for many resamples at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.statistics.error_consistency import kappa_of


def pair_tables(correct: np.ndarray, weights: np.ndarray, kept: np.ndarray, without_pair: bool) -> np.ndarray:
    """Count for every pair of models how many kept images both got right, one of them, or none.

    Parameters
    ----------
    correct : ndarray of bool, shape (n_models, n_patterns)
    weights : ndarray of int, shape (n_samples, n_patterns)
    kept : ndarray of bool, shape (n_counted_models + 1,)
        Whether an image counts by the number of models that are right.
    without_pair : bool
        Whether these are the models other than the pair itself; else all.

    Returns
    -------
    ndarray of float, shape (4, n_samples, n_pairs)
    """
    n_right = correct.sum(axis=0)
    j, k = np.triu_indices(len(correct), k=1)
    tables = np.zeros((4, len(weights), len(j)))
    for number, columns in _portions(n_right, at_most=2**23 // len(j)):
        # How many of the counted models are right, where of the pair both, one and none are.
        right = number - without_pair * np.array([2, 1, 1, 0])
        keep = [0 <= each < len(kept) and kept[each] for each in right]
        if not any(keep):
            continue
        # Whole numbers below 2**24 are exact in float32, whose products are the fastest.
        x = correct[:, columns].T.astype(np.float32)
        w = weights[:, columns].astype(np.float32)
        both = w @ (x[:, j] * x[:, k])
        single = w @ x
        first, second = single[:, j] - both, single[:, k] - both
        neither = w.sum(axis=1, keepdims=True) - both - first - second
        for cell, counts in enumerate((both, first, second, neither)):
            if keep[cell]:
                tables[cell] += counts
    return tables


def kappa_of_tables(tables: np.ndarray) -> np.ndarray:
    """Return Cohen's kappa of two models' decisions from tables of two by two.

    Parameters
    ----------
    tables : ndarray of float, shape (4, …)
        Number of images that both got right, only the first, only the second, neither.

    Returns
    -------
    ndarray of float, shape (…)
        NaN where one of the two was right on all images or wrong on all.
    """
    both, first, second, neither = tables.astype(float)
    return kappa_of(both + first + second + neither, both + first, both + second, both)


def _portions(n_right: np.ndarray, at_most: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the patterns by number of models that are right, no more at a time than memory allows."""
    for number in np.unique(n_right):
        columns = np.flatnonzero(n_right == number)
        for start in range(0, len(columns), max(1, at_most)):
            yield int(number), columns[start : start + max(1, at_most)]
