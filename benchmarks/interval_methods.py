"""Intervals of a share over crossed observers and items: the project's, and those it was compared with.

All are functions of many studies at once, and share the standard error.  Those that came before take one t
with Satterthwaite's degrees of freedom, never fewer than those of the smaller set; where all answers agree,
each gives the exact binomial interval.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from analysis.statistics.clusters import Spread, reach_of
from analysis.statistics.share_interval import exact_limits, imprecision, share_limits
from benchmarks.simulated_studies import Moments

Limits = tuple[np.ndarray, np.ndarray]
Method = Callable[[Moments, int, int, float], Limits]


def spread(moments: Moments, n_observers: int, n_items: int) -> Spread:
    """Return the spread of complete studies: what `clusters.spread_of` returns, for many at once."""
    uncertain = [
        np.maximum(variance - (1 - 1 / (n - 1)) * moments.rest, 0)
        for variance, n in ((moments.by_observer, n_observers), (moments.by_item, n_items))
    ]
    # Arrays in place of numbers: its functions take both.
    return Spread(moments.variance, tuple(uncertain), (n_observers - 1.0, n_items - 1.0))  # type: ignore[arg-type]


def project(moments: Moments, n_observers: int, n_items: int, level: float) -> Limits:
    """Return the limits that `population_accuracy` gives."""
    of = spread(moments, n_observers, n_items)
    return share_limits(moments.share, of, min(n_observers, n_items), level)


def _reach(moments: Moments, n_observers: int, n_items: int, level: float) -> np.ndarray:
    """Return the reach of the project's intervals."""
    of = spread(moments, n_observers, n_items)
    extra = imprecision(moments.share, moments.variance)
    return reach_of((1 - level) / 2, of.variance, of.variances, of.dfs, extra)


def _t(moments: Moments, n_observers: int, n_items: int, level: float) -> np.ndarray:
    parts = moments.by_observer**2 / (n_observers - 1) + moments.by_item**2 / (n_items - 1)
    df = np.divide(moments.variance**2, parts, out=np.full_like(parts, np.inf), where=parts > 0)
    return special.stdtrit(np.maximum(df, min(n_observers, n_items) - 1), (1 + level) / 2)


def _where_estimable(method: Method) -> Method:
    def limits(moments: Moments, n_observers: int, n_items: int, level: float) -> Limits:
        share = moments.share
        alike = (share == 0) | (share == 1)
        exact = exact_limits(share, min(n_observers, n_items), level)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = method(moments, n_observers, n_items, level)
        low, high = (np.where(alike, a, b) for a, b in zip(exact, found, strict=True))
        return np.maximum(low, 0), np.minimum(high, 1)

    return limits


@_where_estimable
def plain_t(moments: Moments, n_observers: int, n_items: int, level: float) -> Limits:
    """Return share ± t · standard error, cut at 0 and 1."""
    reach = _t(moments, n_observers, n_items, level) * np.sqrt(moments.variance)
    return moments.share - reach, moments.share + reach


@_where_estimable
def t_on_logit_scale(moments: Moments, n_observers: int, n_items: int, level: float) -> Limits:
    """Return logit(share) ± t · standard error / (p (1 − p)), turned back."""
    share, t = moments.share, _t(moments, n_observers, n_items, level)
    reach = t * np.sqrt(moments.variance) / (share * (1 - share))
    return special.expit(special.logit(share) - reach), special.expit(special.logit(share) + reach)


@_where_estimable
def wilson(moments: Moments, n_observers: int, n_items: int, level: float) -> Limits:
    """Return Wilson's limits for the number of independent answers with the same variance, and t."""
    share, square = moments.share, _t(moments, n_observers, n_items, level) ** 2
    n = share * (1 - share) / moments.variance
    centre = (share + square / (2 * n)) / (1 + square / n)
    reach = np.sqrt(square * share * (1 - share) / n + square**2 / (4 * n**2)) / (1 + square / n)
    return centre - reach, centre + reach


@_where_estimable
def hall(moments: Moments, n_observers: int, n_items: int, level: float) -> Limits:
    """Return the limits of Hall's (1992) transformation, cut at 0 and 1: what earlier versions used."""
    t, g = _t(moments, n_observers, n_items, level), moments.skewness
    limits = []
    for sign in (1, -1):
        turned = 3 / g * (np.cbrt(1 + g * (sign * t - g / 6)) - 1)
        limits.append(
            moments.share - np.where(np.abs(g) > 1e-9, turned, sign * t) * np.sqrt(moments.variance)
        )
    return limits[0], limits[1]


@_where_estimable
def not_monotone(moments: Moments, n_observers: int, n_items: int, level: float) -> Limits:
    """Return the values with |p − m| = reach · m (1 − m) / (p (1 − p)), within the exact interval."""
    share = moments.share
    a = _reach(moments, n_observers, n_items, level) / (share * (1 - share))
    below, above = (2 * p / (1 + a + np.sqrt((1 + a) ** 2 - 4 * a * p)) for p in (share, 1 - share))
    low, high = exact_limits(share, min(n_observers, n_items), level)
    return np.maximum(below, low), np.minimum(1 - above, high)


METHODS: dict[str, Method] = {
    "score interval on the logit scale (used)": project,
    "the same, not monotone at a given standard error": not_monotone,
    "t on the logit scale": t_on_logit_scale,
    "Wilson with effective n and t": wilson,
    "t": plain_t,
    "Hall's transformation (before)": hall,
}
