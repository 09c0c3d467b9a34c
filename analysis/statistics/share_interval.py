r"""The interval of a mean between two bounds, such as a share: for new observers and new items.

It is a score interval on the logit scale.  The standard error s of a share p is taken on the logit scale,
where spreads between observers are about the same whatever their mean, :math:`s / (p(1-p))`, and turned back
at the value m that is tested, not at the estimate: m is inside where

.. math:: |p - m| \le r \, \frac{m (1 - m)}{p (1 - p)}

with the reach r of `clusters.reach_of`.  Wald's interval on the logit scale, :math:`\mathrm{logit}\, p \pm
r / (p(1-p))`, undoes half of the skewness of a share near 1 that few observers make up; this one undoes it
nearly all [1]_.  The limits lie between 0 and 1 for every r.  Near 1 the same standard error is a larger part
of what is possible, and the lower limit falls as p rises; there the highest lower limit of all smaller shares
with the same reach is taken instead, and likewise for the upper limit near 0, so that limits never fall as p
rises.  ``docs/decisions/0006`` compares this interval with others by simulation.

A variance is estimated less precisely the more unequal the clusters are.  Near 0 and 1 the skewness of a beta
distribution is twice its standard deviation over its mean, and the part of its variance that does not follow
from the mean makes 1/ν larger by :math:`(1 - 2p)^2 s^2 / (p(1-p))^2`.  With k answers that differ from many
others that is about 1/k: from k answers one cannot see how they cluster.

Whatever the dependence between answers, they are as informative as independent answers whose number is that
of the clusters in the smaller set.  So no limit lies beyond the exact binomial one [2]_ of that many; where
all answers agree, and no variance can be estimated, it is that interval.

References
----------
.. [1] Hall, P. (1992). The bootstrap and Edgeworth expansion. Springer, secs. 2.4, 3.9: the skewness of a
   t statistic, of which a transformation g removes the part :math:`\tfrac12 s g'' / g'`.
.. [2] Clopper, C. J., & Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in the
   case of the binomial. Biometrika, 26(4), 404–413.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.statistics.clusters import Spread, reach_of

METHOD = "two-way cluster-robust (observers and items), score interval on the logit scale, t"
EXACT_METHOD = "exact binomial (Clopper–Pearson) over the smaller number of clusters"


def share_limits(
    share: ArrayLike, spread: Spread, n_fewest: ArrayLike, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return both limits of a share, or of many.

    Parameters
    ----------
    share : array_like of float, in [0, 1]
    spread : Spread
        Of the share; its fields may be arrays of the same shape.
    n_fewest : array_like of int
        Clusters in the smaller set, 2 or more.
    level : float
        Coverage.
    """
    share, variance = np.asarray(share, float), np.asarray(spread.variance, float)
    tail = (1 - level) / 2
    low, high = exact_limits(share, n_fewest, level)
    estimable = (variance > 0) & (share > 0) & (share < 1)
    # Where it is not, any share does: its limits are not taken.
    inside = np.where(estimable, share, 0.5)
    reach = reach_of(tail, variance, spread.variances, spread.dfs, imprecision(inside, variance))
    score_low, score_high = score_limits(inside, reach)
    return (
        np.where(estimable, np.maximum(low, score_low), low),
        np.where(estimable, np.minimum(high, score_high), high),
    )


def share_p_value(share: float, value: float, spread: Spread, n_fewest: int) -> float:
    """Return the two-sided p-value of a value: below 1 − level just where `share_limits` leave it out.

    Parameters
    ----------
    share : float, in [0, 1]
    value : float, in (0, 1)
    spread : Spread
    n_fewest : int
    """
    # The interval is where two intervals overlap, so a value is rejected where either rejects it.
    exact = exact_p_value(share, value, n_fewest)
    if spread.variance == 0 or share in (0.0, 1.0):
        return exact
    return min(exact, spread.p_value(distance(share, value), float(imprecision(share, spread.variance))))


def score_limits(share: ArrayLike, reach: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return the values whose `distance` from a share is the reach.

    Parameters
    ----------
    share : array_like of float, in (0, 1)
    reach : array_like of float
    """
    share, reach = np.asarray(share, float), np.asarray(reach, float)

    def below(p: np.ndarray) -> np.ndarray:
        p = np.minimum(p, _share_of_highest_lower_limit(reach))
        a = reach / (p * (1 - p))
        # The smaller root of a m² − (1 + a) m + p, in the form that does not cancel.
        return 2 * p / (1 + a + np.sqrt((1 + a) ** 2 - 4 * a * p))

    return below(share), 1 - below(1 - share)


def _share_of_highest_lower_limit(reach: np.ndarray) -> np.ndarray:
    """Return the share beyond which the lower limit with this reach would fall.

    There the derivative of the equation by p is 0, which makes y = 2p − 1 the only positive root of
    y³ + 9 r y² − y − r; it lies between 1/3 and 1.
    """
    # Trigonometric solution of the cubic in u = y + 3r; beyond this reach y is 1/3 to all digits.
    r = np.minimum(reach, 1e6)
    size = np.sqrt((1 + 27 * r**2) / 3)
    u = 2 * size * np.cos(np.arccos(np.clip(-(27 * r**3 + r) / size**3, -1, 1)) / 3)
    y = np.clip(u - 3 * r, 1 / 3, 1)
    # The arc cosine loses half of the digits where r is large; a step of Newton's method returns them.
    y = y - (y**3 + 9 * r * y**2 - y - r) / (3 * y**2 + 18 * r * y - 1)
    return (1 + np.clip(y, 1 / 3, 1)) / 2


def distance(share: float, value: float) -> float:
    r"""Return the shortest reach whose interval of a share holds a value, as the inverse of `score_limits`.

    The largest :math:`(p - m) p (1 - p) / (m (1 - m))` of all p from the value m to the share; it rises up to
    :math:`p = (1 + m + \sqrt{1 - m + m^2}) / 3`.
    """
    if share < value:
        share, value = 1 - share, 1 - value
    p = min(share, (1 + value + np.sqrt(1 - value + value**2)) / 3)
    return float((p - value) * p * (1 - p) / (value * (1 - value)))


def imprecision(share: ArrayLike, variance: ArrayLike) -> np.ndarray:
    """Return by how much 1/ν is larger because clusters of a share near 0 or 1 are unequal; see above."""
    share = np.asarray(share, float)
    return (1 - 2 * share) ** 2 * np.asarray(variance) / (share * (1 - share)) ** 2


def exact_limits(share: ArrayLike, n: ArrayLike, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return Clopper & Pearson's limits of a share of n answers, of which a part may be right."""
    n = np.asarray(n, float)
    successes, tail = np.asarray(share, float) * n, (1 - level) / 2
    some, lacking = successes > 0, successes < n
    low = special.betaincinv(np.where(some, successes, 1.0), np.where(some, n - successes + 1, 1.0), tail)
    high = special.betainccinv(
        np.where(lacking, successes + 1, 1.0), np.where(lacking, n - successes, 1.0), tail
    )
    return np.where(some, low, 0.0), np.where(lacking, high, 1.0)


def exact_p_value(share: float, value: float, n: int) -> float:
    """Return twice the smaller tail of Clopper & Pearson's beta distributions at a value, at most 1."""
    successes = share * n
    at_most = special.betaincc(successes + 1, n - successes, value) if successes < n else 1.0
    at_least = special.betainc(successes, n - successes + 1, value) if successes > 0 else 1.0
    return float(min(1.0, 2 * at_most, 2 * at_least))
