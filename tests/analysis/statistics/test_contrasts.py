from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.api import OLS, add_constant
from statsmodels.formula.api import ols
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.contrasts import accuracy_difference, study_difference
from analysis.statistics.population_mean import PopulationMean
from tricky.core.errors import InputError


def crossed(n_observers: int, n_items: int, rng: np.random.Generator, effect: np.ndarray | float = 0.0):
    """Draw answers of observers who differ to items that differ; `effect` in logits, by observer and item."""
    logit = 1.3 + 0.6 * rng.standard_normal((n_observers, 1)) + 1.2 * rng.standard_normal(n_items) + effect
    observer, item = (index.ravel() for index in np.indices(logit.shape))
    return (rng.random(logit.shape) < 1 / (1 + np.exp(-logit))).ravel(), observer, item


def test_standard_error_between_items_adds_up_from_statsmodels_parts():
    correct, observer, item = crossed(9, 40, np.random.default_rng(3))
    second = item % 2 == 1
    result = accuracy_difference(correct, observer, item, second)
    fit = OLS(correct.astype(float), add_constant(second.astype(float))).fit()
    # Parts without statsmodels' factors, then with those of each group's own: 9/8 for observers, who are in
    # both conditions, 20/19 for items, who are in one.
    parts = cov_cluster_2groups(fit, observer, item, use_correction=False)
    _, by_observer, by_item = (np.asarray(each)[1, 1] for each in parts)
    # Cells: the residual mean square of each condition's analysis of variance, over its trials.
    rest = 0.0
    for each in (~second, second):
        frame = pd.DataFrame({"x": correct[each].astype(float), "o": observer[each], "i": item[each]})
        rest += ols("x ~ C(o) + C(i)", frame).fit().mse_resid / 180
    variance = by_observer * 9 / 8 + by_item * 20 / 19 - rest
    assert result.standard_error == pytest.approx(np.sqrt(variance), rel=1e-9)
    assert result.estimate == pytest.approx(fit.params[1])
    assert (result.n_observers, result.n_items, result.n_trials) == ((9, 9), (20, 20), (180, 180))


def test_many_items_and_two_groups_of_observers_give_welchs_test():
    # Items that do not differ and are many leave the observers' means: two independent samples.
    rng = np.random.default_rng(1)
    ability = np.concatenate([rng.uniform(0.6, 0.8, 6), rng.uniform(0.5, 0.9, 9)])
    correct = rng.random((15, 4000)) < ability[:, np.newaxis]
    observer, item = (index.ravel() for index in np.indices(correct.shape))
    result = accuracy_difference(correct.ravel(), observer, item, observer >= 6)
    means = correct.mean(axis=1)
    statistic, p_value = np.asarray(stats.ttest_ind(means[6:], means[:6], equal_var=False))
    assert result.estimate / result.standard_error == pytest.approx(statistic, rel=0.02)
    assert result.p_value == pytest.approx(p_value, rel=0.05)
    assert (result.n_observers, result.n_items) == ((6, 9), (4000, 4000))


def test_the_same_observers_before_and_after_are_compared_with_themselves():
    # Abilities differ a lot, the change does not: paired, it is told; as two groups it would not be.
    rng = np.random.default_rng(2)
    ability = np.linspace(0.5, 0.9, 8)[:, np.newaxis]
    correct = np.hstack([rng.random((8, 300)) < ability - 0.05, rng.random((8, 300)) < ability + 0.05])
    observer, item = (index.ravel() for index in np.indices(correct.shape))
    paired = accuracy_difference(correct.ravel(), observer, item, item >= 300)
    apart = accuracy_difference(correct.ravel(), observer + 8 * (item >= 300), item, item >= 300)
    assert paired.p_value < 0.01
    assert paired.standard_error < apart.standard_error / 2
    assert paired.low < 0.1 < paired.high


@pytest.mark.parametrize("by", ["observers", "items", "trials"])
def test_no_difference_is_found_one_time_in_twenty(by):
    rng = np.random.default_rng(7)
    found = []
    for _ in range(400):
        correct, observer, item = crossed(10, 40, rng)
        second = {"observers": observer % 2, "items": item % 2, "trials": (observer + item) % 2}[by] == 1
        found.append(accuracy_difference(correct, observer, item, second).p_value < 0.05)
    # One binomial standard error is 1.1 points.  Where observers and items were in both conditions, the
    # variance is near the least that it is taken for, and the test is careful.
    assert (0 if by == "trials" else 0.015) < np.mean(found) < 0.085


