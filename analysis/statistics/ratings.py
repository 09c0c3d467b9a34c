"""Ratings on an ordered scale: their distribution, their means, and each observer's rank correlation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.estimate import check_level
from analysis.statistics.population_mean import population_mean
from tricky.core.errors import InputError

FEWEST_ITEMS = 4
"""With fewer a rank correlation has no interval."""


def rating_table(
    rating: ArrayLike, observer: ArrayLike, item: ArrayLike, **further: ArrayLike
) -> pd.DataFrame:
    """Return the columns `observer`, `item`, `rating` (float) and what else is given (`x` as float).

    Raises
    ------
    InputError
        The arrays differ in length, or no rating is left.
    """
    table = _table(observer=observer, item=item, rating=rating, **further)
    if table.empty:
        raise InputError("no rating is left; give at least one")
    return table.astype({"rating": float} | ({"x": float} if "x" in further else {}))


def steps_of(rating: pd.Series, scale: Sequence[float] | None) -> list[float]:
    """Return the ratings that could be given, from low to high; those that were given, without a scale.

    Raises
    ------
    InputError
        A rating is not on the scale.
    """
    given: set[float] = set(rating)
    steps = sorted(given if scale is None else scale)
    if unknown := given - set(steps):
        raise InputError(f"rating {min(unknown):g} is not on the scale {', '.join(f'{s:g}' for s in steps)}")
    return steps


def rating_distribution(
    rating: ArrayLike,
    group: ArrayLike,
    observer: ArrayLike,
    item: ArrayLike,
    level: float = 0.95,
    *,
    scale: Sequence[float] | None = None,
) -> pd.DataFrame:
    """Return how often each rating was given to each group of items.

    Each share has the interval of `population_accuracy`: two-way cluster-robust, for new observers and new
    items.

    Parameters
    ----------
    rating : array_like of float, shape (n_trials,)
        On an ordered scale; missing values are left out.
    group : array_like, shape (n_trials,)
        Of the item: a class of difficulty, or the number of models that are right.
    observer, item : array_like, shape (n_trials,)
    level : float
        Coverage of intervals, between 0 and 1.
    scale : sequence of float, optional
        All ratings that could be given; otherwise those that were.

    Returns
    -------
    DataFrame, one row a group and rating, both from low to high
        `group`, `rating`, `n_ratings` (of this group), `n` (of these, this rating), `share`, `low`, `high`,
        `reason` as in `PopulationMean`.

    Raises
    ------
    InputError
        The arrays differ in length, no rating is left, or a rating is not on the scale.
    """
    check_level(level)
    table = rating_table(rating, observer, item, group=group)
    steps = steps_of(table["rating"], scale)
    rows: list[dict[str, object]] = []
    for name, of_group in table.groupby("group", observed=True):
        for step in steps:
            is_step = of_group["rating"] == step
            found = population_accuracy(is_step, of_group["observer"], of_group["item"], level)
            rows.append(
                {
                    "group": name,
                    "rating": step,
                    "n_ratings": len(of_group),
                    "n": int(is_step.sum()),
                    "share": found.estimate,
                    "low": found.low,
                    "high": found.high,
                    "reason": found.reason,
                }
            )
    return pd.DataFrame(rows)


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
        `group`, `n_items`, `n_ratings`, `mean`, `low`, `high`, `reason` as in `Mean`.

    Raises
    ------
    InputError
        The arrays differ in length, or a rating lies outside of the bounds.
    """
    table = _table(group=group, rating=rating, observer=observer, item=item)
    rows: list[tuple[object, ...]] = []
    for name, part in table.groupby("group"):
        found = population_mean(part["rating"], part["observer"], part["item"], level, bounds=bounds)
        n_items = part["item"].nunique()
        about = found.estimate, found.low, found.high, found.reason
        rows.append((name, n_items, found.n_trials, *about))
    columns = ["group", "n_items", "n_ratings", "mean", "low", "high", "reason"]
    found = pd.DataFrame(rows, columns=columns)
    return found.astype({"n_items": int, "n_ratings": int, "mean": float, "low": float, "high": float})


def observer_correlations(
    rating: ArrayLike, predictor: ArrayLike, observer: ArrayLike, level: float = 0.95
) -> pd.DataFrame:
    r"""Return Spearman's rank correlation of each observer's ratings with a property of the items.

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
        `n_ratings`, `mean`, `correlation`, `low`, `high`, and `reason`: why the correlation is NaN (ratings
        or predictor do not vary), or its interval (fewer than four items, a correlation of 1).

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
    rows: dict[object, tuple[object, ...]] = {}
    for name, part in table.groupby("observer"):
        found = _rank_correlation(part["rating"], part["predictor"], level)
        rows[name] = (len(part), part["rating"].mean(), *found)
    columns = ["n_ratings", "mean", "correlation", "low", "high", "reason"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.astype({"n_ratings": int}).rename_axis("observer")


def _rank_correlation(
    rating: pd.Series, predictor: pd.Series, level: float
) -> tuple[float, float, float, str | None]:
    """Return Spearman's correlation, its interval, and why something is missing."""
    for values, what in ((rating, "ratings do"), (predictor, "the predictor does")):
        if values.nunique() < 2:
            return np.nan, np.nan, np.nan, f"{what} not vary"
    found: Any = stats.spearmanr(rating, predictor)  # pyright: ignore[reportUnknownMemberType]
    r = float(found.statistic)
    if len(rating) < FEWEST_ITEMS:
        return r, np.nan, np.nan, f"an interval needs {FEWEST_ITEMS} items"
    if abs(r) > 1 - 1e-12:  # Fisher's transformation of 1 is infinite
        return r, np.nan, np.nan, "ranks agree without exception"
    error = np.sqrt((1 + r**2 / 2) / (len(rating) - 3))
    low, high = np.tanh(np.arctanh(r) + stats.norm.ppf((1 + level) / 2) * error * np.array([-1, 1]))
    return r, float(low), float(high), None


def _table(**columns: ArrayLike) -> pd.DataFrame:
    """Return the trials that lack none of these."""
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    if len({len(values) for values in arrays.values()}) > 1:
        lengths = ", ".join(f"{name} {len(values)}" for name, values in arrays.items())
        raise InputError(f"numbers of values differ ({lengths}); give one of each for every trial")
    return pd.DataFrame(arrays).dropna()
