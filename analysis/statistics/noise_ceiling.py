"""How far observers agree on which items are hard (noise ceiling), and what explains differences of items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from analysis.statistics.estimate import Estimate
from analysis.statistics.folds import folds

N_SPLITS = 200
N_DRAWS = 500
N_REPEATS = 5
N_FOLDS = 10
FEWEST_ITEMS = 30
"""With fewer items no correlation and no fit is reported."""


@dataclass(frozen=True)
class Ceiling(Estimate):
    """The reliability of items' accuracies over observers, with an interval for new items.

    The reliability (Spearman–Brown) is the largest share of the variance of these accuracies that any
    knowledge of the items can explain.

    Attributes
    ----------
    split_half : float
        Mean correlation over items between two random halves of the observers; NaN without a reliability.
    n_observers, n_items : int
    """

    split_half: float
    n_observers: int
    n_items: int


def noise_ceiling(answers: np.ndarray, rng: np.random.Generator, level: float = 0.95) -> Ceiling:
    r"""Estimate the noise ceiling of item accuracies by split halves.

    Observers are split at random into halves of m; r is the correlation over items between the accuracies of
    the two halves, averaged over splits. The reliability of the accuracy over all n observers is then
    (Spearman 1910; Brown 1910)

    .. math:: \rho = \frac{k r}{1 + (k - 1) r}, \qquad k = n / m.

    where a correlation below 0 counts as 0.  The interval comes from a bootstrap over items; all splits enter
    each resample.

    Parameters
    ----------
    answers : ndarray of float, shape (n_observers, n_items)
        1 right, 0 wrong, NaN not seen.
    rng : Generator
    level : float
        Coverage of the interval.
    """
    n_observers, n_items = answers.shape
    half = n_observers // 2

    def none(reason: str) -> Ceiling:
        return Ceiling(np.nan, np.nan, np.nan, level, None, np.nan, n_observers, n_items, reason=reason)

    if half < 1:
        return none("one observer has no halves to compare")
    if n_items < FEWEST_ITEMS:
        return none(f"{FEWEST_ITEMS} items or more are needed, there are {n_items}")
    orders = np.argsort(rng.random((N_SPLITS, n_observers)), axis=1)
    members = np.zeros((2, N_SPLITS, n_observers))
    for side in (0, 1):
        chosen = orders[:, side * half : (side + 1) * half]
        np.put_along_axis(members[side], chosen, 1.0, axis=1)
    seen = ~np.isnan(answers)
    n_right = members @ np.where(seen, answers, 0.0)
    n_seen = members @ seen.astype(float)
    both = (n_seen > 0).all(axis=0)
    first, second = np.divide(n_right, n_seen, out=np.zeros_like(n_right), where=n_seen > 0)
    draws = rng.multinomial(n_items, np.full(n_items, 1 / n_items), N_DRAWS)
    weights = np.vstack([np.ones(n_items), draws])
    correlations = _weighted_correlations(first, second, np.asarray(both), weights)
    n_defined = np.isfinite(correlations).sum(axis=1)
    r = np.where(n_defined > 0, np.nansum(correlations, axis=1) / np.maximum(n_defined, 1), np.nan)
    if np.isnan(r[0]):
        return none("halves of the observers share too few items, or their answers do not vary over items")
    k, at_least_0 = n_observers / half, np.maximum(r, 0)
    reliability = k * at_least_0 / (1 + (k - 1) * at_least_0)
    tail = (1 - level) / 2
    limits = cast("np.ndarray", np.nanquantile(reliability[1:], [tail, 1 - tail]))
    return Ceiling(
        float(reliability[0]),
        float(limits[0]),
        float(limits[1]),
        level,
        "for new items: bootstrap over items",
        float(r[0]),
        n_observers,
        n_items,
    )


def _weighted_correlations(x: np.ndarray, y: np.ndarray, seen: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Correlate x and y, each (n_splits, n_items), under each row of weights: (n_weights, n_splits)."""

    def total(values: np.ndarray) -> np.ndarray:
        return weights @ (values * seen).T

    n = total(np.ones_like(x))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_x, mean_y = total(x) / n, total(y) / n
        covariance = total(x * y) / n - mean_x * mean_y
        variances = (total(x * x) / n - mean_x**2) * (total(y * y) / n - mean_y**2)
        return np.where(variances > 1e-12, covariance / np.sqrt(np.maximum(variances, 1e-300)), np.nan)


