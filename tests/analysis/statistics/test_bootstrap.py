import numpy as np
import pytest

from analysis.statistics import bootstrap
from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.bootstrap import bootstrap_accuracy
from analysis.statistics.contrasts import accuracy_difference
from tricky.core.errors import InputError


def crossed(n_observers: int, n_items: int, seed: int, sd: float = 1.0):
    rng = np.random.default_rng(seed)
    logit = 1.3 + sd * (0.6 * rng.standard_normal((n_observers, 1)) + 1.2 * rng.standard_normal(n_items))
    observer, item = (index.ravel() for index in np.indices(logit.shape))
    return (rng.random(logit.shape) < 1 / (1 + np.exp(-logit))).ravel(), observer, item


def test_draws_are_those_of_resampled_observers_and_items_written_out():
    # A table with holes and repeats: every draw done by hand, trial by trial, from the same random numbers.
    correct, observer, item = crossed(5, 7, seed=1)
    kept = np.r_[3:35, 10:14]
    correct, observer, item = correct[kept], observer[kept], item[kept]
    found = bootstrap_accuracy(correct, observer, item, np.random.default_rng(2), n_resamples=300)
    rng = np.random.default_rng(2)
    of_observers = rng.multinomial(5, np.full(5, 0.2), size=300)
    of_items = rng.multinomial(7, np.full(7, 1 / 7), size=300)
    means = []
    for drawn, shown in zip(of_observers, of_items, strict=True):
        weight = drawn[observer] * shown[item]
        means.append(np.average(correct, weights=weight))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=1e-6)
    assert found.estimate == correct.mean()


def test_agrees_with_the_cluster_robust_interval_where_there_are_many_of_both():
    correct, observer, item = crossed(60, 200, seed=3)
    robust = population_accuracy(correct, observer, item)
    found = bootstrap_accuracy(correct, observer, item, np.random.default_rng(1))
    assert (found.low, found.high) == pytest.approx((robust.low, robust.high), abs=0.004)
    second = item % 2 == 1
    contrast = accuracy_difference(correct, observer, item, second)
    found = bootstrap_accuracy(correct, observer, item, np.random.default_rng(1), is_second=second)
    assert found.estimate == pytest.approx(contrast.estimate)
    assert (found.low, found.high) == pytest.approx((contrast.low, contrast.high), abs=0.008)


def test_the_result_does_not_depend_on_how_much_is_held_in_memory(monkeypatch):
    correct, observer, item = crossed(6, 20, seed=3)
    results = []
    for chunk in (2**24, 26 * 4000):
        monkeypatch.setattr(bootstrap, "CHUNK", chunk)
        results.append(bootstrap_accuracy(correct, observer, item, np.random.default_rng(1)))
    assert (results[0].low, results[0].high) == pytest.approx((results[1].low, results[1].high), abs=0.01)


@pytest.mark.parametrize("answer", [True, False])
def test_answers_that_are_all_alike_have_no_interval(answer):
    found = bootstrap_accuracy([answer] * 4, list("aabb"), list("xyxy"), np.random.default_rng(1))
    assert found.estimate == answer
    assert np.isnan([found.low, found.high]).all()
    assert found.reason == "every resample gives the same value"


def test_one_observer_has_an_estimate_without_an_interval():
    found = bootstrap_accuracy([True, False], ["a", "a"], ["x", "y"], np.random.default_rng(1))
    assert found.estimate == 0.5
    assert np.isnan([found.low, found.high]).all()
    assert found.reason == "an interval needs at least two observers"


def test_one_condition_is_refused():
    with pytest.raises(InputError, match="needs two"):
        bootstrap_accuracy([True], ["a"], ["x"], np.random.default_rng(1), is_second=[True])
