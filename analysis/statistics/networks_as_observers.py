"""Machines as observers of the same pairs: can networks tell what networks cannot do?

A machine has a number for every image, such as its confidence, and takes the image where that number is
smaller for the harder one.  Where both are the same it has no answer.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.statistics.consistency_intervals import measure_consistency, pairs_between

N_FOLDS = 10
FEWEST_PAIRS = 20
"""With fewer nothing can be learned of low-level features."""


def choices(harder: pd.DataFrame, easier: pd.DataFrame) -> pd.DataFrame:
    """Return whether each machine takes the harder image for it, 1 or 0, NaN where it can't tell.

    Parameters
    ----------
    harder, easier : DataFrame, pairs × machines
        Scores of the two images of each pair, row by row.
    """
    a, b = harder.to_numpy(float), easier.to_numpy(float)
    right = np.where(np.isnan(a) | np.isnan(b) | (a == b), np.nan, a < b)
    return pd.DataFrame(right, harder.index, harder.columns)


def feature_choices(
    harder: pd.DataFrame, easier: pd.DataFrame, rng: np.random.Generator
) -> np.ndarray | None:
    """Return whether low-level features tell which image of a pair is harder, on pairs not learned from.

    A logistic regression on the difference of the two images' features, without a constant, is fitted to the
    other pairs, in ten folds: what anyone could do who knew the features and the answers to other pairs.

    Parameters
    ----------
    harder, easier : DataFrame, pairs × features
        Missing values have been left out.
    rng : Generator
        Deals the folds.

    Returns
    -------
    ndarray of float, shape (n_pairs,), or None
        1 or 0; None where there are too few pairs or no feature differs.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import KFold

    difference = harder.to_numpy(float) - easier.to_numpy(float)
    difference = difference[:, difference.std(axis=0) > 0]
    if len(difference) < FEWEST_PAIRS or difference.shape[1] == 0:
        return None
    difference /= np.sqrt(np.square(difference).mean(axis=0))
    right = np.empty(len(difference))
    folds = KFold(N_FOLDS, shuffle=True, random_state=int(rng.integers(2**31)))
    for train, test in folds.split(difference):
        # Each pair both ways round, so that there is something on either side to tell apart.
        known = np.vstack([difference[train], -difference[train]])
        answers = np.repeat([True, False], len(train))
        model = LogisticRegression(fit_intercept=False).fit(known, answers)
        right[test] = model.decision_function(difference[test]) > 0
    return right


def consistency_with_people(machines: np.ndarray, people: np.ndarray, level: float) -> pd.DataFrame:
    """Return each machine's mean error consistency with people, for other people and other pairs.

    Parameters
    ----------
    machines, people : ndarray of float, shapes (n_machines, n_pairs) and (n_observers, n_pairs)
        1 right, 0 wrong, NaN no answer.
    level : float
        Coverage of the interval, which is that of `measure_consistency`.

    Returns
    -------
    DataFrame, one row a machine
        `kappa` (mean over the observers with whom it is defined), `kappa_low`, `kappa_high`, and
        `kappa_reason` where one of these is missing.
    """
    observers = np.arange(1, len(people) + 1)
    rows = []
    for machine in machines:
        every = np.vstack([machine, people])
        found = measure_consistency(
            every == 1,
            pairs_between([0], observers),
            observed=~np.isnan(every),
            new_subjects=[observers],
            level=level,
        )
        rows.append((found.estimate, found.low, found.high, found.reason))
    return pd.DataFrame(rows, columns=["kappa", "kappa_low", "kappa_high", "kappa_reason"])
