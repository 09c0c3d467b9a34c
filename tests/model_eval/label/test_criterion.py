from __future__ import annotations

import numpy as np
import pytest

from model_eval.label.criterion import codes_of, difficulty_of, least_models, probability_of, stability
from tricky.core.errors import InputError


def test_difficulty_at_every_count_of_a_small_pool() -> None:
    assert difficulty_of(np.arange(6), 5, 1).tolist() == [
        *("impossible", "impossible", "in-between", "in-between", "trivial", "trivial")
    ]
    assert difficulty_of(np.arange(6), 5, 0).tolist() == ["impossible", *["in-between"] * 4, "trivial"]


def test_pools_of_different_size_are_each_held_to_their_own() -> None:
    assert difficulty_of(np.array([4, 4]), np.array([5, 11]), 1).tolist() == ["trivial", "in-between"]


@pytest.mark.parametrize(("tolerance", "n_models"), [(1, 2), (2, 4), (1, 1), (5, 9)])
def test_a_tolerance_that_makes_an_image_both_is_refused(tolerance: int, n_models: int) -> None:
    with pytest.raises(InputError, match=f"to {(n_models - 1) // 2} or less"):
        difficulty_of(np.array([1]), n_models, tolerance)
    difficulty_of(np.array([1]), n_models, (n_models - 1) // 2)


def test_stability_is_what_resampling_the_models_gives() -> None:
    rng = np.random.default_rng(11)
    n_models, n_draws = 11, 40_000
    n_correct = np.arange(n_models + 1)
    correct = np.arange(n_models)[:, None] < n_correct  # models × images
    drawn = rng.integers(0, n_models, (n_draws, n_models))
    resampled = np.stack([correct[models].sum(axis=0) for models in drawn])
    for tolerance in (0, 1, 3):
        same = difficulty_of(resampled, n_models, tolerance) == difficulty_of(n_correct, n_models, tolerance)
        # Standard error at most .0025; five of them.
        np.testing.assert_allclose(stability(n_correct, n_models, tolerance), same.mean(axis=0), atol=0.0125)


def test_an_image_that_all_models_agree_on_is_perfectly_stable() -> None:
    np.testing.assert_array_equal(stability(np.array([0, 7]), 7, 0), [1.0, 1.0])


def test_images_that_too_few_models_saw_are_not_available_and_not_impossible() -> None:
    n_correct, n_models = np.array([0, 0, 3, 2]), np.array([2, 3, 3, 2])
    assert difficulty_of(n_correct, n_models, 1, least=3).tolist() == ["n/a", "impossible", "trivial", "n/a"]
    np.testing.assert_array_equal(
        np.isnan(stability(n_correct, n_models, 1, least=3)), [True, False, False, True]
    )


@pytest.mark.parametrize(
    ("n_models", "tolerance", "share", "least"),
    [(11, 1, 0.5, 6), (10, 1, 0.5, 5), (11, 1, 0.0, 3), (11, 0, 0.0, 1), (10, 1, 0.3, 3), (11, 1, 1.0, 11)],
)
def test_how_many_models_must_have_seen_an_image(
    n_models: int, tolerance: int, share: float, least: int
) -> None:
    assert least_models(n_models, tolerance, share) == least


def test_the_difficulty_may_be_that_of_another_pool() -> None:
    # Two of three models right, strictly: trivial with (2/3)³, impossible with (1/3)³.
    codes = codes_of(np.array([3, 1, 0]), 3, 0)  # trivial, in-between, impossible
    found = probability_of(codes, np.array([2, 2, 2]), 3, 0)
    np.testing.assert_allclose(found, [8 / 27, 1 - 8 / 27 - 1 / 27, 1 / 27])


def test_counts_of_pools_of_many_sizes_are_each_resampled_by_themselves() -> None:
    n_models = np.array([3, 5, 2_000_000_000, 3])
    found = stability(np.array([2, 5, 2_000_000_000, 0]), n_models, 0)
    np.testing.assert_allclose(found, [1 - 8 / 27 - 1 / 27, 1, 1, 1])
