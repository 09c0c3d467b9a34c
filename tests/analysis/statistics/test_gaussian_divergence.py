from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from analysis.statistics.gaussian_divergence import divergence_to_neighbour


@pytest.mark.parametrize(("own", "other"), [(3.0, 4.0), (40.0, 41.0), (100.0, 99.0)])
def test_is_the_integral_of_the_log_ratio_of_two_normal_densities(own: float, other: float):
    def integrand(x: float) -> float:
        ratio = stats.norm.logpdf(x, scale=own) - stats.norm.logpdf(x, scale=other)
        return float(stats.norm.pdf(x, scale=own) * ratio)

    reference, _ = integrate.quad(integrand, -9 * own, 9 * own)
    assert divergence_to_neighbour(np.array([own, other]))[0] == pytest.approx(reference, rel=1e-6)


def test_the_nearest_class_of_1_to_100_is_the_next_noisier_and_of_the_last_the_one_before():
    sd = np.arange(1.0, 101)
    found = divergence_to_neighbour(sd)
    # ln(σ₂/σ₁) + σ₁²/(2 σ₂²) − 1/2 at σ = 1, 2 by hand: .6931 + .125 − .5.
    assert found[0] == pytest.approx(0.3181, abs=1e-4)
    forward = np.log((sd[:-1] + 1) / sd[:-1]) + sd[:-1] ** 2 / (2 * (sd[:-1] + 1) ** 2) - 0.5
    np.testing.assert_allclose(found[:-1], forward, rtol=1e-9)
    assert found[-1] == pytest.approx(np.log(99 / 100) + 100**2 / (2 * 99**2) - 0.5)
    assert (np.diff(found[:-1]) < 0).all()  # noisier classes lie closer
