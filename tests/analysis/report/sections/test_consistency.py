import numpy as np
import pytest

from analysis.report.sections.consistency import FEWEST_PERMUTATIONS, mean_consistencies, n_permutations_for
from analysis.statistics.error_consistency import error_consistency, summarise_pairs


def test_means_of_error_consistency_are_those_of_the_matrix_and_find_what_is_shared():
    rng = np.random.default_rng(2)
    ease = 2 * rng.standard_normal(120) + 1
    people = (rng.random((8, 120)) < 1 / (1 + np.exp(-ease))).astype(float)
    models = (rng.random((3, 120)) < 0.7).astype(float)
    table = mean_consistencies(people, models, None, rng, 0.95).set_index("between")
    assert list(table.index) == [
        *("observers", "observers and models", "observers minus observers and models", "models")
    ]
    kappa = error_consistency(np.vstack([people, models]) == 1)
    assert table["estimate"]["observers"] == pytest.approx(summarise_pairs(kappa[:8, :8]).mean)
    assert table["estimate"]["observers and models"] == pytest.approx(kappa[:8, 8:].mean())
    difference = table["estimate"]["observers"] - table["estimate"]["observers and models"]
    assert table["estimate"]["observers minus observers and models"] == pytest.approx(difference)
    assert table["p_value"]["observers"] < 0.01 < table["p_value"]["observers and models"]
    assert table["low"]["observers minus observers and models"] > 0
    assert table["low"]["models"] < 0 < table["high"]["models"]
    assert np.isnan(table["p_value"]["observers minus observers and models"])


def test_one_observer_without_models_has_nothing_in_common_with_anyone():
    assert mean_consistencies(np.ones((1, 9)), np.empty((0, 9)), None, np.random.default_rng(1), 0.95).empty


def test_many_subjects_or_answers_get_fewer_permutations():
    assert n_permutations_for(24, 24 * 60) == 1999
    assert n_permutations_for(200, 200 * 60) == 499
    assert n_permutations_for(1000, 1000 * 60) == FEWEST_PERMUTATIONS
    assert n_permutations_for(11, 11 * 4600) == 196
    assert n_permutations_for(11, 11 * 50_000) == FEWEST_PERMUTATIONS