def test_limits_and_p_value_agree():
    correct, observer, item = crossed(10, 40, np.random.default_rng(5))
    wide = accuracy_difference(correct, observer, item, item % 2 == 1)
    narrow = accuracy_difference(correct, observer, item, item % 2 == 1, level=1 - wide.p_value)
    assert min(abs(narrow.low), abs(narrow.high)) == pytest.approx(0, abs=1e-9)
    swapped = accuracy_difference(correct, observer, item, item % 2 == 0)
    assert (swapped.low, swapped.high) == pytest.approx((-wide.high, -wide.low))
    assert swapped.p_value == pytest.approx(wide.p_value)


def test_a_group_of_one_observer_has_a_difference_but_no_interval():
    correct, observer, item = crossed(3, 40, np.random.default_rng(1))
    result = accuracy_difference(correct, observer, item, observer == 2)
    assert np.isfinite(result.estimate)
    assert np.isnan([result.low, result.high, result.p_value]).all()
    assert result.reason == "an interval needs at least two observers in each condition"


def test_conditions_without_any_error_have_no_interval():
    observer, item = (index.ravel() for index in np.indices((4, 10)))
    result = accuracy_difference(np.ones(40, bool), observer, item, item > 4)
    assert np.isnan(result.p_value)
    assert result.reason == "in each condition all answers are alike"


def test_one_condition_is_refused():
    with pytest.raises(InputError, match="needs two"):
        accuracy_difference([True, False], ["a", "b"], ["x", "y"], [True, True])


def two_studies(seed, shift):
    """Return trials of two studies that share nothing, as one array each, and which study each is of."""
    rng = np.random.default_rng(seed)
    first, second = crossed(9, 60, rng), crossed(14, 40, rng)
    correct = np.concatenate([first[0], second[0] & (rng.random(len(second[0])) > shift)])
    observer, item = (np.concatenate([first[each], 1000 + second[each]]) for each in (1, 2))
    return correct, observer, item, np.arange(len(correct)) >= len(first[0])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_studies_differ_by_what_their_trials_in_one_table_say(seed):
    correct, observer, item, second = two_studies(seed, 0.1)
    here, there = (
        population_accuracy(correct[each], observer[each], item[each]) for each in (~second, second)
    )
    found, expected = study_difference(here, there), accuracy_difference(correct, observer, item, second)
    for name, value in asdict(expected).items():
        if name != "method":
            assert getattr(found, name) == pytest.approx(value), name
    turned = study_difference(there, here)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def test_variances_of_two_studies_add_up_with_welch_and_satterthwaites_degrees_of_freedom():
    first, second = (
        PopulationMean(0.8, 0.7, 0.9, 0.95, "t", error, (error**2, 0.0), (df, 59.0), 9, 60, 540)
        for error, df in ((0.03, 8.0), (0.04, 5.0))
    )
    found = study_difference(first, replace(second, estimate=0.9))
    assert found.standard_error == pytest.approx(0.05)
    # All variance rests on observers: 0.05⁴ / (0.03⁴ / 8 + 0.04⁴ / 5)
    assert found.variances == pytest.approx((0.0025, 0))
    assert found.degrees_of_freedom == pytest.approx((6.25e-6 / (0.81e-6 / 8 + 2.56e-6 / 5), 59))
    t = stats.t(found.degrees_of_freedom[0])
    assert found.p_value == pytest.approx(2 * t.sf(0.1 / 0.05))
    assert found.high == pytest.approx(0.1 + t.ppf(0.975) * 0.05)


def test_a_study_without_a_standard_error_has_a_difference_without_an_interval():
    correct, observer, item = crossed(6, 40, np.random.default_rng(1))
    some, all_right = (population_accuracy(each, observer, item) for each in (correct, np.ones(240, bool)))
    found = study_difference(some, all_right)
    assert found.estimate == pytest.approx(1 - some.estimate)
    assert np.isnan([found.low, found.high, found.p_value]).all()
    with pytest.raises(InputError, match="90%, the second of 95%"):
        study_difference(population_accuracy(correct, observer, item, 0.9), some)
