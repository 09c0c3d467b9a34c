from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.inter_rater import fleiss_kappa

from analysis.statistics.dichotomy import (
    dichotomy,
    dichotomy_of_histogram,
    dichotomy_range,
    interval_of_histogram,
    measure_dichotomy,
)
from tricky.core.errors import InputError

PUBLISHED = Path(__file__).parents[2] / "references" / "meding2022_pool11_histogram.csv"
PUBLISHED_ACCURACY = np.array([0.63, 0.55, 0.67, 0.79, 0.78, 0.70, 0.81, 0.60, 0.68, 0.58, 0.78])


def beta_models(rng, n_models: int, n_images: int, a: float, b: float) -> np.ndarray:
    """Decisions of models that all follow the images' probabilities, drawn from a beta distribution."""
    return rng.random((n_models, n_images)) < rng.beta(a, b, n_images)


def test_identical_models_give_1():
    one = np.random.default_rng(0).random(500) < 0.7
    correct = np.tile(one, (6, 1))
    assert dichotomy(correct) == 1
    found = measure_dichotomy(correct, np.random.default_rng(1), holds_for="images and models")
    assert (found.low, found.high, found.most) == (1, 1, 1)


def test_independent_models_of_any_accuracies_give_0_whatever_their_number():
    rng = np.random.default_rng(2)
    for n_models in (2, 5, 40):
        accuracy = rng.uniform(0.3, 0.95, (n_models, 1))
        # The standard error is below .004: each image gives at least one pair.
        assert dichotomy(rng.random((n_models, 100_000)) < accuracy) == pytest.approx(0, abs=0.015)


def test_models_that_err_on_different_images_give_the_least_that_can_be():
    correct = ~np.eye(5, dtype=bool)  # each wrong on one image of five, each on another
    assert dichotomy(correct) == pytest.approx(-1 / 4)
    assert dichotomy_range(correct.mean(axis=1))[0] == pytest.approx(-1 / 4)


def test_nested_models_give_the_most_that_their_accuracies_allow():
    correct = np.arange(100) < np.array([[20], [55], [90]])
    assert dichotomy(correct) == pytest.approx(dichotomy_range(correct.mean(axis=1))[1])


def test_follows_the_definition_pair_by_pair():
    correct = np.random.default_rng(3).random((7, 60)) < np.linspace(0.2, 0.9, 7)[:, np.newaxis]
    observed = expected = 0.0
    for j in range(7):
        for k in range(7):
            if j != k:
                observed += (correct[j] & ~correct[k]).mean()
                expected += correct[j].mean() * (1 - correct[k].mean())
    assert dichotomy(correct) == pytest.approx(1 - observed / expected)


def test_the_published_histogram_lies_between_independence_and_the_most_that_its_accuracies_allow():
    histogram = pd.read_csv(PUBLISHED, comment="#")["images"].to_numpy()
    value = dichotomy_of_histogram(histogram, PUBLISHED_ACCURACY)
    assert value == pytest.approx(0.481, abs=0.002)  # accuracies are published with two digits
    assert dichotomy_range(PUBLISHED_ACCURACY)[1] == pytest.approx(0.745, abs=0.001)
    # By Fleiss' kappa, as another library has it, which takes models for equally accurate.
    ratings = np.repeat(np.stack([np.arange(12), 11 - np.arange(12)], axis=1), histogram, axis=0)
    assert dichotomy_of_histogram(histogram) == pytest.approx(fleiss_kappa(ratings), abs=1e-12)
    low, high = interval_of_histogram(histogram, np.random.default_rng(4))
    assert low < 0.4796 < high
    assert high - low < 0.01


def test_equal_accuracies_are_assumed_at_no_gain():
    rng = np.random.default_rng(5)
    correct = rng.random((8, 2000)) < rng.uniform(0.3, 0.95, (8, 1))
    histogram = np.bincount(correct.sum(axis=0), minlength=9)
    assert dichotomy_of_histogram(histogram) < dichotomy(correct)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1.0, 1.0), (2.0, 1.0), (0.7, 0.3)])
