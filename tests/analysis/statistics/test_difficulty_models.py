from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

from analysis.statistics.difficulty_models import beta_shares, fit_beta, fit_sigmoid, sigmoid_shares
from tricky.core.errors import InputError

PUBLISHED = Path(__file__).parents[2] / "references" / "meding2022_pool11_histogram.csv"


def test_a_uniform_distribution_gives_every_number_of_models_the_same_share() -> None:
    """∫ C(n, k) pᵏ (1 − p)ⁿ⁻ᵏ dp = 1 / (n + 1); flat are beta with a = b = 1, and a sigmoid with s = 0."""
    np.testing.assert_allclose(beta_shares(11, 1, 1), np.full(12, 1 / 12))
    np.testing.assert_allclose(sigmoid_shares(11, 0), np.full(12, 1 / 12))


def test_the_sigmoid_agrees_with_adaptive_integration() -> None:
    total = integrate.quad(lambda p: special.expit(6.85 * (p - 0.5)), 0, 1)[0]
    expected = [
        integrate.quad(lambda p, k=k: stats.binom.pmf(k, 11, p) * special.expit(6.85 * (p - 0.5)), 0, 1)[0]
        for k in range(12)
    ]
    np.testing.assert_allclose(sigmoid_shares(11, 6.85), np.array(expected) / total, rtol=1e-9)


def test_a_steep_sigmoid_is_uniform_above_one_half() -> None:
    """Of p uniform in (½, 1), the share that two of two models get right is ∫ p² dp · 2 = 7/12."""
    assert sigmoid_shares(2, 1e4)[2] == pytest.approx(7 / 12, abs=0.01)


@pytest.mark.parametrize(("a", "b"), [(1.0, 0.32), (0.4, 0.7), (3.0, 2.0)])
def test_the_beta_distribution_is_recovered(a: float, b: float) -> None:
    p = stats.beta.rvs(a, b, size=200_000, random_state=3)
    right = np.random.default_rng(4).binomial(11, p)
    found = fit_beta(np.bincount(right, minlength=12))
    assert found.parameters == {"a": pytest.approx(a, rel=0.03), "b": pytest.approx(b, rel=0.03)}


def test_the_sigmoid_is_recovered_from_what_it_expects() -> None:
    counts = np.rint(1e7 * sigmoid_shares(11, 6.85))
    found = fit_sigmoid(counts)
    assert found.parameters["slope"] == pytest.approx(6.85, abs=0.01)
    np.testing.assert_allclose(found.shares, counts / counts.sum(), atol=1e-5)


def test_no_other_beta_distribution_is_likelier() -> None:
    """Of the published histogram; likelihoods are scipy's."""
    counts = pd.read_csv(PUBLISHED, comment="#")["images"].to_numpy()

    def log_likelihood(a: float, b: float) -> float:
        return float((counts * stats.betabinom.logpmf(np.arange(12), 11, a, b)).sum())

    found = fit_beta(counts)
    a, b = found.parameters["a"], found.parameters["b"]
    assert found.log_likelihood == pytest.approx(log_likelihood(a, b))
    near = [log_likelihood(a * x, b * y) for x in (0.98, 1, 1.02) for y in (0.98, 1, 1.02)]
    assert max(near) == pytest.approx(found.log_likelihood)
    # Both ends are peaks, and no bounded density fits as well: difficulty is dichotomous.
    assert a < 1
    assert b < 1
    assert found.log_likelihood > fit_sigmoid(counts).log_likelihood + 1000


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([3, 4], "expected the numbers of images"),
        ([3, -1, 4], "expected the numbers of images"),
        ([3, 0.5, 4], "expected the numbers of images"),
        ([[3, 4, 5]], "expected the numbers of images"),
        ([3, 0, 0, 5], "no image that some models get right and others do not"),
    ],
)
def test_a_histogram_that_nothing_can_be_fitted_to_is_refused(counts: list[float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        fit_beta(counts)
    with pytest.raises(InputError, match=said):
        fit_sigmoid(counts)
