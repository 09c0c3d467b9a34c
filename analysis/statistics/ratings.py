"""Ratings on an ordered scale: how they spread, what moves them, and how far observers agree."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.statistics.accuracy import check_level, population_accuracy
from analysis.statistics.clusters import spread_of
from analysis.statistics.estimate import Estimate
from tricky.core.errors import InputError

METHOD = "two-way cluster-robust (observers and items), t with Hall's correction for skewness"


@dataclass(frozen=True)
class Agreement(Estimate):
    """Krippendorff's α, how far observers agree in their ratings, for new observers *and* new items.

    1 where they always agree, 0 where they agree as often as ratings drawn from all of them would.

    Attributes
    ----------
    n_observers, n_items : int
        What it rests on: items that two observers or more rated.
    """

    n_observers: int
    n_items: int


@dataclass(frozen=True)
class OrdinalFit(Estimate):
    """How ratings move with what the items have: the slope, for new observers *and* new items.

    The slope is the change of the log odds of a rating above any given one, for each unit of the predictor.

    Attributes
    ----------
    thresholds : ndarray of float, shape (n_ratings − 1,)
        Log odds of at most each rating but the last, where the predictor is 0.
    ratings : tuple of float
        The ratings that were given, from low to high.
    p_value : float
        Of a slope of 0, two-sided, by what the interval was made with; NaN without an interval.
    """

    thresholds: np.ndarray
    ratings: tuple[float, ...]
    p_value: float


def rating_distribution(
    rating: ArrayLike,
    group: ArrayLike,
    observer: ArrayLike,
    item: ArrayLike,
    level: float = 0.95,
    scale: ArrayLike | None = None,
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
    scale : array_like of float, optional
        All ratings that could be given. Default: those that were.

    Returns
    -------
    DataFrame, one row a group and rating, both from low to high
        `group`, `rating`, `n_ratings` (of this group), `n` (of these, this rating), `share`, `low`, `high`,
        `reason` as in `PopulationAccuracy`.

    Raises
    ------
    InputError
        The arrays differ in length, or no rating is left.
    """
    check_level(level)
    table = _table(rating, observer, item, group=group)
    steps = np.unique(table["rating"] if scale is None else np.asarray(scale, dtype=float))
    rows = []
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


def rating_agreement(
    rating: ArrayLike, observer: ArrayLike, item: ArrayLike, level: float = 0.95
) -> Agreement:
    r"""Return Krippendorff's α of ratings on an ordered scale, with an interval.

    :math:`\alpha = 1 - D_o / D_e` [1]_, the disagreement observed within items over that expected between any
    two ratings, as the package `krippendorff` computes it.  The interval is the two-way cluster-robust one of
    `clusters.spread_of` on what each rating adds to α: its derivative by the rating's weight.  The usual
    bootstrap over items holds for these very observers alone; a bootstrap over observers lets who was drawn
    twice agree with itself, and, with that put right, covers more than it says.

    Parameters
    ----------
    rating : array_like of float, shape (n_trials,)
        On an ordered scale; missing values are left out.
    observer, item : array_like, shape (n_trials,)
        Who rated what, each pair once.
    level : float
        Coverage, between 0 and 1.

    Raises
    ------
    InputError
        The arrays differ in length, no rating is left, or an observer rated an item twice.

    References
    ----------
    .. [1] Krippendorff, K. (2004). Content analysis: an introduction to its methodology (2nd ed.). Sage,
       ch. 11.
    """
    import krippendorff

    check_level(level)
    table = _once_each(_table(rating, observer, item))
    shared = table[table.groupby("item")["observer"].transform("size") > 1]
    observers, items, ranks = (pd.factorize(shared[name], sort=True)[0] for name in shared)
    shape = shared["observer"].nunique(), shared["item"].nunique()
    if shared["rating"].nunique() < 2:
        why = "no item was rated by two observers" if shared.empty else "all ratings are the same"
        return Agreement(np.nan, np.nan, np.nan, level, None, *shape, reason=why)
    # Only the order of an ordered scale counts, so ranks stand for ratings.
    matrix = np.full(shape, np.nan)
    matrix[observers, items] = ranks
    alpha = float(krippendorff.alpha(reliability_data=matrix, level_of_measurement="ordinal"))
    if shape[0] < 3 or shape[1] < 2:
        why = "an interval for new observers and items needs three observers and two items"
        return Agreement(alpha, np.nan, np.nan, level, None, *shape, reason=why)
    low, high = spread_of(_alpha_influence(items, ranks), observers, items).interval(alpha, level)
    return Agreement(alpha, low, min(high, 1.0), level, METHOD, *shape)