def explained(
    accuracy: np.ndarray,
    predictors: Mapping[str, pd.DataFrame],
    ceiling: float,
    rng: np.random.Generator,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how much of the variance of item accuracies is explained by what is known about the items.

    For each group of predictors, and for all together, a ridge regression predicts items that are left out of
    the fit (ten folds, five times; the penalty is chosen within the training items).  R² compares its errors
    with those of the training items' mean; below 0 it predicts worse than that mean.

    Parameters
    ----------
    accuracy : ndarray of float, shape (n_items,)
        Observed accuracy of each item, not shrunk.
    predictors : mapping of str to DataFrame, n_items rows
        Numbers, and texts (classes), of each group.
    ceiling : float
        Reliability of `accuracy`, as `noise_ceiling` estimates it.
    rng : Generator
    level : float
        Nominal coverage of the intervals.  They resample items and keep the fits, and are much too narrow
        with few items (``benchmarks/coverage_explained.py``).

    Returns
    -------
    DataFrame, one row a group, the last one of all together
        `predictors`, `r2`, `low`, `high` (of r2), `share`: r2 as a share of the ceiling.
    """
    groups = dict(predictors)
    if len(groups) > 1:
        groups["all together"] = pd.concat(list(predictors.values()), axis=1)
    draws = rng.multinomial(len(accuracy), np.full(len(accuracy), 1 / len(accuracy)), N_DRAWS)
    seeds = rng.integers(2**31, size=N_REPEATS)
    rows: list[tuple[str, float, float, float, float]] = []
    for name, table in groups.items():
        errors, base = np.mean([_errors(accuracy, table, int(seed)) for seed in seeds], axis=0)
        tail = (1 - level) / 2
        resampled = 1 - (draws @ errors) / (draws @ base)
        limits = cast("np.ndarray", np.quantile(resampled, [tail, 1 - tail]))
        r2 = float(1 - errors.sum() / base.sum())
        rows.append((name, r2, float(limits[0]), float(limits[1]), r2 / ceiling if ceiling > 0 else np.nan))
    return pd.DataFrame(rows, columns=["predictors", "r2", "low", "high", "share"])


def _errors(accuracy: np.ndarray, table: pd.DataFrame, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the squared errors of items left out, of the fit and of the mean of the items not left out."""
    columns = pd.get_dummies(table, dtype=float).to_numpy(float)
    errors, base = np.empty(len(accuracy)), np.empty(len(accuracy))
    for train, test in folds(len(accuracy), min(N_FOLDS, len(accuracy)), seed):
        model = ridge_regression()
        model.fit(columns[train], accuracy[train])
        errors[test] = (accuracy[test] - model.predict(columns[test])) ** 2
        base[test] = (accuracy[test] - accuracy[train].mean()) ** 2
    return errors, base


def ridge_regression() -> Any:
    """Return the regression that `explained` fits: ridge, its penalty chosen by the training items."""
    from sklearn.linear_model import RidgeCV  # pyright: ignore[reportMissingTypeStubs]
    from sklearn.pipeline import Pipeline  # pyright: ignore[reportMissingTypeStubs]
    from sklearn.preprocessing import StandardScaler  # pyright: ignore[reportMissingTypeStubs]

    return Pipeline([("scale", StandardScaler()), ("fit", RidgeCV(np.logspace(-1, 5, 13)))])
