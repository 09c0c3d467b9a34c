"""Which groups do the items come from that got a certain rating?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.statistics.clusters import spread_of
from analysis.statistics.estimate import check_level
from analysis.statistics.ratings import rating_table, steps_of
from analysis.statistics.share_interval import share_limits


def rating_composition(
    rating: ArrayLike,
    group: ArrayLike,
    observer: ArrayLike,
    item: ArrayLike,
    level: float = 0.95,
    *,
    scale: Sequence[float] | None = None,
    equalised: bool = False,
) -> pd.DataFrame:
    r"""Return how many of the items that got each rating belong to each group.

    It is `rating_distribution` the other way round, by Bayes' theorem.  With the share :math:`s_{ga}` of
    rating a in group g and the weight :math:`w_g` of the group,

    .. math:: p_{ga} = \frac{w_g s_{ga}}{\sum_h w_h s_{ha}}.

    The weight is the group's share of all ratings, so that p is counted, or the same for all groups
    (`equalised`), as if there were equally many ratings of each group.  If ratings told nothing about groups,
    p would be the base rate, which is the weight; so counted shares depend on how many items of each group
    were shown, and equalised ones do not.

    The number of items of each group is part of the design: another study would show other items, but as
    many.  So only the shares s vary, and p with them: a rating adds

    .. math:: u = \frac{w_h (1_{h = g} - p_{ga})}{\sum_k w_k s_{ka}} \cdot \frac{1_{rating = a} - s_{ha}}{n_h}

    to the error of p, where h is the group of its item, with :math:`n_h` ratings (delta method, that is
    linearisation within strata [1]_).  The variance of the sum of u over crossed observers and items is that
    of `clusters.spread_of`, with groups as conditions; the interval is that of all shares, `share_limits`.

    Parameters
    ----------
    rating : array_like of float, shape (n_trials,)
        On an ordered scale; missing values are left out.
    group : array_like, shape (n_trials,)
        Of the item: a class of difficulty, for example.
    observer, item : array_like, shape (n_trials,)
    level : float
        Coverage of intervals, between 0 and 1.
    scale : sequence of float, optional
        All ratings that could be given; otherwise those that were.
    equalised : bool
        Whether all groups have the same weight.

    Returns
    -------
    DataFrame, one row a rating and group, both from low to high
        `rating`, `group`, `n_ratings` (this rating, of all groups), `n` (of these, of this group),
        `base_rate` (weight of the group, of all 1), `share`, `low`, `high`, and `reason`: why share or
        interval are missing.

    Raises
    ------
    InputError
        The arrays differ in length, no rating is left, or a rating is not on the scale.

    References
    ----------
    .. [1] Särndal, C.-E., Swensson, B., & Wretman, J. (1992). Model assisted survey sampling. Springer,
       secs. 5.5 and 5.8.
    """
    check_level(level)
    table = rating_table(rating, observer, item, group=group)
    codes, groups = pd.factorize(table["group"], sort=True)
    trials = _Trials(codes, *(pd.factorize(table[name])[0] for name in ("observer", "item")))
    n_of_group = np.bincount(codes)
    weights = np.ones(len(groups)) if equalised else n_of_group.astype(float)
    weights = weights / weights.sum()
    # Of a group with few items little is known; counted shares give it as little weight.
    n_fewest = trials.fewest_in_a_group() if equalised else len(table)
    rows: list[tuple[object, ...]] = []
    for step in steps_of(table["rating"], scale):
        is_step = (table["rating"] == step).to_numpy()
        n = np.bincount(codes[is_step], minlength=len(groups))
        found = _composition(is_step, trials, weights, n_fewest, level)
        for place, name in enumerate(groups):
            rows.append((step, name, int(n.sum()), int(n[place]), float(weights[place]), *found[place]))
    columns = ["rating", "group", "n_ratings", "n", "base_rate", "share", "low", "high", "reason"]
    return pd.DataFrame(rows, columns=columns)


class _Trials(NamedTuple):
    """Codes 0, 1 … of the group, observer and item of each trial."""

    group: np.ndarray
    observer: np.ndarray
    item: np.ndarray

    def fewest_in_a_group(self) -> int:
        """Return the smallest number of observers, or of items, that a group has."""
        return min(
            len(np.unique(codes[self.group == each]))
            for each in np.unique(self.group)
            for codes in (self.observer, self.item)
        )


def _composition(
    is_step: np.ndarray, trials: _Trials, weights: np.ndarray, n_fewest: int, level: float
) -> list[tuple[float, float, float, str | None]]:
    """Return share, interval and what is missing of each group among the trials with one rating."""
    codes, observers, items = trials
    n_of_group = np.bincount(codes)
    shares = np.bincount(codes, weights=is_step) / n_of_group
    total = float(weights @ shares)
    if total == 0:
        return [(np.nan, np.nan, np.nan, "nobody gave this rating")] * len(weights)
    composition = weights * shares / total
    n_observers, n_items = (len(np.unique(each[is_step])) for each in (observers, items))
    if reason := _why_no_interval(n_observers, n_items, trials):
        return [(float(share), np.nan, np.nan, reason) for share in composition]
    deviations = (is_step - shares[codes]) * (weights / n_of_group)[codes] / total
    found: list[tuple[float, float, float, str | None]] = []
    for place, share in enumerate(composition):
        spread = spread_of(((codes == place) - share) * deviations, observers, items, codes)
        low, high = share_limits(share, spread, min(n_observers, n_items, n_fewest), level)
        found.append((float(share), float(low), float(high), None))
    return found


def _why_no_interval(n_observers: int, n_items: int, trials: _Trials) -> str | None:
    if n_observers < 2:
        return "one observer alone gave this rating"
    if n_items < 2:
        return "one item alone got this rating"
    if trials.fewest_in_a_group() < 2:
        return "an interval needs at least two observers and two items in each group"
    return None