def ordinal_regression(
    rating: ArrayLike,
    predictor: ArrayLike,
    observer: ArrayLike,
    item: ArrayLike,
    level: float = 0.95,
) -> OrdinalFit:
    r"""Regress ratings on what the items have.

    The proportional-odds model :math:`\mathrm{logit}\, P(\text{rating} \le k) = \theta_k - \beta x` [1]_, as
    statsmodels' `OrderedModel` fits it.  The interval is the two-way cluster-robust one of
    `clusters.spread_of` on what each rating adds to the slope: the inverse information times its score.
    The slope is that of the population's ratings as a whole, which is flatter than each observer's own where
    observers place the steps of the scale differently.

    Parameters
    ----------
    rating : array_like of float, shape (n_trials,)
        On an ordered scale; missing values are left out.
    predictor : array_like of float, shape (n_trials,)
        Such as the share of models that are wrong; missing values are left out.
    observer, item : array_like, shape (n_trials,)
    level : float
        Coverage, between 0 and 1.

    Raises
    ------
    InputError
        The arrays differ in length, no rating is left, ratings or predictor do not vary, the predictor
        divides the ratings without exception, or the fit does not converge.

    References
    ----------
    .. [1] McCullagh, P. (1980). Regression models for ordinal data. Journal of the Royal Statistical Society
       B, 42(2), 109–142.
    """
    check_level(level)
    table = _table(rating, observer, item, x=predictor)
    for name, what in (("rating", "ratings"), ("x", "the predictor")):
        if table[name].nunique() < 2:
            raise InputError(f"{what} took one value only; a slope needs two")
    if _divides(table["x"], table["rating"]) or _divides(-table["x"], table["rating"]):
        raise InputError("the predictor divides the ratings without exception; their slope has no limit")
    thresholds, slope, influence = _ordered_model(table["rating"], table["x"])
    ratings = tuple(np.unique(table["rating"]).tolist())
    observers, items = (pd.factorize(table[name])[0] for name in ("observer", "item"))
    if min(observers.max(), items.max()) < 1:
        why = f"one {'observer' if observers.max() < 1 else 'item'} tells nothing of others"
        return OrdinalFit(slope, np.nan, np.nan, level, None, thresholds, ratings, np.nan, reason=why)
    spread = spread_of(influence, observers, items)
    low, high = spread.interval(slope, level)
    return OrdinalFit(slope, low, high, level, METHOD, thresholds, ratings, spread.p_value(slope, 0))


def _table(rating: ArrayLike, observer: ArrayLike, item: ArrayLike, **further: ArrayLike) -> pd.DataFrame:
    columns = {"observer": observer, "item": item, "rating": rating, **further}
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    if len({len(values) for values in arrays.values()}) > 1:
        lengths = ", ".join(f"{name} {len(values)}" for name, values in arrays.items())
        raise InputError(f"numbers of values differ ({lengths}); give one of each a trial")
    table = pd.DataFrame(arrays).dropna()
    if table.empty:
        raise InputError("no rating is left; give at least one")
    return table.astype({"rating": float} | ({"x": float} if "x" in further else {}))


def _once_each(table: pd.DataFrame) -> pd.DataFrame:
    twice = table.duplicated(["observer", "item"])
    if twice.any():
        who, what = (table.loc[twice, name].iloc[0] for name in ("observer", "item"))
        raise InputError(f"observer {who} rated item {what} twice; keep one rating")
    return table


