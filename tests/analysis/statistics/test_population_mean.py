import numpy as np
import pytest
from scipy import stats

from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.population_mean import population_mean
from tricky.core.errors import InputError

OBSERVER, ITEM = (index.ravel() for index in np.indices((6, 40)))


def times(seed: int, observer_sd: float = 0.5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (observer_sd * rng.standard_normal((6, 1)) + rng.standard_normal((6, 40))).ravel()


def test_accuracy_is_the_mean_of_right_answers_between_0_and_1():
    right = times(1) > -0.5
    accuracy = population_accuracy(right, OBSERVER, ITEM, 0.9)
    assert population_mean(right, OBSERVER, ITEM, 0.9, bounds=(0, 1)) == accuracy
    assert population_mean(100.0 * right, OBSERVER, ITEM, 0.9, bounds=(0, 100)).low == pytest.approx(
        100 * accuracy.low
    )


def test_units_and_zero_of_a_scale_do_not_matter():
    rating = np.clip(np.round(times(2) + 3), 1, 5)
    found = population_mean(rating, OBSERVER, ITEM, bounds=(1, 5))
    share = population_mean((rating - 1) / 4, OBSERVER, ITEM, bounds=(0, 1))
    assert (found.low, found.high) == pytest.approx((1 + 4 * share.low, 1 + 4 * share.high))
    assert found.p_value(3.5) == pytest.approx(share.p_value(2.5 / 4))
    assert 1 < found.low < found.high < 5


def test_where_observers_make_up_the_variance_the_interval_is_students_over_their_means():
    values = np.repeat(np.random.default_rng(3).standard_normal(6), 40) + 1e-6 * times(4)
    found = population_mean(values, OBSERVER, ITEM)
    means = values.reshape(6, 40).mean(axis=1)
    limits = stats.t.interval(0.95, 5, loc=means.mean(), scale=stats.sem(means))
    assert (found.low, found.high) == pytest.approx(limits, rel=1e-4)
    assert found.p_value(0.5) == pytest.approx(np.asarray(stats.ttest_1samp(means, 0.5))[1], rel=1e-4)


def test_missing_values_are_left_out():
    values = times(5)
    values[::7] = np.nan
    kept = ~np.isnan(values)
    found = population_mean(values, OBSERVER, ITEM)
    assert found == population_mean(values[kept], OBSERVER[kept], ITEM[kept])
    assert found.n_trials == kept.sum()


@pytest.mark.parametrize(
    ("values", "observer", "item", "reason"),
    [
        ([1.0, 2.0], ["a", "a"], ["x", "y"], "at least two observers"),
        ([1.0, 2.0], ["a", "b"], ["x", "x"], "at least two items"),
        ([2.0, 2.0], ["a", "b"], ["x", "y"], "all values are the same"),
        ([np.nan, np.nan], ["a", "b"], ["x", "y"], "no value"),
    ],
)
def test_where_there_is_no_interval_a_reason_is_given(values, observer, item, reason):
    found = population_mean(values, observer, item)
    assert reason in str(found.reason)
    assert np.isnan([found.low, found.high, found.p_value(1.0)]).all()


def test_ratings_that_are_all_the_same_have_the_exact_interval_of_as_many_as_there_are_observers():
    found = population_mean(np.full(240, 5.0), OBSERVER, ITEM, bounds=(1, 5))
    # Clopper & Pearson for 6 of 6: .025^(1/6), on a scale from 1 to 5.
    assert (found.low, found.high) == pytest.approx((1 + 4 * 0.025 ** (1 / 6), 5))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0], ["a"], ["x", "y"]), "2 values, 1 observers and 2 items"),
        (([1.0, 2.0], ["a", None], ["x", "y"]), "lacks its observer"),
        (([1.0, 2.0], ["a", "b"], ["x", "y"], 95), "write 0.95"),
    ],
)
def test_what_has_no_mean_is_refused_in_one_line(arguments, message):
    with pytest.raises(InputError, match=message):
        population_mean(*arguments)


def test_values_outside_of_the_bounds_are_refused():
    with pytest.raises(InputError, match="from 0 to 6, outside of 1 to 5"):
        population_mean([0.0, 6.0], ["a", "b"], ["x", "y"], bounds=(1, 5))


def test_the_interval_of_a_mean_holds_the_truth_for_new_observers_and_items():
    rng = np.random.default_rng(21)
    held = 0
    observer, item = (index.ravel() for index in np.indices((9, 60)))
    for _ in range(300):
        values = (0.4 * rng.standard_normal((9, 1)) + 0.8 * rng.standard_normal(60)).ravel()
        mean = population_mean(values + rng.standard_normal(540), observer, item, 0.95)
        held += mean.low <= 0 <= mean.high
    assert held / 300 > 0.91  # one standard error is 1.3 points; independent trials would give some 40%
