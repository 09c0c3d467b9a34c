"""Regression of ratings on an ordered scale: the proportional-odds model."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.statistics.clusters import METHOD, spread_of
from analysis.statistics.estimate import Estimate, at_least_two, check_level
from analysis.statistics.ratings import rating_table
from tricky.core.errors import InputError


@dataclass(frozen=True)
class OrdinalFit(Estimate):
    """The slope of ratings on a predictor, with its interval for new observers *and* new items.

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


def ordinal_regression(
    rating: ArrayLike,
    predictor: ArrayLike,
    observer: ArrayLike,
    item: ArrayLike,
    level: float = 0.95,
) -> OrdinalFit:
    r"""Regress ratings on a property of the items.

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
    table = rating_table(rating, observer, item, x=predictor)
    for name, what in (("rating", "ratings"), ("x", "the predictor")):
        if table[name].nunique() < 2:
            raise InputError(f"{what} took one value only; a slope needs two")
    if _divides(table["x"], table["rating"]) or _divides(-table["x"], table["rating"]):
        raise InputError("the predictor divides the ratings without exception; their slope has no limit")
    thresholds, slope, influence = _ordered_model(table["rating"], table["x"])
    ratings = tuple(np.unique(table["rating"]).tolist())
    observers, items = (pd.factorize(table[name])[0] for name in ("observer", "item"))
    if min(observers.max(), items.max()) < 1:
        why = at_least_two("observer" if observers.max() < 1 else "item")
        return OrdinalFit(slope, np.nan, np.nan, level, None, thresholds, ratings, np.nan, reason=why)
    spread = spread_of(influence, observers, items)
    low, high = spread.interval(slope, level)
    return OrdinalFit(slope, low, high, level, METHOD, thresholds, ratings, spread.p_value(abs(slope)))


def _divides(x: pd.Series, rating: pd.Series) -> bool:
    """Return whether a higher rating nowhere goes with a smaller predictor, so that no slope is the best."""
    ends = x.groupby(rating).agg(["min", "max"])
    return bool((ends["max"].to_numpy()[:-1] <= ends["min"].to_numpy()[1:]).all())


def _ordered_model(rating: pd.Series, x: pd.Series) -> tuple[np.ndarray, float, np.ndarray]:
    """Return thresholds and slope as statsmodels fits them, and what each rating adds to the slope."""
    import statsmodels.miscmodels.ordinal_model as ordinal_model  # pyright: ignore[reportMissingTypeStubs]

    # Fitted on a predictor of mean 0 and standard deviation 1: the optimiser's steps know no units.
    mean, scale = float(x.mean()), float(x.std())
    standard = ((x - mean) / scale).to_numpy()[:, np.newaxis]
    model: Any = ordinal_model.OrderedModel(rating.to_numpy(), standard, distr="logit")
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
