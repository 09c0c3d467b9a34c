"""How far observers agree in their ratings, whatever they rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.statistics.clusters import spread_of
from analysis.statistics.estimate import Estimate, check_level
from analysis.statistics.ratings import rating_table
from tricky.core.errors import InputError

METHOD = "two-way cluster-robust (observers and items), Fisher's z, bias taken out by the jackknife, t"


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


def rating_agreement(
    rating: ArrayLike, observer: ArrayLike, item: ArrayLike, level: float = 0.95
) -> Agreement:
    r"""Return Krippendorff's α of ratings on an ordered scale, with an interval.

    :math:`\alpha = 1 - D_o / D_e` [1]_, the disagreement observed within items over that expected between any
    two ratings, as the package `krippendorff` computes it.

    The interval rests on the two-way cluster-robust variance of `clusters.spread_of` of what each rating adds
    to α: its derivative by the rating's weight.  It is symmetric in Fisher's :math:`z = \mathrm{artanh}\,
    \alpha`, and lies around α with the bias taken out: few observers who place the steps of the scale
    differently look more alike than they are, and α comes out too small, by :math:`(n - 1)(\bar\alpha_{-} -
    \alpha)` with the mean :math:`\bar\alpha_{-}` of α without each observer in turn [2]_, and likewise for
    items.  With the bias left in, nine observers who differ a lot are covered in 90% of studies, not in 95%
    (`benchmarks/coverage_ratings.py`).

    The usual bootstrap over items holds for these observers only; a bootstrap over observers lets who
    was drawn twice agree with itself, and, with that put right, covers more than it says.

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
    .. [2] Quenouille, M. H. (1956). Notes on bias in estimation. Biometrika, 43(3/4), 353–360.
    """
    import krippendorff

    check_level(level)
    table = _once_each(rating_table(rating, observer, item))
    shared = table[table.groupby("item")["observer"].transform("size") > 1]
    observers, items, ranks = (pd.factorize(shared[name], sort=True)[0] for name in shared)
    shape = shared["observer"].nunique(), shared["item"].nunique()
    if shared["rating"].nunique() < 2:
        why = "no item was rated by two observers" if shared.empty else "all ratings are the same"
        return Agreement(np.nan, np.nan, np.nan, level, None, *shape, reason=why)
    # Only the order of an ordered scale counts, so ranks replace ratings.
    matrix = np.full(shape, np.nan)
    matrix[observers, items] = ranks
    alpha = float(krippendorff.alpha(matrix, level_of_measurement="ordinal"))
    why = None
    if shape[0] < 3 or shape[1] < 2:
        why = "an interval for new observers and items needs three observers and two items"
    elif alpha == 1:
        why = "observers agree on every item, so nothing shows how much others would disagree"
    if why is not None:
        return Agreement(alpha, np.nan, np.nan, level, None, *shape, reason=why)
    spread = spread_of(_influence(items, ranks), observers, items)
    # Near 1 the bias is taken out half at most, so that z stays finite.
    centre = min(alpha - _bias(observers, items, ranks), (1 + alpha) / 2)
    low, high = np.tanh(spread.scaled(1 / (1 - centre**2)).interval(np.arctanh(centre), level))
    return Agreement(alpha, float(low), float(high), level, METHOD, *shape)


def _once_each(table: pd.DataFrame) -> pd.DataFrame:
    twice = table.duplicated(["observer", "item"])
    if twice.any():
        who, what = (table.loc[twice, name].iloc[0] for name in ("observer", "item"))
        raise InputError(f"observer {who} rated item {what} twice; keep one rating")
    return table


def _alpha(counts: np.ndarray, within: np.ndarray) -> np.ndarray:
    r"""Return ordinal α, :math:`1 - (n - 1) \langle W, d \rangle / (c^T d c)`, of many sets of ratings.

    Parameters
    ----------
    counts : ndarray of float, shape (..., n_ratings)
        How often each rating was given, c.
    within : ndarray of float, shape (..., n_ratings, n_ratings)
        Sum over items of :math:`c_u c_u^T / (m_u - 1)`, with the :math:`m_u` ratings of an item, W.
    """
    midranks = np.cumsum(counts, axis=-1) - counts / 2
    distance = (midranks[..., :, np.newaxis] - midranks[..., np.newaxis, :]) ** 2
    between = cast("np.ndarray", np.einsum("...k,...kl,...l->...", counts, distance, counts))
    n = counts.sum(axis=-1)
    # A set without any variance has no α; it is left out of the jackknife.
    return 1 - (n - 1) * np.divide(
        (within * distance).sum(axis=(-2, -1)), between, out=np.full(between.shape, np.nan), where=between > 0
    )


def _bias(observers: np.ndarray, items: np.ndarray, ranks: np.ndarray) -> float:
    """Return the jackknife's estimate of the bias of α: over observers, and over items."""
    counts = np.zeros((items.max() + 1, ranks.max() + 1))
    np.add.at(counts, (items, ranks), 1)

    def products(of_items: np.ndarray) -> np.ndarray:
        """Return each item's part of W; an item with a single rating has none."""
        weight = of_items.sum(axis=1) - 1
        each = of_items[:, :, np.newaxis] * of_items[:, np.newaxis, :]
        return np.divide(
            each,
            weight[:, np.newaxis, np.newaxis],
            out=np.zeros_like(each),
            where=weight[:, np.newaxis, np.newaxis] > 0,
        )

    def paired(of_items: np.ndarray) -> np.ndarray:
        return of_items[of_items.sum(axis=1) > 1]

    parts = products(counts)
    alpha = _alpha(counts.sum(axis=0), parts.sum(axis=0))
    without_item = _alpha(counts.sum(axis=0) - counts, parts.sum(axis=0) - parts)
    without_observer: list[np.ndarray] = []
    for observer in range(observers.max() + 1):
        mine = observers == observer
        left = counts.copy()
        left[items[mine], ranks[mine]] -= 1
        left = paired(left)
        without_observer.append(_alpha(left.sum(axis=0), products(left).sum(axis=0)))
    bias = 0.0
    for without in (np.array(without_observer), without_item):
        defined = without[np.isfinite(without)]
        if len(defined) > 1:
            bias += float((len(defined) - 1) * (defined.mean() - alpha))
    return bias


def _influence(items: np.ndarray, ranks: np.ndarray) -> np.ndarray:
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
