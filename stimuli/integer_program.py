"""Integer programmes, solved by scipy's HiGHS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array


class IntegerProgram:
    """Maximise a weighted sum of integer variables under linear constraints.

    Parameters
    ----------
    gains : sequence of float, shape (n_variables,)
        Weights of the variables.
    upper : sequence of float, shape (n_variables,)
        Upper bound of each variable; the lower bound is 0.
    """

    def __init__(self, gains: Sequence[float] | np.ndarray, upper: Sequence[float] | np.ndarray) -> None:
        self._gains = np.asarray(gains, dtype=float)
        self._upper = np.asarray(upper, dtype=float)
        self._rows: list[int] = []
        self._columns: list[int] = []
        self._weights: list[float] = []
        self._low: list[float] = []
        self._high: list[float] = []

    def constrain(
        self,
        variables: Iterable[int],
        low: float,
        high: float,
        weights: Iterable[float] | None = None,
    ) -> None:
        """Constrain the sum of `variables`, each times its weight (or 1), to `low` to `high`."""
        columns = list(variables)
        self._rows += [len(self._low)] * len(columns)
        self._columns += columns
        self._weights += [1.0] * len(columns) if weights is None else list(weights)
        self._low.append(low)
        self._high.append(high)

    def solve(self) -> np.ndarray | None:
        """Return the best integers, shape (n_variables,), or None if none satisfy the constraints."""
        n_variables = len(self._gains)
        if n_variables == 0:
            fits = all(low <= 0 <= high for low, high in zip(self._low, self._high, strict=True))
            return np.zeros(0, dtype=int) if fits else None
        shape = (len(self._low), n_variables)
        matrix = coo_array((self._weights, (self._rows, self._columns)), shape=shape)
        # scipy's stubs allow only numbers as bounds; its documentation says arrays.
        low, high = cast(Any, np.array(self._low)), cast(Any, np.array(self._high))
        solved = milp(
            -self._gains,
            integrality=np.ones(n_variables, dtype=int),
            bounds=Bounds(cast(Any, np.zeros(n_variables)), cast(Any, self._upper)),
            constraints=LinearConstraint(matrix, low, high),
        )
        return None if solved.x is None else np.round(solved.x).astype(int)
