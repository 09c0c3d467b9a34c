"""Two-way cluster-robust variance of an estimate over crossed observers and items, its interval and test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

METHOD = "two-way cluster-robust (observers and items), t"
N_SWEEPS = 10
SMALLEST_P = 1e-200
LARGEST_QUANTILE = 1e150
"""Its square is still a number."""


@dataclass(frozen=True)
class Spread:
    """The sampling variance of an estimate, and how well it is known.

    Attributes
    ----------
    variance : float
        Of the estimate; its root is the standard error.
    variances : tuple of float
        Which part of it rests on few observers, and which on few items; the remainder counts as known.
    dfs : tuple of float
        Degrees of freedom of either part.
    n_observers, n_items : tuple of int
        Clusters in each condition (one, or two); who is in both is counted in both.
    """

    variance: float
    variances: tuple[float, ...]
    dfs: tuple[float, ...]
    n_observers: tuple[int, ...] = ()
    n_items: tuple[int, ...] = ()

    @property
    def error(self) -> float:
        """The standard error."""
        return float(np.sqrt(self.variance))

    def scaled(self, factor: float) -> Spread:
        """Return the spread of `factor` times the estimate."""
        square = factor**2
        parts = tuple(square * part for part in self.variances)
        return replace(self, variance=square * self.variance, variances=parts)

    def interval(self, estimate: float, level: float) -> tuple[float, float]:
        """Return estimate ± reach: the interval of what has no bounds near."""
        reach = float(reach_of((1 - level) / 2, self.variance, self.variances, self.dfs))
        return estimate - reach, estimate + reach

    def p_value(self, distance: float, imprecision: float = 0.0) -> float:
        """Return the p-value of a value at this distance from the estimate, two-sided.

        It is below 1 − level just where the reach at that level is shorter than the distance.

        Parameters
        ----------
        distance : float
            Absolute.
        imprecision : float
            As for `reach_of`.
        """

        def excess(log_p: float) -> float:
            tail = np.exp(log_p) / 2
            return float(reach_of(tail, self.variance, self.variances, self.dfs, imprecision)) - distance

        if distance <= 0:
            return 1.0
        smallest = float(np.log(SMALLEST_P))
        if excess(smallest) <= 0:
            return 0.0
        return float(np.exp(root_between(excess, smallest, 0.0, xtol=1e-13)))


def reach_of(
    tail: ArrayLike,
    variance: ArrayLike,
    variances: Sequence[ArrayLike],
    dfs: Sequence[ArrayLike],
    imprecision: ArrayLike = 0.0,
) -> np.ndarray:
    r"""Return how far an interval reaches from the estimate.

    .. math:: r^2 = z^2 V + \sum_k (t_{\nu_k}^2 - z^2) A_k

    Each part :math:`A_k` of the variance V counts with the quantile t of its own degrees of freedom [1]_, the
    remainder with that of the normal distribution, z.  One t with the degrees of freedom of V as a whole [2]_
    is too short where three observers make up half of the variance (`benchmarks/coverage_accuracy.py`).

    Parameters
    ----------
    tail : array_like of float
        Probability beyond the reach on one side, (1 − level) / 2.
    variance : array_like of float
        V.
    variances, dfs : sequence of array_like of float
        :math:`A_k` and :math:`\nu_k`.
    imprecision : array_like of float
        Is added to 1/ν of every part, where clusters are so unequal that the variance is known less precisely
        than their number suggests; the remainder then has a t with 1/imprecision degrees of freedom.

    References
    ----------
    .. [1] Cochran, W. G., & Cox, G. M. (1957). Experimental designs (2nd ed.). Wiley, sec. 4.14.
    .. [2] Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance components.
       Biometrics Bulletin, 2(6), 110–114.
    """
    extra = np.asarray(imprecision, float)
    known = _quantile(tail, extra) ** 2
    square = known * np.asarray(variance)
    for part, df in zip(variances, dfs, strict=True):
        square = square + (_quantile(tail, 1 / np.asarray(df, float) + extra) ** 2 - known) * np.asarray(part)
    # With a tail near one half both quantiles are near 0, and their difference may be rounded below 0.
    return np.sqrt(np.maximum(square, 0))


def root_between(function: Callable[[float], float], low: float, high: float, xtol: float = 2e-12) -> float:
    """Return where a function is 0 between two arguments at which its signs differ (Brent's method)."""
    library: Any = optimize
    return float(library.brentq(function, low, high, xtol=xtol))


def _quantile(tail: ArrayLike, inverse_df: ArrayLike) -> np.ndarray:
    """Return the upper quantile of t with 1 / `inverse_df` degrees of freedom; of the normal one at 0."""
    tail, inverse = np.broadcast_arrays(np.asarray(tail, float), np.asarray(inverse_df, float))
    normal = inverse < 1e-10
    t = -special.stdtrit(1 / np.where(normal, 1.0, inverse), tail)
    # scipy finds no quantile of some tails as small as 1e-200, where few degrees of freedom make it vast.
    t = np.where(np.isnan(t) & (tail < 1e-100), LARGEST_QUANTILE, t)
    return np.where(normal, -special.ndtri(tail), np.minimum(t, LARGEST_QUANTILE))


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
    means left in, as is usual, the variance of items would be too small by one part in the number of
    observers, and the other way round.  In a complete table V is the variance of the grand mean in the
    analysis of variance with crossed random factors.  V is at least its last term: by chance it can come out
    smaller, even below 0, where neither observers nor items differ, or where both were in both conditions.

    The part that rests on few observers is :math:`A = (V_{observer} - \lambda V_{rest})_+` with
    :math:`\lambda = 1 - 1/\nu`, and likewise for items: of the rest that :math:`V_{observer}` contains, the
    share λ is taken from :math:`V_{rest}`, which is known well.  With λ = 0 intervals cover too much where
    observers do not differ, with λ = 1 too little where three observers differ a little; this λ keeps both
    small (``benchmarks/coverage_bound.py``).  ν is the number of clusters minus one, and, where conditions
    share some or none of them, Satterthwaite's [3]_, :math:`A^2 / \sum_g (A_g^2 / \nu_g)`.

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
    cells = _Cells.of(residuals, observers, items, side)
    rest = float(cells.rest.sum())
    by_observer, by_item = (
        _Part.of(residuals, codes, side, np.bincount(of_cell, cells.rest, minlength=codes.max() + 1))
        for codes, of_cell in ((observers, cells.observers), (items, cells.items))
    )
    variance = max(by_observer.variance + by_item.variance - rest, rest)
    return Spread(
        variance,
        (by_observer.uncertain, by_item.uncertain),
        (by_observer.df, by_item.df),
        by_observer.n_clusters,
        by_item.n_clusters,
    )


@dataclass(frozen=True)
class _Cells:
    """What cells (an observer with an item) add to the variance beyond observers and items, each its own."""

    rest: np.ndarray
    observers: np.ndarray
    items: np.ndarray

    @classmethod
    def of(cls, residuals: np.ndarray, observers: np.ndarray, items: np.ndarray, side: np.ndarray) -> _Cells:
        n_sides = int(side.max()) + 1
        names, cells = np.unique(observers * (items.max() + 1) + items, return_inverse=True)
        n_trials = np.bincount(cells * n_sides + side, minlength=len(names) * n_sides).reshape(-1, n_sides)
        membership = (n_trials > 0) @ (1 << np.arange(n_sides))
        sums = np.bincount(cells, weights=residuals)
        of_cell = np.divmod(names, items.max() + 1)
        rest = np.zeros(len(names))
        for which in np.unique(membership):
            mine = membership == which
            left, groups = sums[mine], [np.unique(each[mine], return_inverse=True)[1] for each in of_cell]
            df = len(left) - sum(group.max() + 1 for group in groups) + 1
            if df <= 0:  # too few cells: the means stay in
                rest[mine] = np.square(left) * len(left) / max(len(left) - 1, 1)
                continue
            # Means of rows and columns, taken out in turn: at once in a complete table, and nearly so with
            # holes.
            for _ in range(N_SWEEPS):
                for group in groups:
                    left = left - (np.bincount(group, left) / np.bincount(group))[group]
            rest[mine] = np.square(left) * len(left) / df
        return cls(rest, *of_cell)


@dataclass(frozen=True)
class _Part:
    """What the clusters of one kind add."""

    variance: float
    uncertain: float
    df: float
    n_clusters: tuple[int, ...]

    @classmethod
    def of(cls, residuals: np.ndarray, codes: np.ndarray, side: np.ndarray, rest: np.ndarray) -> _Part:
        shape = int(codes.max()) + 1, int(side.max()) + 1
        index = codes * shape[1] + side
        n_trials = np.bincount(index, minlength=shape[0] * shape[1]).reshape(shape)
        sums = np.bincount(index, weights=residuals, minlength=shape[0] * shape[1]).reshape(shape)
        others = 1 - n_trials / n_trials.sum(axis=0)
        # A cluster that makes up a whole condition has a residual of 0: it carries no information.
        sums = np.divide(sums, np.sqrt(others), out=np.zeros(shape), where=others > 0).sum(axis=1)
        # Clusters in both conditions, and those in one alone, are samples of their own.
        membership = (n_trials > 0) @ (1 << np.arange(shape[1]))
        variances, rests = (np.bincount(membership, weights=each) for each in (np.square(sums), rest))
        n = np.bincount(membership)
        df = np.maximum(n - 1, 1)
        uncertain = np.maximum(variances - (1 - 1 / df) * rests, 0)
        squares = (uncertain[n > 1] ** 2 / df[n > 1]).sum()
        return cls(
            float(variances.sum()),
            float(uncertain.sum()),
            float(uncertain.sum() ** 2 / squares) if squares > 0 else float(df.max()),
            tuple(np.count_nonzero(n_trials, axis=0).tolist()),
        )
