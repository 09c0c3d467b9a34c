"""The intercept of a logistic model with normal random effects that gives a population its accuracy.

Simulated observers and the power of studies are computed from the same population.
"""

from __future__ import annotations

from math import log, pi, sqrt

import numpy as np


def population_intercept(accuracy: float, sd_logit: float) -> float:
    """Return the intercept `mu` with which a population has a proportion correct.

    Solves ``E[logistic(mu + sd_logit * Z)] = accuracy`` for standard normal `Z`; the expectation is computed
    by Gauss-Hermite quadrature (Abramowitz & Stegun 1964, 25.4.46). For accuracies above one half, `mu`
    exceeds ``logit(accuracy)``.

    Parameters
    ----------
    accuracy : float
        Proportion correct, in (0, 1).
    sd_logit : float
        Standard deviation of the sum of all random effects, in logits.
    """
    nodes, weights = np.polynomial.hermite.hermgauss(101)
    deviations = sqrt(2) * sd_logit * nodes

    def proportion_correct(mu: float) -> float:
        return float(weights @ np.exp(-np.logaddexp(0, -(mu + deviations)))) / sqrt(pi)

    reach = abs(log(accuracy / (1 - accuracy))) + 10 * sd_logit + 1
    low, high = -reach, reach
    while high - low > 1e-12 * reach:  # by halves: an optimiser would take longer to load than this to run
        middle = (low + high) / 2
        low, high = (middle, high) if proportion_correct(middle) < accuracy else (low, middle)
    return (low + high) / 2
