from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from analysis.statistics.training_dynamics import (
    accuracy_by_epoch,
    compare_with_base,
    flip_share,
    forgetting_events,
    independent_histogram,
    right_for_good,
)


@pytest.fixture
def one_network() -> np.ndarray:
    """Five images over four epochs: never right, always, learned, learned and lost, lost once between."""
    images = [[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1], [0, 1, 1, 0], [1, 0, 1, 1]]
    return np.array(images, bool).T[np.newaxis]


def test_accuracy_is_the_share_right_after_each_epoch(one_network):
    np.testing.assert_allclose(accuracy_by_epoch(one_network), [[0.4, 0.4, 0.8, 0.6]])


def test_flips_count_both_ways(one_network):
    # From epoch 0 to 1 the last two images change, one each way.
    np.testing.assert_allclose(flip_share(one_network), [[0.4, 0.4, 0.2]])


def test_an_image_is_right_for_good_from_the_epoch_after_its_last_error(one_network):
    assert right_for_good(one_network).tolist() == [[-1, 0, 2, -1, 2]]


def test_forgetting_is_turning_from_right_to_wrong(one_network):
    assert forgetting_events(one_network).tolist() == [[0, 0, 0, 1, 1]]


def test_agree_with_a_loop_over_every_course_that_six_epochs_can_take():
    courses = np.array(list(product([False, True], repeat=6)))
    correct = courses.T[np.newaxis]
    for course, settled, events in zip(
        courses, right_for_good(correct)[0], forgetting_events(correct)[0], strict=True
    ):
        since = [epoch for epoch in range(6) if course[epoch:].all()]
        assert settled == (since[0] if since else -1)
        assert events == sum(course[e] and not course[e + 1] for e in range(5))


def test_a_single_epoch_has_neither_flips_nor_forgetting():
    correct = np.array([[[True, False]]])
    assert flip_share(correct).shape == (1, 0)
    assert forgetting_events(correct).tolist() == [[0, 0]]
    assert right_for_good(correct).tolist() == [[0, -1]]


def test_independent_models_give_the_poisson_binomial_counted_outcome_by_outcome():
    accuracy = np.array([0.55, 0.9, 0.2, 0.71])
    expected = np.zeros(5)
    for outcome in product([0, 1], repeat=4):
        expected[sum(outcome)] += np.prod(np.where(outcome, accuracy, 1 - accuracy))
    np.testing.assert_allclose(independent_histogram(accuracy), expected, rtol=1e-12)


def test_the_published_pool_would_leave_no_image_impossible_if_its_models_were_independent():
    accuracy = np.array([0.63, 0.55, 0.67, 0.79, 0.78, 0.70, 0.81, 0.60, 0.68, 0.58, 0.78])
    shares = independent_histogram(accuracy)
    assert shares.sum() == pytest.approx(1)
    assert 50_000 * shares[0] == pytest.approx(50_000 * np.prod(1 - accuracy))
    assert 50_000 * shares[0] < 1  # 3,522 were found
    assert 50_000 * shares[-1] == pytest.approx(50_000 * np.prod(accuracy))


def test_shares_stay_exact_for_a_pool_of_a_thousand():
    shares = independent_histogram(np.full(1000, 0.7))
    assert shares.sum() == pytest.approx(1)
    assert shares @ np.arange(1001) == pytest.approx(700)


def small(n_images: int = 500) -> tuple[np.ndarray, list[str]]:
    rng = np.random.default_rng(1)
    demand = rng.normal(0, 1.5, n_images)
    correct = 0.8 + demand + rng.normal(size=(4, n_images)) > 0
    return np.vstack([correct, correct[:1]]), ["base", "order", "rate", "order", "same"]


def test_kappa_of_each_model_with_the_base_is_that_of_scikit_learn():
    correct, conditions = small()
    found = {each.condition: each for each in compare_with_base(correct, conditions, 0)}
    assert list(found) == ["order", "rate", "same"]  # the base alone is no condition of its own
    order = found["order"]
    assert order.models == (1, 3)
    reference = [cohen_kappa_score(correct[0], correct[row]) for row in order.models]
    assert order.kappa == pytest.approx(reference)
    assert order.estimate == pytest.approx(np.mean(reference))
    assert order.low < order.estimate < order.high
    assert order.both_right == pytest.approx((correct[[1, 3]] & correct[0]).mean())
    assert order.both_wrong == pytest.approx((~correct[[1, 3]] & ~correct[0]).mean())
    assert order.both_right + order.both_wrong + order.one_right == pytest.approx(1)
    assert order.accuracy == pytest.approx(correct[[1, 3]].mean())


def test_the_same_decisions_have_a_kappa_of_1_and_may_differ_on_one_image_in_a_hundred():
    same = compare_with_base(*small(), 0)[-1]
    assert (same.estimate, same.high, same.one_right) == (1, 1, 0)
    # At 500 images a disagreement on a share of 3.84/500 is one that 500 agreements just don't exclude.
    share_by_chance = 2 * (accuracy := small()[0][0].mean()) * (1 - accuracy)
    assert same.low == pytest.approx(1 - 3.84 / 500 / share_by_chance, abs=0.002)


def test_further_models_of_the_base_condition_are_compared_with_the_first():
    correct, _ = small()
    found = compare_with_base(correct[:3], ["base", "base", "other"], 0)
    assert [each.condition for each in found] == ["base", "other"]
    assert found[0].models == (1,)


def test_intervals_cover_the_truth_for_new_images():
    def draw(rng, n_images):
        return 0.8 + rng.normal(0, 1.5, n_images) + rng.normal(size=(2, n_images)) > 0

    truth = cohen_kappa_score(*draw(np.random.default_rng(5), 1_000_000))
    rng = np.random.default_rng(6)
    covered = 0
    for _ in range(300):
        (found,) = compare_with_base(draw(rng, 300), ["base", "other"], 0)
        covered += found.low <= truth <= found.high
    assert covered >= 270  # Binomial(300, .95) is below 270 less than once in two thousand times


def test_a_model_that_is_always_right_has_no_kappa():
    correct, conditions = small()
    correct[2] = True
    rate = compare_with_base(correct, conditions, 0)[1]
    assert np.isnan([rate.estimate, rate.low, rate.high]).all()
    assert rate.both_wrong == 0
