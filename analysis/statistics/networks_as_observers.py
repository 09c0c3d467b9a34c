"""Networks as observers of the same pairs: do they choose the image that is harder for a network?

A network has a score for every image, such as its confidence, and chooses the image with the smaller score as
the harder one.  Where both scores are equal it gives no answer.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics.consistency_intervals import measure_consistency, pairs_between
from analysis.statistics.folds import folds

N_FOLDS = 10
FEWEST_PAIRS = 20
"""With fewer pairs no classifier is fitted to low-level features."""


def choices(harder: pd.DataFrame, easier: pd.DataFrame) -> pd.DataFrame:
    """Return whether each network chooses the harder image: 1 or 0, NaN where it gives no answer.

    Parameters
    ----------
    harder, easier : DataFrame, pairs × networks
        Scores of the two images of each pair, row by row.
    """
    a, b = harder.to_numpy(float), easier.to_numpy(float)
    right = np.where(np.isnan(a) | np.isnan(b) | (a == b), np.nan, a < b)
    return pd.DataFrame(right, harder.index, harder.columns)


def feature_choices(
    harder: pd.DataFrame, easier: pd.DataFrame, rng: np.random.Generator
) -> np.ndarray | None:
    """Classify by low-level features which image of a pair is harder, on pairs left out of the fit.

    A logistic regression on the difference of the two images' features, without an intercept, in tenfold
    cross-validation.

    Parameters
    ----------
    harder, easier : DataFrame, pairs × features
        Without missing values.
    rng : Generator
        Assigns pairs to folds.

    Returns
    -------
    ndarray of float, shape (n_pairs,), or None
        1 or 0; None where there are too few pairs or no feature differs.
    """
    from sklearn.linear_model import LogisticRegression  # pyright: ignore[reportMissingTypeStubs]

    difference = harder.to_numpy(float) - easier.to_numpy(float)
    difference = difference[:, difference.std(axis=0) > 0]
    if len(difference) < FEWEST_PAIRS or difference.shape[1] == 0:
        return None
    difference /= np.sqrt(np.square(difference).mean(axis=0))
    right = np.empty(len(difference))
    seed = int(rng.integers(2**31, dtype=np.int64))
    for train, test in folds(len(difference), N_FOLDS, seed):
        # Each pair in both orders, so that there are two classes to separate.
        known = difference[train]
        answers = np.repeat([True, False], len(train))
        model: Any = LogisticRegression(fit_intercept=False)
        model.fit(np.concatenate([known, -known]), answers)
        right[test] = model.decision_function(difference[test]) > 0
    return right


def consistency_with_people(networks: np.ndarray, people: np.ndarray, level: float) -> pd.DataFrame:
    """Return each network's mean error consistency with people, for other people and other pairs.

    Parameters
    ----------
    networks, people : ndarray of float, shapes (n_networks, n_pairs) and (n_observers, n_pairs)
        1 right, 0 wrong, NaN no answer.
    level : float
        Coverage of the interval, which is that of `measure_consistency`.

    Returns
    -------
    DataFrame, one row a network
        `kappa` (mean over the observers with whom it is defined), `kappa_low`, `kappa_high`, and
        `kappa_reason` where one of these is missing.
    """
    observers = np.arange(1, len(people) + 1)

    def measure(network: np.ndarray) -> tuple[float, float, float, str | None]:
        every = np.vstack([network, people])
        seen = ~np.isnan(every)
        found = measure_consistency(
            every == 1,
            pairs_between([0], observers),
            observed=None if seen.all() else seen,
            new_subjects=[observers],
            level=level,
        )
        return found.estimate, found.low, found.high, found.reason

    # Most of it leaves the interpreter to others. With 1,000 observers a thread takes some 200 MB.
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as threads:
        rows = list(threads.map(measure, networks))
    return pd.DataFrame(rows, columns=["kappa", "kappa_low", "kappa_high", "kappa_reason"])
