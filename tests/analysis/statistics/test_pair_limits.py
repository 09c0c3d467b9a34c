from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.inter_rater import cohens_kappa

from analysis.statistics.consistency_intervals import measure_consistency
from analysis.statistics.error_consistency import count_pairs
from analysis.statistics.pair_limits import PairTable, pair_limits

Z = stats.norm.ppf(0.975)


def tables_of(correct):
    """Every pair of subjects."""
    counts, (j, k) = count_pairs(correct), np.triu_indices(len(correct), k=1)
    return PairTable(
        counts.n_common[j, k], counts.n_right[j, k], counts.n_right[k, j], counts.n_both_right[j, k]
    )


def subjects(n_items, accuracies, seed):
    rng = np.random.default_rng(seed)
    difficulty = rng.standard_normal(n_items)
    latent = (difficulty + rng.standard_normal((len(accuracies), n_items))) / np.sqrt(2)
    return stats.norm.cdf(latent) < np.array(accuracies)[:, np.newaxis]


@pytest.mark.parametrize("n_items", [25, 150, 1000])
def test_limits_of_all_pairs_are_those_of_each_pair_alone(n_items):
    correct = subjects(n_items, [0.5, 0.6, 0.8, 0.9, 0.9, 0.97], seed=n_items)
    correct = np.vstack([correct, correct[0], ~correct[0]])
    low, high = pair_limits(tables_of(correct))
    for place, pair in enumerate(zip(*np.triu_indices(len(correct), k=1), strict=True)):
        alone = measure_consistency(correct, [pair])
        # It interpolates between values of κ, hence the difference.
        assert (low[place], high[place]) == pytest.approx((alone.low, alone.high), abs=3e-3, nan_ok=True)


def test_at_its_limits_kappa_has_the_standard_error_of_the_textbook():
    a, b, both, n = 0.8, 0.7, 0.62, 400
    kappa = 2 * (both - a * b) / (a + b - 2 * a * b)
    limits = pair_limits(PairTable(*np.array([[n], [n * a], [n * b], [n * both]])))
    for (limit,) in limits:
        # The table with these margins whose κ is the limit, and statsmodels' variance of κ there.
        p = a * b + limit * (a + b - 2 * a * b) / 2
        table: Any = cohens_kappa(n * np.array([[p, a - p], [b - p, 1 - a - b + p]]))
        error = np.sqrt(table.var_kappa)
        assert abs(kappa - limit) == pytest.approx(Z * error * np.sqrt(n / (n - 1)), rel=1e-6)


def test_limits_are_ordered_hold_the_estimate_and_are_missing_where_kappa_is_undefined():
    rng = np.random.default_rng(1)
    n = rng.integers(0, 40, 5000)
    first, second = (rng.integers(0, n + 1) for _ in range(2))
    lowest, highest = np.maximum(0, first + second - n), np.minimum(first, second)
    both = rng.integers(lowest, highest + 1)
    low, high = pair_limits(PairTable(*(each.astype(float) for each in (n, first, second, both))))
    varies = (first > 0) & (first < n) & (second > 0) & (second < n)
    assert (np.isfinite(low) == varies).all()
    assert (np.isfinite(high) == varies).all()
    a, b, p = (each[varies] / n[varies] for each in (first, second, both))
    kappa = 2 * (p - a * b) / (a + b - 2 * a * b)
    assert ((low[varies] >= -1) & (low[varies] <= kappa + 1e-9)).all()
    assert ((high[varies] <= 1) & (high[varies] >= kappa - 1e-9)).all()


def test_higher_coverage_gives_wider_limits():
    tables = tables_of(subjects(100, [0.7, 0.8, 0.9], seed=1))
    narrow, wide = (pair_limits(tables, level) for level in (0.8, 0.99))
    assert (wide[0] < narrow[0]).all()
    assert (wide[1] > narrow[1]).all()