def _alpha_influence(items: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    r"""Return the derivative of α by the weight of each rating, all weights being 1.

    With weights w, :math:`\alpha = 1 - A D / (n E)`, where

    .. math:: A = \sum_u m_u N_u / P_u, \quad P_u = m_u^2 - \sum_{i \in u} w_i^2, \quad
              D = n^2 - \sum_i w_i^2,

    with :math:`m_u, n` the weight of an item's and of all ratings, and :math:`N_u, E` the sums of squared
    distances over all pairs of an item's and of all ratings.  An ordinal distance is that between midranks
    (Krippendorff 2004, sec. 11.3.4), which move with the weights as well.

    Parameters
    ----------
    items, ranks : ndarray of int, shape (n_trials,)
        Codes 0, 1 …, each in use; every item has two ratings or more.
    """
    counts = np.zeros((items.max() + 1, ranks.max() + 1))
    np.add.at(counts, (items, ranks), 1)
    per_item, per_rank, n = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
    midranks = np.cumsum(per_rank) - per_rank / 2
    distance = (midranks[:, np.newaxis] - midranks) ** 2
    to_others, to_all = counts @ distance, per_rank @ distance  # summed over an item's, over all ratings
    within, between = (counts * to_others).sum(axis=1), float(per_rank @ to_all)
    pairs, all_pairs = per_item * (per_item - 1), n * (n - 1)
    observed = float((per_item * within / pairs).sum())
    ratio = observed * all_pairs / (n * between)

    # By midranks first, and from there by weight: a rating lifts those above by 1, its own by a half.
    lift = np.tril(np.ones_like(distance), -1) + np.eye(len(distance)) / 2
    moved = per_item[:, np.newaxis] * midranks - (counts @ midranks)[:, np.newaxis]
    by_midrank = (4 * (per_item / pairs)[:, np.newaxis] * counts * moved).sum(axis=0)
    between_by_midrank = 4 * per_rank * (n * midranks - per_rank @ midranks)
    of_item = within / pairs - per_item * within * 2 * (per_item - 1) / pairs**2
    d_observed = (
        of_item[:, np.newaxis] + 2 * (per_item / pairs)[:, np.newaxis] * to_others + by_midrank @ lift
    )
    d_between = 2 * to_all + between_by_midrank @ lift
    d_ratio = (all_pairs * d_observed + observed * 2 * (n - 1)) / (n * between)
    d_ratio -= ratio / n + ratio * d_between / between
    return -d_ratio[items, ranks]


def _divides(x: pd.Series, rating: pd.Series) -> bool:
    """Return whether a higher rating nowhere goes with a smaller predictor, so that no slope is the best."""
    ends = x.groupby(rating).agg(["min", "max"])
    return bool((ends["max"].to_numpy()[:-1] <= ends["min"].to_numpy()[1:]).all())


def _ordered_model(rating: pd.Series, x: pd.Series) -> tuple[np.ndarray, float, np.ndarray]:
    """Return thresholds and slope as statsmodels fits them, and what each rating adds to the slope."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    # Fitted on a predictor of mean 0 and standard deviation 1: the optimiser's steps know no units.
    mean, scale = float(x.mean()), float(x.std())
    model = OrderedModel(rating.to_numpy(), ((x - mean) / scale).to_numpy()[:, np.newaxis], distr="logit")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it converged is asked below
        found = model.fit(method="bfgs", disp=False, maxiter=1000, gtol=1e-5)
    if not found.mle_retvals["converged"]:
        raise InputError("the ordinal regression does not converge; put ratings that are rare together")
    slope = float(found.params[0]) / scale
    thresholds = np.asarray(model.transform_threshold_params(found.params)[1:-1], float) + slope * mean
    scores = np.asarray(model.score_obs(found.params), float)
    influence = np.linalg.solve(-np.asarray(model.hessian(found.params), float), scores.T)[0] / scale
    return thresholds, slope, influence - influence.mean()
