from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from analysis.statistics.training_dynamics import (
    accuracy_by_epoch,
    first_right,
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


def test_an_image_is_first_right_before_it_is_for_good(one_network):
    assert first_right(one_network).tolist() == [[-1, 0, 2, 1, 0]]


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
