"""Mean ratings of groups and of items, and how single observers' ratings go with what the items have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from analysis.statistics.estimate import check_level
from analysis.statistics.means import population_mean
from tricky.core.errors import InputError

FEWEST_ITEMS = 4
"""With fewer a rank correlation has no interval."""


def mean_by(
    group: ArrayLike,
    rating: ArrayLike,
    observer: ArrayLike,
    item: ArrayLike,
    level: float = 0.95,
    *,
    bounds: tuple[float, float] | None = None,
) -> pd.DataFrame:
    """Return the mean rating of each group of items, with the interval of `population_mean`.

    Parameters
    ----------
    group : array_like, shape (n_trials,)
        Of the item; missing values are left out.
    rating : array_like of float, shape (n_trials,)
        Missing values are left out.
    observer, item : array_like, shape (n_trials,)
    level : float
        Coverage of the intervals, which are for new observers and new items of the group.
    bounds : tuple of two float, optional
        The lowest and the highest rating of the scale, within which intervals stay.

    Returns
    -------
    DataFrame, one row a group, sorted
        `group`, `n_items`, `n_ratings`, `mean`, `low`, `high`.

    Raises
    ------
    InputError
        The arrays differ in length, or a rating lies outside of the bounds.
    """
    table = _table(group=group, rating=rating, observer=observer, item=item)
    rows = []
    for name, part in table.groupby("group"):
        found = population_mean(part["rating"], part["observer"], part["item"], level, bounds=bounds)
        n_items = part["item"].nunique()
        rows.append((name, n_items, found.n_trials, found.estimate, found.low, found.high))
    return pd.DataFrame(rows, columns=["group", "n_items", "n_ratings", "mean", "low", "high"])


def observer_correlations(
    rating: ArrayLike, predictor: ArrayLike, observer: ArrayLike, level: float = 0.95
) -> pd.DataFrame:
    r"""Return Spearman's rank correlation of each observer's ratings with what the items have.

    The interval is Fisher's, with the variance :math:`(1 + r^2 / 2) / (n - 3)` that suits ranks [1]_: for
    this observer and other items.

    Parameters
    ----------
    rating, predictor : array_like of float, shape (n_trials,)
        Missing values are left out.
    observer : array_like, shape (n_trials,)
        Who rated; each item once.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    DataFrame, one row an observer, index `observer`
        `n_ratings`, `mean`, `correlation`, `low`, `high`: NaN where ratings or predictor do not vary, the
        interval also with fewer than four items or a correlation of 1.

    Raises
    ------
    InputError
        The arrays differ in length.

    References
    ----------
    .. [1] Bonett, D. G., & Wright, T. A. (2000). Sample size requirements for estimating Pearson, Kendall and
       Spearman correlations. Psychometrika, 65(1), 23–28.
    """
    check_level(level)
    table = _table(rating=rating, predictor=predictor, observer=observer)
    rows = {}
    for name, part in table.groupby("observer"):
        r, low, high = np.nan, np.nan, np.nan
        if min(part["rating"].nunique(), part["predictor"].nunique()) > 1:
            found: Any = stats.spearmanr(part["rating"], part["predictor"])
            r = float(found.statistic)
            if len(part) >= FEWEST_ITEMS and abs(r) < 1:
                error = np.sqrt((1 + r**2 / 2) / (len(part) - 3))
                low, high = np.tanh(
                    np.arctanh(r) + stats.norm.ppf((1 + level) / 2) * error * np.array([-1, 1])
                )
        rows[name] = (len(part), part["rating"].mean(), r, low, high)
    columns = ["n_ratings", "mean", "correlation", "low", "high"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.astype({"n_ratings": int}).rename_axis("observer")


def _table(**columns: ArrayLike) -> pd.DataFrame:
    """Return the trials that lack none of these."""
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    if len({len(values) for values in arrays.values()}) > 1:
        lengths = ", ".join(f"{name} {len(values)}" for name, values in arrays.items())
        raise InputError(f"numbers of values differ ({lengths}); give one of each a trial")
    return pd.DataFrame(arrays).dropna()
