import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from analysis.statistics.observers import halves, repeat_agreement, side_bias, times_by_correctness
from tricky.core.errors import InputError


def bits(*groups: tuple[int, int]) -> np.ndarray:
    """Return, for each group, so many trues and so many falses."""
    return np.concatenate([np.repeat([True, False], group) for group in groups])


def test_side_bias_is_newcombes_difference_of_the_two_accuracies():
    # Newcombe (1998), table II, method 10: 56/70 and 48/80 give .0524 to .3339.
    right = bits((56, 14), (48, 32))
    left_is_right = np.repeat([True, False], [70, 80])
    row = side_bias(right == left_is_right, left_is_right, np.zeros(150, int)).to_dict("index")[0]
    assert row["n_trials"] == 150
    assert row["share_left"] == pytest.approx((56 + 32) / 150)
    assert (row["accuracy_left"], row["accuracy_right"]) == pytest.approx((0.8, 0.6))
    assert (row["bias"], row["low"], row["high"]) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_an_observer_who_always_answers_left_is_as_biased_as_can_be():
    left_is_right = np.arange(40) % 2 == 0
    assert side_bias(np.ones(40), left_is_right, ["a"] * 40)["bias"].tolist() == [1]


def test_halves_follow_time_not_rows():
    # In time: 20 trials of which 10 right, then 20 of which 15 right.
    correct = np.concatenate([bits((10, 10)), bits((15, 5))])
    order = np.arange(40)
    shuffled = np.random.default_rng(1).permutation(40)
    row = halves(correct[shuffled], order[shuffled], ["a"] * 40).to_dict("index")["a"]
    assert (row["first"], row["second"], row["change"]) == pytest.approx((0.5, 0.75, 0.25))
    assert row["low"] < 0.25 < row["high"]


def test_times_are_compared_as_ratio_of_geometric_means():
    rng = np.random.default_rng(3)
    right, wrong = np.exp(rng.normal(0, 0.3, 80)), np.exp(rng.normal(0.2, 0.4, 20))
    times, correct = np.concatenate([right, wrong]), np.repeat([True, False], [80, 20])
    row = times_by_correctness([*times, np.nan, 0.0], [*correct, True, True], ["a"] * 102).to_dict("index")[
        "a"
    ]
    assert (row["n_right"], row["n_wrong"]) == (80, 20)
    assert row["median_right_s"] == np.median(right)
    assert row["ratio"] == pytest.approx(stats.gmean(wrong) / stats.gmean(right))
    welch = stats.ttest_ind(np.log(wrong), np.log(right), equal_var=False).confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx(tuple(np.exp(welch)))


def test_one_wrong_answer_gives_a_ratio_without_an_interval():
    row = times_by_correctness([1.0, 1.2, 2.0], [True, True, False], ["a"] * 3).to_dict("index")["a"]
    assert row["ratio"] == pytest.approx(2 / np.sqrt(1.2))
    assert np.isnan(row["low"])
    none = times_by_correctness([1.0, 1.2], [True, True], ["a"] * 2).to_dict("index")["a"]
    assert np.isnan([none["median_wrong_s"], none["ratio"]]).all()


def test_repeats_are_counted_by_observer_with_kappa():
    first = bits((8, 4), (10, 0))
    second = np.concatenate([bits((6, 2)), bits((2, 2)), bits((9, 1))])
    who = np.repeat(["b", "a"], [12, 10])
    table = repeat_agreement(first, second, who)
    assert list(table.index) == ["a", "b"]
    rows = table.to_dict("index")
    assert rows["b"]["agreement"] == pytest.approx((first[:12] == second[:12]).mean())
    assert rows["b"]["kappa"] == pytest.approx(cohen_kappa_score(first[:12], second[:12]))
    assert np.isnan(rows["a"]["kappa"])
    wilson = stats.binomtest(9, 10).proportion_ci(method="wilson")
    assert (rows["a"]["low"], rows["a"]["high"]) == pytest.approx((wilson.low, wilson.high))


def test_refuses_arrays_that_do_not_match():
    with pytest.raises(InputError, match="one a trial"):
        halves([True, False], [1, 2], ["a"])
