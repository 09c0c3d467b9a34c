import numpy as np
import pytest
from scipy import stats

from analysis.statistics.consistency_intervals import pairs_within
from analysis.statistics.independence import independence_p_values, mean_independence_p_value


def test_independence_p_values_are_fishers_less_half_of_what_was_observed():
    answers = np.random.default_rng(2).random((4, 30)) < 0.7
    seen = np.random.default_rng(3).random((4, 30)) < 0.9
    p = independence_p_values(answers, seen)
    np.testing.assert_array_equal(p, p.T)
    assert np.isnan(np.diag(p)).all()
    for j, k in pairs_within(range(4)):
        common = seen[j] & seen[k]
        table = [
            [np.sum((answers[j] == x) & (answers[k] == y) & common) for y in (True, False)]
            for x in (True, False)
        ]
        tails = [stats.fisher_exact(np.array(table), alternative=side)[1] for side in ("less", "greater")]
        # The observed table is in both tails: together they exceed 1 by its probability.
        half = (sum(tails) - 1) / 2
        assert p[j, k] == pytest.approx(min(1, 2 * (min(tails) - half)))


def test_a_pair_without_kappa_has_no_p_value():
    p = independence_p_values(np.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 1, 1]], bool))
    assert np.isnan(p[0]).all()
    assert p[1, 2] == 1


def test_a_mean_over_pairs_may_differ_from_independence_where_no_single_pair_does():
    rng = np.random.default_rng(8)
    shared = rng.random(60) < 0.35
    common, alone = rng.random(60) < 0.8, rng.random((8, 60)) < 0.8
    answers = np.where(shared, common, alone)
    pairs = pairs_within(range(8))
    assert mean_independence_p_value(answers, pairs, rng, n_permutations=200) < 0.02
    seen = rng.random(answers.shape) < 0.8
    assert mean_independence_p_value(answers, pairs, rng, seen, n_permutations=200) < 0.02
    assert mean_independence_p_value(alone, pairs, rng, n_permutations=200) > 0.05
    assert np.isnan(mean_independence_p_value(np.ones((2, 9), bool), [(0, 1)], rng))
