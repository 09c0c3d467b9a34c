"""Choices among many under several limits, as an integer programme (scipy's HiGHS)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array


class Programme:
    """Maximise a sum of gains over whole numbers of each unknown, within limits on weighted sums.

    Parameters
    ----------
    gains : sequence of float, shape (n_unknowns,)
    most : sequence of float, shape (n_unknowns,)
        Upper bound of each unknown; the lower one is 0.
    """

    def __init__(self, gains: Sequence[float] | np.ndarray, most: Sequence[float] | np.ndarray) -> None:
        self._gains = np.asarray(gains, dtype=float)
        self._most = np.asarray(most, dtype=float)
        self._rows: list[int] = []
        self._columns: list[int] = []
        self._weights: list[float] = []
        self._low: list[float] = []
        self._high: list[float] = []

    def limit(
        self,
        unknowns: Iterable[int],
        low: float,
        high: float,
        weights: Iterable[float] | None = None,
    ) -> None:
        """Hold the sum of `unknowns` (each times its weight, or 1) between `low` and `high`."""
        columns = list(unknowns)
        self._rows += [len(self._low)] * len(columns)
        self._columns += columns
        self._weights += [1.0] * len(columns) if weights is None else list(weights)
        self._low.append(low)
        self._high.append(high)

    def solve(self) -> np.ndarray | None:
        """Return the best whole numbers, int of shape (n_unknowns,), or None where none fit the limits."""
        n_unknowns = len(self._gains)
        if n_unknowns == 0:
            fits = all(low <= 0 <= high for low, high in zip(self._low, self._high, strict=True))
            return np.zeros(0, dtype=int) if fits else None
        shape = (len(self._low), n_unknowns)
        matrix = coo_array((self._weights, (self._rows, self._columns)), shape=shape)
        # scipy's types know only numbers as bounds; its documentation says arrays.
        low, high = cast(Any, np.array(self._low)), cast(Any, np.array(self._high))
        solved = milp(
            -self._gains,
            integrality=np.ones(n_unknowns, dtype=int),
            bounds=Bounds(cast(Any, np.zeros(n_unknowns)), cast(Any, self._most)),
            constraints=LinearConstraint(matrix, low, high),
        )
        return None if solved.x is None else np.round(solved.x).astype(int)
