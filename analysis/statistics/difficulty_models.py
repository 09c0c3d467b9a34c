"""Which distribution of difficulty would give the histogram of the number of correct models?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

from tricky.core.errors import InputError

NODES = 200
"""Of the quadrature over probabilities: exact for polynomials of the degree 399."""


@dataclass(frozen=True)
class DifficultyModel:
    """A distribution of images' probabilities of being classified correctly, fitted to a histogram.

    Attributes
    ----------
    parameters : dict of str to float
        Of the distribution.
    shares : ndarray of float, shape (n_models + 1,)
        Expected share of images that 0, 1, … all models get right.
    log_likelihood : float
        Of the histogram, without the multinomial coefficient.
    """

    parameters: dict[str, float]
    shares: np.ndarray
    log_likelihood: float


def beta_shares(n_models: int, a: float, b: float) -> np.ndarray:
    r"""Return the shares of images that 0, 1, … all models get right: a beta-binomial distribution.

    Each image has its own probability p of being classified correctly, with a density proportional to
    :math:`p^{a-1} (1-p)^{b-1}`.  Given p, models err independently and are equally accurate.  With b < 1 the
    density grows without limit towards p = 1, with a < 1 towards 0.  The paper of Meding et al. (2022,
    appendix, figure 10) has a = 1, b = .32, which it calls exponential decay.

    Parameters
    ----------
    n_models : int
    a, b : float
        Positive.
    """
    return stats.betabinom.pmf(np.arange(n_models + 1), n_models, a, b)


def sigmoid_shares(n_models: int, slope: float) -> np.ndarray:
    r"""Return the same for a density of p that is a logistic function.

    .. math:: f(p) \propto \frac{1}{1 + e^{-s (p - 1/2)}},

    with the slope s; Meding et al. (2022, appendix, figure 10) have s = 6.85.  It is bounded: it has no peak
    at either end.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    p = (nodes + 1) / 2
    density = weights * special.expit(slope * (p - 0.5))
    binomial = stats.binom.pmf(np.arange(n_models + 1)[:, np.newaxis], n_models, p)
    return binomial @ (density / density.sum())


def fit_beta(n_images: ArrayLike) -> DifficultyModel:
    """Fit `beta_shares` to a histogram by maximum likelihood.

    Parameters
    ----------
    n_images : array_like of int, shape (n_models + 1,)
        Number of images that 0, 1, … all models get right.

    Returns
    -------
    DifficultyModel
        Parameters `a` and `b`.

    Raises
    ------
    InputError
        The histogram has fewer than three classes, negative or fractional numbers, or no images in between.
    """
    counts = _checked(n_images)

    def shares(logs: np.ndarray) -> np.ndarray:
        a, b = np.exp(logs)
        return beta_shares(len(counts) - 1, float(a), float(b))

    found = _fit(counts, shares, np.zeros(2))
    a, b = (float(each) for each in np.exp(found))
    return _model(counts, {"a": a, "b": b}, shares(found))


def fit_sigmoid(n_images: ArrayLike) -> DifficultyModel:
    """Fit `sigmoid_shares` to a histogram by maximum likelihood: see `fit_beta`; parameter `slope`."""
    counts = _checked(n_images)

    def shares(slope: np.ndarray) -> np.ndarray:
        return sigmoid_shares(len(counts) - 1, float(slope[0]))

    found = _fit(counts, shares, np.zeros(1))
    return _model(counts, {"slope": float(found[0])}, shares(found))


def _fit(counts: np.ndarray, shares: Callable[[np.ndarray], np.ndarray], start: np.ndarray) -> np.ndarray:
    def loss(parameters: np.ndarray) -> float:
        return -float(special.xlogy(counts, shares(parameters)).sum()) / counts.sum()

    found: Any = optimize.minimize(  # pyright: ignore[reportUnknownMemberType]
        loss, start, method="Nelder-Mead", tol=1e-10
    )
    return np.asarray(found.x, dtype=float)


def _model(counts: np.ndarray, parameters: dict[str, float], shares: np.ndarray) -> DifficultyModel:
    return DifficultyModel(parameters, shares, float(special.xlogy(counts, shares).sum()))


def _checked(n_images: ArrayLike) -> np.ndarray:
    counts = np.asarray(n_images, dtype=float)
    if counts.ndim != 1 or len(counts) < 3 or (counts < 0).any() or (counts % 1 != 0).any():
        shown = np.asarray(n_images).tolist()
        raise InputError(
            f"a histogram {shown}, expected the numbers of images that 0, 1, … all of at least two models "
            "get right"
        )
    if not counts[1:-1].any():
        raise InputError("no image that some models get right and others do not: no distribution fits best")
    return counts
