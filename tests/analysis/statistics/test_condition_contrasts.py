from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from analysis.statistics.condition_contrasts import beside_base


def small(n_images: int = 500) -> tuple[np.ndarray, list[str]]:
    rng = np.random.default_rng(1)
    demand = rng.normal(0, 1.5, n_images)
    correct = 0.8 + demand + rng.normal(size=(4, n_images)) > 0
    return np.vstack([correct, correct[:1]]), ["base", "order", "rate", "order", "same"]


def test_each_model_beside_the_base_as_scikit_learn_has_it():
    correct, conditions = small()
    found = {each.condition: each for each in beside_base(correct, conditions, 0)}
    assert list(found) == ["order", "rate", "same"]  # the base alone is no condition of its own
    order = found["order"]
    assert order.models == (1, 3)
    reference = [cohen_kappa_score(correct[0], correct[row]) for row in order.models]
    assert order.kappa == pytest.approx(reference)
    assert order.mean == pytest.approx(np.mean(reference))
    assert order.low < order.mean < order.high
    assert order.both_right == pytest.approx((correct[[1, 3]] & correct[0]).mean())
    assert order.both_wrong == pytest.approx((~correct[[1, 3]] & ~correct[0]).mean())
    assert order.both_right + order.both_wrong + order.one_right == pytest.approx(1)
    assert order.accuracy == pytest.approx(correct[[1, 3]].mean())


def test_the_same_decisions_have_a_kappa_of_1_and_may_differ_on_one_image_in_a_hundred():
    same = beside_base(*small(), 0)[-1]
    assert (same.mean, same.high, same.one_right) == (1, 1, 0)
    # At 500 images a disagreement on a share of 3.84/500 is one that 500 agreements just don't exclude.
    share_by_chance = 2 * (accuracy := small()[0][0].mean()) * (1 - accuracy)
    assert same.low == pytest.approx(1 - 3.84 / 500 / share_by_chance, abs=0.002)


def test_further_models_of_the_base_condition_stand_beside_the_first():
    correct, _ = small()
    found = beside_base(correct[:3], ["base", "base", "other"], 0)
    assert [each.condition for each in found] == ["base", "other"]
    assert found[0].models == (1,)


def test_intervals_cover_the_truth_for_new_images():
    def draw(rng, n_images):
        return 0.8 + rng.normal(0, 1.5, n_images) + rng.normal(size=(2, n_images)) > 0

    truth = cohen_kappa_score(*draw(np.random.default_rng(5), 1_000_000))
    rng = np.random.default_rng(6)
    covered = 0
    for _ in range(300):
        (found,) = beside_base(draw(rng, 300), ["base", "other"], 0)
        covered += found.low <= truth <= found.high
    assert covered >= 270  # Binomial(300, .95) is below 270 less than once in two thousand times


def test_a_model_that_is_always_right_has_no_kappa():
    correct, conditions = small()
    correct[2] = True
    rate = beside_base(correct, conditions, 0)[1]
    assert np.isnan([rate.mean, rate.low, rate.high]).all()
    assert rate.both_wrong == 0
