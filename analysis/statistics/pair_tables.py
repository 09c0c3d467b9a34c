"""Tables of two by two of the decisions of every two models, for many resamples at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from analysis.statistics.error_consistency import kappa_of

_CELLS = 2**22
"""Decisions, weighted by resamples, that are held at once: 16 MB."""


Cells = tuple[tuple[bool, ...], ...]
"""For each choice of images the cells of a table in which an image counts."""


class Counted(NamedTuple):
    """Which images count for a pair of models.

    Attributes
    ----------
    kept : ndarray of bool, shape (n_counted_models + 1,)
        Whether an image counts by the number of models that are right.
    without_pair : bool
        Whether these are the models other than the pair itself; else all.
    """

    kept: np.ndarray
    without_pair: bool


def pair_tables(correct: np.ndarray, weights: np.ndarray, choices: Sequence[Counted]) -> list[np.ndarray]:
    """Count for every pair of models how many images both got right, one of them, or none.

    Parameters
    ----------
    correct : ndarray of bool, shape (n_models, n_patterns)
    weights : ndarray of int, shape (n_samples, n_patterns)
    choices : sequence of Counted

    Returns
    -------
    list of ndarray of float, shape (4, n_samples, n_pairs)
        For each choice.
    """
    pairs = np.triu_indices(len(correct), k=1)
    tables = [np.zeros((4, len(weights), len(pairs[0]))) for _ in choices]
    for cells, columns in _portions(correct.sum(axis=0), choices):
        counts = _counts(correct[:, columns], weights[:, columns], pairs)
        for table, counted in zip(tables, cells, strict=True):
            for cell, count, counts_here in zip(table, counts, counted, strict=True):
                if counts_here:
                    cell += count
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


def _portions(n_right: np.ndarray, choices: Sequence[Counted]) -> Iterator[tuple[Cells, np.ndarray]]:
    """Yield the patterns that are counted in the same cells of every choice's table, and these cells."""
    alike: dict[Cells, list[int]] = defaultdict(list)
    for number in np.unique(n_right).tolist():
        alike[tuple(_cells(number, choice) for choice in choices)].append(number)
    for cells, numbers in alike.items():
        if any(map(any, cells)):
            yield cells, np.flatnonzero(np.isin(n_right, numbers))


def _cells(n_right: int, choice: Counted) -> tuple[bool, ...]:
    """Return in which cells an image counts: both of the pair are right, the first, the second, none."""
    of_others = [n_right - choice.without_pair * of_pair for of_pair in (2, 1, 1, 0)]
    return tuple(0 <= each < len(choice.kept) and bool(choice.kept[each]) for each in of_others)


def _counts(
    correct: np.ndarray, weights: np.ndarray, pairs: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return for each sample and pair how often both were right, only the first, only the second, neither."""
    first, second = pairs
    # Whole numbers below 2**24 are exact in float32, whose products are the fastest.
    x, w = correct.astype(np.float32), weights.astype(np.float32)
    both = np.empty((len(w), len(first)), np.float32)
    at_once = max(1, _CELLS // x.size)
    for start in range(0, len(w), at_once):
        some = slice(start, start + at_once)
        both[some] = ((x * w[some, np.newaxis]) @ x.T)[:, first, second]
    single = w @ x.T
    only_first, only_second = single[:, first] - both, single[:, second] - both
    neither = w.sum(axis=1, keepdims=True) - both - only_first - only_second
    return both, only_first, only_second, neither
