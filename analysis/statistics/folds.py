"""The folds of a cross-validation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


def folds(n: int, n_folds: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the indices of each training part and of the part that is left out of it, in random folds.

    Parameters
    ----------
    n : int
        Number of cases.
    n_folds : int
    seed : int
    """
    from sklearn.model_selection import KFold  # pyright: ignore[reportMissingTypeStubs]

    parts: Any = KFold(n_folds, shuffle=True, random_state=seed)
    yield from parts.split(np.zeros(n))
