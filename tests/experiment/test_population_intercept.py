from math import hypot

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit, logit
from scipy.stats import norm

from experiment.population_intercept import population_intercept


@pytest.mark.parametrize("accuracy", [0.1, 0.5, 0.81, 0.99])
@pytest.mark.parametrize("sd", [0.0, 0.45, hypot(0.45, 1.6), 4.0])
def test_the_intercept_gives_the_population_its_accuracy(accuracy, sd):
    mu = population_intercept(accuracy, sd)
    if sd == 0:
        assert mu == pytest.approx(logit(accuracy))
        return
    mean, _ = quad(lambda z: expit(mu + sd * z) * norm.pdf(z), -12, 12, limit=200)
    assert mean == pytest.approx(accuracy, abs=1e-6)


def test_the_intercept_agrees_with_a_monte_carlo_population():
    # 400,000 new observers, each with a new item; the standard error of the mean is below 0.0005.
    rng = np.random.default_rng(20240501)
    effects = rng.normal(0, 0.45, 400_000) + rng.normal(0, 1.6, 400_000)
    mean = expit(population_intercept(0.81, hypot(0.45, 1.6)) + effects).mean()
    assert mean == pytest.approx(0.81, abs=4 * 0.0005)