def test_of_images_with_beta_probabilities_it_is_the_intraclass_correlation(a: float, b: float):
    # Var(p) / (mean(p) (1 − mean(p))) of Beta(a, b) is 1 / (a + b + 1): 1/2, 1/3, 1/4, 1/2.
    correct = beta_models(np.random.default_rng(6), 12, 60_000, a, b)
    assert dichotomy(correct) == pytest.approx(1 / (a + b + 1), abs=0.01)


def test_does_not_depend_on_the_size_of_the_pool_as_the_share_of_trivial_images_does():
    pmf = {n: stats.betabinom.pmf(np.arange(n + 1), n, 0.7, 0.3) for n in (3, 11, 100)}
    values = [dichotomy_of_histogram(np.round(1e9 * p).astype(int)) for p in pmf.values()]
    np.testing.assert_allclose(values, 0.5, atol=1e-6)
    assert pmf[100][-1] < 0.6 * pmf[3][-1]


def test_intervals_cover_the_truth_for_new_images_and_new_models():
    # Models of one population, by ability; P(right) is Φ(ability + image). D of the population comes from
    # a large draw: .448 (SD of ten such draws .004).
    def draw(rng, n_models: int, n_images: int) -> np.ndarray:
        ability = rng.normal(0.8, 0.4, (n_models, 1))
        return rng.normal(size=(n_models, n_images)) + ability + rng.normal(0, 1.5, n_images) > 0

    truth = float(np.mean([dichotomy(draw(np.random.default_rng(s), 200, 20_000)) for s in range(4)]))
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(200):
        correct = draw(rng, 8, 400)
        found = measure_dichotomy(correct, rng, holds_for="images and models", n_resamples=200)
        covered += found.low <= truth <= found.high
    # Binomial(200, .95) is 179 or less once in a thousand times.
    assert covered >= 180


def test_an_interval_for_the_same_models_is_narrower_than_one_for_others():
    rng = np.random.default_rng(8)
    # Models differ in how much they go by what makes images hard for all.
    images, models = rng.normal(0, 1.5, 800), np.array([[0.1], [0.4], [0.8], [1.2], [1.6], [2.0]])
    correct = rng.normal(size=(6, 800)) + 0.5 + models * images > 0
    same = measure_dichotomy(correct, np.random.default_rng(9), holds_for="images")
    other = measure_dichotomy(correct, np.random.default_rng(9), holds_for="images and models")
    assert same.estimate == other.estimate
    assert other.low < same.low < same.estimate < same.high < other.high


def test_is_undefined_where_nothing_can_be_estimated():
    always = np.ones((3, 10), bool)
    assert np.isnan(dichotomy(always))
    found = measure_dichotomy(always, np.random.default_rng(10), holds_for="images and models")
    assert np.isnan([found.low, found.high, found.least, found.most]).all()


def test_two_models_say_nothing_of_a_third():
    correct = beta_models(np.random.default_rng(11), 2, 300, 0.6, 0.4)
    found = measure_dichotomy(correct, np.random.default_rng(12), holds_for="images and models")
    assert np.isfinite(found.estimate)
    assert np.isnan(found.low)


@pytest.mark.parametrize("wrong", [np.ones((1, 4), bool), np.ones((3, 4)), np.ones((3, 0), bool)])
def test_refuses_what_holds_no_pairs_of_decisions(wrong):
    with pytest.raises(InputError, match="at least two models"):
        dichotomy(wrong)


def test_refuses_accuracies_of_another_pool():
    with pytest.raises(InputError, match="2 accuracies for a histogram of 3 models"):
        dichotomy_of_histogram(np.array([1, 2, 3, 4]), np.array([0.5, 0.5]))
