"""How sure a mean over crossed observers and items is: its standard error, skewness, interval and test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

N_SWEEPS = 10


@dataclass(frozen=True)
class Spread:
    """The sampling distribution of a mean, or of a difference between two.

    Attributes
    ----------
    error : float
        Standard error.
    df : float
        Degrees of freedom of the t distribution that an interval rests on.
    skewness : float
        Third central moment over the error's third power; 0 of a difference.
    n_observers, n_items : tuple of int
        Clusters in each condition (one, or two); who is in both is counted in both.
    """

    error: float
    df: float
    skewness: float
    n_observers: tuple[int, ...]
    n_items: tuple[int, ...]

    def interval(self, estimate: float, level: float) -> tuple[float, float]:
        r"""Return the interval by Hall's transformation [1]_, which undoes the skewness of the t statistic.

        With :math:`T = (\hat\theta - \theta) / s` and skewness :math:`\gamma`,

        .. math:: h(T) = T + \gamma T^2 / 3 + \gamma^2 T^3 / 27 + \gamma / 6

        is distributed like t but for terms of the order 1/n, and monotone, so that it can be inverted.

        References
        ----------
        .. [1] Hall, P. (1992). On the removal of skewness by transformation. Journal of the Royal Statistical
           Society B, 54(1), 221–228.
        """
        t = stats.t.ppf((1 + level) / 2, self.df) * np.array([1, -1])
        if abs(self.skewness) > 1e-9:
            t = 3 / self.skewness * (np.cbrt(1 + self.skewness * (t - self.skewness / 6)) - 1)
        low, high = estimate - t * self.error
        return float(low), float(high)

    def p_value(self, estimate: float, value: float) -> float:
        """Return the two-sided p-value of a value: below 1 − level where the interval leaves it out."""
        t = (estimate - value) / self.error
        g = self.skewness
        return float(2 * stats.t.sf(abs(t + g * t**2 / 3 + g**2 * t**3 / 27 + g / 6), self.df))


def spread_of(
    residuals: np.ndarray, observers: np.ndarray, items: np.ndarray, side: np.ndarray | None = None
) -> Spread:
    r"""Return the spread of a sum of residuals over trials, crossed by observers and items.

    .. math:: V = V_{observer} + V_{item} - V_{rest}, \qquad
              V_g = \sum_c \Bigl(\sum_k \frac{S_{ck}}{\sqrt{1 - h_{ck}}}\Bigr)^2

    is the two-way cluster-robust variance [1]_, with :math:`S_{ck}` the sum of residuals of cluster c in
    condition k and :math:`h_{ck}` its share of the condition's trials, as clusters follow the mean that they
    make up [2]_; with clusters of equal size that is the factor G/(G − 1).  :math:`V_{rest}`, which both
    others contain, is that of what is left in cells when observers' and items' means are taken out; with the
    means left in, as is usual, the variance of items counts less by one part in the number of observers, and
    the other way round.  In a complete table V is the variance of the grand mean in the analysis of variance
    with crossed random factors.  It is never taken as smaller than its last term: by chance it comes out
    so, even below 0, where neither observers nor items differ, or where both were in both conditions.
    Degrees of freedom follow Satterthwaite [3]_,

    .. math:: \nu = V^2 \Big/ \Bigl(\frac{V_{observer}^2}{\nu_{observer}} +
              \frac{V_{item}^2}{\nu_{item}}\Bigr),

    but are never fewer than the smaller of the two: that alone, the usual choice, makes intervals that cover
    more than they say where few observers see many items that differ a lot.  :math:`\nu_g` is the number of
    clusters less one, and, where conditions share some or none of them, Satterthwaite's again.

    The third moment of a mean is the sum of those over observers and over items.  That of a difference is
    taken as 0: what the two conditions have of it nearly cancels, and an estimate of the rest is mostly
    noise.  With it a test between two groups of 20 observers erred in 8% of studies, without in 4%.

    Parameters
    ----------
    residuals : ndarray of float, shape (n_trials,)
        What each trial adds to the estimate; summing to 0 within each condition.
    observers, items : ndarray of int, shape (n_trials,)
        Codes 0, 1 …
    side : ndarray of int, shape (n_trials,), optional
        The condition, 0 or 1.

    References
    ----------
    .. [1] Cameron, A. C., Gelbach, J. B., & Miller, D. L. (2011). Robust inference with multiway clustering.
       Journal of Business & Economic Statistics, 29(2), 238–249, eq. 2.13.
    .. [2] Bell, R. M., & McCaffrey, D. F. (2002). Bias reduction in standard errors for linear regression
       with multi-stage samples. Survey Methodology, 28(2), 169–181.
    .. [3] Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance components.
       Biometrics Bulletin, 2(6), 110–114.
    """
    side = np.zeros(len(residuals), int) if side is None else side
    by_observer, by_item = (_Part.of(residuals, codes, side) for codes in (observers, items))
    rest = _rest_variance(residuals, observers, items, side)
    variance = max(by_observer.variance + by_item.variance - rest, rest)
    parts = by_observer, by_item
    spread = sum(part.variance**2 / part.df for part in parts)
    # A spread of 0 (all observers and all items alike to the last trial) leaves the normal distribution.
    df = max(variance**2 / spread, min(part.df for part in parts)) if spread > 0 else np.inf
    third = by_observer.third_moment + by_item.third_moment if side.max() == 0 else 0.0
    return Spread(
        float(np.sqrt(variance)),
        float(df),
        float(third / variance**1.5) if variance > 0 else 0.0,
        by_observer.n_clusters,
        by_item.n_clusters,
    )


def _rest_variance(
    residuals: np.ndarray, observers: np.ndarray, items: np.ndarray, side: np.ndarray
) -> float:
    """Return the variance that cells (an observer with an item) add beyond observers and items."""
    n_sides = int(side.max()) + 1
    names, cells = np.unique(observers * (items.max() + 1) + items, return_inverse=True)
    n_trials = np.bincount(cells * n_sides + side, minlength=len(names) * n_sides).reshape(-1, n_sides)
    membership = (n_trials > 0) @ (1 << np.arange(n_sides))
    sums = np.bincount(cells, weights=residuals)
    of_cell = np.divmod(names, items.max() + 1)
    variance = 0.0
    for which in np.unique(membership):
        mine = membership == which
        left, groups = sums[mine], [np.unique(each[mine], return_inverse=True)[1] for each in of_cell]
        df = len(left) - sum(group.max() + 1 for group in groups) + 1
        if df <= 0:  # too few cells to tell: the means stay in
            variance += float(np.square(left).sum()) * len(left) / max(len(left) - 1, 1)
            continue
        # Means of rows and columns, taken out in turn: at once in a complete table, and nearly so with holes.
        for _ in range(N_SWEEPS):
            for group in groups:
                left = left - (np.bincount(group, left) / np.bincount(group))[group]
        variance += float(np.square(left).sum()) * len(left) / df
    return variance


@dataclass(frozen=True)
class _Part:
    """What the clusters of one kind add."""

    variance: float
    third_moment: float
    df: float
    n_clusters: tuple[int, ...]

    @classmethod
    def of(cls, residuals: np.ndarray, codes: np.ndarray, side: np.ndarray) -> _Part:
        shape = int(codes.max()) + 1, int(side.max()) + 1
        index = codes * shape[1] + side
        n_trials = np.bincount(index, minlength=shape[0] * shape[1]).reshape(shape)
        sums = np.bincount(index, weights=residuals, minlength=shape[0] * shape[1]).reshape(shape)
        rest = 1 - n_trials / n_trials.sum(axis=0)
        # One cluster that is all of a condition follows its mean entirely: it tells nothing.
        sums, cubed = (
            np.divide(sums, rest**power, out=np.zeros(shape), where=rest > 0).sum(axis=1)
            for power in (0.5, 1)
        )
        # Clusters in both conditions, and those in one alone, are samples of their own.
        membership = (n_trials > 0) @ (1 << np.arange(shape[1]))
        variances = np.bincount(membership, weights=np.square(sums))
        n = np.bincount(membership)
        spread = (variances[n > 1] ** 2 / (n[n > 1] - 1)).sum()
        variance = float(variances.sum())
        return cls(
            variance,
            float((cubed**3).sum()),
            float(variance**2 / spread) if spread > 0 else max(float(n.max()) - 1, 1.0),
            tuple(np.count_nonzero(n_trials, axis=0).tolist()),
        )
