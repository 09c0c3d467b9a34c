import numpy as np
import pytest
from scipy import stats

from analysis.statistics.consistency_intervals import pairs_within
from analysis.statistics.error_consistency import error_consistency
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


def test_the_mean_of_permutations_is_that_of_all_their_pairs():
    # The test counts permutations whose mean is as far from 0; the means by themselves are those of
    # `error_consistency`, whatever pairs are asked for.
    rng = np.random.default_rng(3)
    right = rng.random((6, 40)) < 0.7
    pairs = np.array([(0, 1), (0, 2), (4, 3), (5, 1)])
    distance = abs(error_consistency(right)[pairs[:, 0], pairs[:, 1]].mean())
    drawn = np.random.default_rng(4)
    n_as_far = 1
    for _ in range(200):
        kappa = error_consistency(drawn.permuted(right, axis=1))
        n_as_far += abs(kappa[pairs[:, 0], pairs[:, 1]].mean()) >= distance - 1e-12
    p = mean_independence_p_value(right, pairs, np.random.default_rng(4), n_permutations=200)
    assert p == n_as_far / 201
    seen = np.ones_like(right)
    seen[0, 0] = False  # drawn in another way
    p_of_most = mean_independence_p_value(right, pairs, np.random.default_rng(4), seen, n_permutations=2000)
    assert p_of_most == pytest.approx(p, abs=0.1)
