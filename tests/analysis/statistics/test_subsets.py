from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from analysis.statistics.pair_tables import Counted, kappa_of_tables, pair_tables
from analysis.statistics.pool_intervals import n_resamples_for
from analysis.statistics.subsets import (
    LabelledBy,
    Subset,
    SubsetConsistency,
    consistency_by_subset,
    order_of_models,
)
from model_eval.label.criterion import difficulty_of
from tricky.core.errors import InputError

LEFT_OUT = {
    Subset.ALL: set(),
    Subset.NO_IMPOSSIBLE: {"impossible"},
    Subset.NO_TRIVIAL: {"trivial"},
    Subset.IN_BETWEEN: {"impossible", "trivial"},
}


def kin(rng: np.random.Generator, families: list[int], n_images: int, within: float) -> np.ndarray:
    """Decisions of models that share what images demand, and with their family something more."""
    families_at = np.array(families)
    demand = rng.normal(0, 1.8, n_images)
    shared = rng.normal(0, within, (families_at.max() + 1, n_images))[families_at]
    ability = rng.normal(0.9, 0.4, (len(families), 1))
    return ability + demand + shared + rng.normal(size=(len(families), n_images)) > 0


def found(
    results: list[SubsetConsistency], subset: Subset, labelled_by: LabelledBy = LabelledBy.POOL
) -> SubsetConsistency:
    return next(each for each in results if (each.subset, each.labelled_by) == (subset, labelled_by))


@pytest.mark.parametrize("tolerance", [0, 1])
def test_each_kappa_is_scikit_learns_on_the_images_left_by_hand(tolerance: int):
    correct = kin(np.random.default_rng(1), [0, 0, 1, 1, 2, 2], 400, 0.7)
    results = consistency_by_subset(
        correct, tolerance, np.random.default_rng(2), holds_for="images", n_resamples=5
    )
    assert len(results) == 7
    for each in results:
        for j, k in itertools.combinations(range(6), 2):
            labelling = correct
            if each.labelled_by == LabelledBy.OTHERS:
                labelling = np.delete(correct, [j, k], axis=0)
            difficulty = difficulty_of(labelling.sum(axis=0), len(labelling), tolerance)
            left = ~np.isin(difficulty, list(LEFT_OUT[each.subset]))
            reference = cohen_kappa_score(correct[j, left], correct[k, left])
            assert each.kappa[j, k] == pytest.approx(reference, abs=1e-12)
            assert each.kappa[k, j] == each.kappa[j, k]
        if each.labelled_by == LabelledBy.POOL:
            difficulty = difficulty_of(correct.sum(axis=0), 6, tolerance)
            assert each.n_images == (~np.isin(difficulty, list(LEFT_OUT[each.subset]))).sum()
        assert each.estimate == pytest.approx(each.kappa[np.triu_indices(6, 1)].mean())


def test_independent_models_have_no_consistency_on_images_that_others_chose():
    rng = np.random.default_rng(3)
    correct = rng.random((6, 40_000)) < rng.uniform(0.5, 0.8, (6, 1))
    results = consistency_by_subset(correct, 1, rng, holds_for="images", n_resamples=50)
    for each in results:
        if each.subset == Subset.ALL or each.labelled_by == LabelledBy.OTHERS:
            assert each.estimate == pytest.approx(0, abs=0.01)
    # Chosen by the pool itself, with the images went what they agreed on by chance.
    assert found(results, Subset.IN_BETWEEN).estimate < -0.1


def test_in_between_images_distinguish_families_that_all_images_hide():
    # Trivial and impossible images beyond number, on top of what a weak kinship shows on the others.
    rng = np.random.default_rng(4)
    families = [0, 1, 2, 0, 1, 2, 0, 1, 2]
    some = kin(rng, families, 3000, 1.0)
    easy = np.ones((9, 20_000), bool)
    correct = np.hstack([some, easy, ~easy])
    results = consistency_by_subset(correct, 0, rng, holds_for="images", n_resamples=100)
    on_all = found(results, Subset.ALL)
    between = found(results, Subset.IN_BETWEEN, LabelledBy.OTHERS)
    assert on_all.estimate > 0.85
    assert on_all.sd < 0.03
    assert between.sd > 3 * on_all.sd
    assert between.reliability > 0.9
    order = np.array(families)[order_of_models(between.kappa)]
    assert (np.diff(order) != 0).sum() == 2  # each family stands together


def test_intervals_cover_the_truth_for_new_images_and_new_models():
    # Models of one population; the mean κ of any two of them is taken from large draws.
    def draw(rng, n_models, n_images):
        ability = rng.normal(0.9, 0.4, (n_models, 1))
        return ability + rng.normal(0, 1.8, n_images) + rng.normal(size=(n_models, n_images)) > 0

    def mean_kappa(correct):
        every = Counted(np.ones(len(correct) + 1, bool), without_pair=False)
        (tables,) = pair_tables(correct, np.ones((1, correct.shape[1])), [every])
        return kappa_of_tables(tables).mean()

    truth = np.mean([mean_kappa(draw(np.random.default_rng(seed), 120, 4000)) for seed in range(6)])
    rng = np.random.default_rng(6)
    covered = 0
    for _ in range(100):
        results = consistency_by_subset(
            draw(rng, 9, 400), 1, rng, holds_for="images and models", n_resamples=60
        )
        covered += results[0].low <= truth <= results[0].high
    assert covered >= 88  # Binomial(100, .95) is below 88 less than once in three hundred times


def test_one_seed_gives_one_result():
    correct = kin(np.random.default_rng(7), [0, 1, 2, 3], 300, 0.5)
    one, other = (
        consistency_by_subset(correct, 0, np.random.default_rng(8), holds_for="images") for _ in range(2)
    )
    assert [replace(each, kappa=None) for each in one] == [replace(each, kappa=None) for each in other]
    assert all(each.low < each.estimate < each.high for each in one)


def test_is_undefined_where_a_subset_holds_no_image():
    correct = np.repeat(np.array([[True, True, False]]), 4, axis=0)  # all four models alike
    results = consistency_by_subset(correct, 0, np.random.default_rng(9), holds_for="images")
    assert found(results, Subset.ALL).estimate == 1
    between = found(results, Subset.IN_BETWEEN)
    assert between.n_images == 0
    assert np.isnan([between.estimate, between.low, between.high, between.sd, between.reliability]).all()
    assert np.isnan(between.kappa[0, 1])


def test_similar_models_are_next_to_each_other():
    kappa = np.array([[1, 0.1, 0.8, 0.2], [0.1, 1, 0.2, 0.7], [0.8, 0.2, 1, 0.3], [0.2, 0.7, 0.3, 1]])
    order = order_of_models(kappa).tolist()
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({0, 2}), frozenset({1, 3})}
    assert order[1:3] in ([2, 3], [3, 2])  # the most alike of different pairs meet
    assert order_of_models(kappa[:2, :2]).tolist() == [0, 1]


def test_refuses_a_single_model_and_a_tolerance_beyond_its_pool():
    with pytest.raises(InputError, match="compared in pairs"):
        consistency_by_subset(np.ones((1, 5), bool), 0, np.random.default_rng(0), holds_for="images")
    with pytest.raises(InputError, match="both trivial and impossible"):
        consistency_by_subset(np.ones((2, 5), bool), 1, np.random.default_rng(0), holds_for="images")


def test_very_large_pools_are_resampled_fewer_times():
    assert n_resamples_for(100, 50_000) == 1000
    assert n_resamples_for(500, 50_000) == 200
    assert n_resamples_for(1000, 50_000) == 100
    assert n_resamples_for(1000, 500_000) == 100
