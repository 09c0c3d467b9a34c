"""Variance components of accuracy: between observers, between items, and the rest."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from analysis.statistics.accuracy import Answers, answered
from analysis.statistics.quadrature import normal_quadrature
from tricky.core.errors import InputError

NODES, WEIGHTS = normal_quadrature(41)
WIDEST_SD_LOGIT = 6.0


class Components(NamedTuple):
    """The variance of being right, on the scale of proportions.

    Attributes
    ----------
    mean : float
        Proportion correct.
    observer, item : float
        Variance between observers and between items, of their proportions correct over all of the other;
        below 0 where they differ less than expected by chance.
    rest : float
        Of the interaction of the two, and of single answers; without repeated trials these are not separable.
    """

    mean: float
    observer: float
    item: float
    rest: float

    @property
    def shares(self) -> tuple[float, float, float]:
        """Shares of observer, item and rest in the whole, a variance below 0 counted as 0.

        NaN where answers do not vary.
        """
        parts = np.maximum(self[1:], 0)
        observer, item, rest = parts / parts.sum() if parts.sum() > 0 else np.full(3, np.nan)
        return float(observer), float(item), float(rest)


class LogitComponents(NamedTuple):
    """The same on the scale of logits, as `tricky simulate` takes it.

    Attributes
    ----------
    intercept_logit : float
        Of an average observer on an average item.
    observer_sd_logit, item_sd_logit : float
    """

    intercept_logit: float
    observer_sd_logit: float
    item_sd_logit: float


def variance_components(correct: Answers, observer: ArrayLike, item: ArrayLike) -> Components:
    r"""Estimate how much of the variance of being right lies between observers, between items, in the rest.

    Henderson's method I [1]_: sums of squares over observers, over items, over all trials and of the mean are
    set equal to what they are expected to be, which holds for tables with holes and for any distribution.
    With complete tables it is the analysis of variance with crossed random factors.

    Parameters
    ----------
    correct : array_like of bool, shape (n_trials,)
        Whether the answer was right; missing values are left out.
    observer, item : array_like, shape (n_trials,)

    Raises
    ------
    InputError
        As `population_accuracy`, there are fewer than two observers or items, or the components are not
        identifiable, because every item was seen by one observer only, for example.

    References
    ----------
    .. [1] Henderson, C. R. (1953). Estimation of variance and covariance components. Biometrics, 9(2),
       226–252.
    """
    x, [(observers, _), (items, _)] = answered(correct, observer, item)
    n, shape = len(x), (int(observers.max()) + 1, int(items.max()) + 1)
    if min(shape) < 2:
        raise InputError(
            f"{shape[0]} observer(s) and {shape[1]} item(s); variance needs two of both at least"
        )
    table = np.bincount(observers * shape[1] + items, minlength=shape[0] * shape[1]).reshape(shape)
    by_observer, by_item = table.sum(axis=1), table.sum(axis=0)
    squares = [
        (np.bincount(observers, x) ** 2 / by_observer).sum(),
        (np.bincount(items, x) ** 2 / by_item).sum(),
        np.square(x).sum(),
        x.sum() ** 2 / n,
    ]
    # What each is expected to be, in terms of mean² and the variances of observer, item and rest.
    expected = [
        [n, n, (np.square(table).sum(axis=1) / by_observer).sum(), shape[0]],
        [n, (np.square(table).sum(axis=0) / by_item).sum(), n, shape[1]],
        [n, n, n, n],
        [n, np.square(by_observer).sum() / n, np.square(by_item).sum() / n, 1],
    ]
    if np.linalg.matrix_rank(expected) < len(expected):
        raise InputError(_why_inseparable(by_observer, by_item))
    _, between_observers, between_items, rest = np.linalg.solve(np.array(expected, float), squares)
    return Components(float(x.mean()), float(between_observers), float(between_items), float(rest))


def _why_inseparable(by_observer: np.ndarray, by_item: np.ndarray) -> str:
    """Return why variances are not identifiable, from the number of trials of each observer and item."""
    if by_item.max() == 1:
        return "every item was answered once, so variance between items cannot be separated from chance"
    if by_observer.max() == 1:
        return "every observer answered once, so variance between observers cannot be separated from chance"
    return "observers and items overlap too little to separate their variances"


def on_logit_scale(components: Components) -> LogitComponents:
    """Return the standard deviations in logits that lead to these components.

    Of observers and items whose effects on the logit of being right are normal and add up, as `tricky
    simulate` has them: found by quadrature, such that the mean and both variances are those given.

    Parameters
    ----------
    components : Components
        A variance below 0 counts as 0.

    Raises
    ------
    InputError
        The mean is 0 or 1, or no such observers and items have these components.
    """
    wanted = np.array([components.mean, max(components.observer, 0.0), max(components.item, 0.0)])
    if not 0 < components.mean < 1:
        raise InputError(
            f"a mean of {components.mean:g} has no logit; there is nothing to learn from its variance"
        )

    def excess(parameters: np.ndarray) -> np.ndarray:
        intercept, sd_observer, sd_item = parameters
        logit = intercept + sd_observer * NODES[:, np.newaxis] + sd_item * NODES
        p = cast("np.ndarray", special.expit(logit))
        of_observer, of_item = p @ WEIGHTS, WEIGHTS @ p
        mean = float(WEIGHTS @ of_observer)
        found = np.array([mean, WEIGHTS @ of_observer**2 - mean**2, WEIGHTS @ of_item**2 - mean**2])
        return found - wanted

    start = [
        special.logit(components.mean),
        *np.minimum(np.sqrt(wanted[1:]) / (wanted[0] * (1 - wanted[0])), 2),
    ]
    bounds = ([-30, 0, 0], [30, WIDEST_SD_LOGIT, WIDEST_SD_LOGIT])
    fit = optimize.least_squares(excess, start, bounds=bounds, xtol=1e-12, ftol=1e-12, gtol=1e-12)
    if np.abs(fit.fun).max() > 1e-5:
        raise InputError(
            "no normal effects in logits lead to variances of "
            f"{components.observer:.3f} and {components.item:.3f} at a mean of {components.mean:.3f}"
        )
    return LogitComponents(*(float(each) for each in fit.x))
