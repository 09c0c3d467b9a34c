"""The intercept of a logistic model with normal random effects that gives a population its accuracy.

Simulated observers and the power of studies are computed from the same population.
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
from scipy.optimize import root_scalar
from scipy.special import expit, logit


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

    def excess(mu: float) -> float:
        return float(weights @ expit(mu + deviations)) / sqrt(pi) - accuracy

    reach = abs(logit(accuracy)) + 10 * sd_logit + 1
    return float(root_scalar(excess, bracket=(-reach, reach), method="brentq", xtol=1e-12).root)
