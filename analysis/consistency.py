"""What is said of the error consistencies of a group of subjects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ConsistencySummary:
    """The error consistencies of all pairs of subjects, each pair once.

    Attributes
    ----------
    mean, sd, low, high : float
        Mean, standard deviation (n − 1), smallest and largest κ; NaN where too few pairs have one.
    n_pairs : int
        Number of pairs whose κ is defined.
    n_undefined : int
        Number of pairs without one.
    """

    mean: float
    sd: float
    low: float
    high: float
    n_pairs: int
    n_undefined: int


def summarise_pairs(kappa: np.ndarray) -> ConsistencySummary:
    """Summarise a matrix of `error_consistency` over pairs of different subjects, shape (n, n)."""
    pairs = kappa[np.triu_indices(len(kappa), k=1)]
    defined = pairs[~np.isnan(pairs)]
    n_undefined = len(pairs) - len(defined)
    if len(defined) == 0:
        return ConsistencySummary(np.nan, np.nan, np.nan, np.nan, 0, n_undefined)
    sd = float(defined.std(ddof=1)) if len(defined) > 1 else np.nan
    return ConsistencySummary(
        float(defined.mean()), sd, float(defined.min()), float(defined.max()), len(defined), n_undefined
    )
