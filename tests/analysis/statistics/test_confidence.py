import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.confidence import calibration, type_2_area
from tricky.core.errors import InputError


def rated(n: int, seed: int, gain: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
    """Draw right answers and confidence in four steps, larger on the whole where the answer is right."""
    rng = np.random.default_rng(seed)
    correct = rng.random(n) < 0.75
    return np.digitize(gain * correct + rng.standard_normal(n), [-0.5, 0.4, 1.3]) + 1.0, correct


def test_area_is_that_of_scikit_learn_by_observer():
    confidence, correct = rated(300, seed=1)
    who = np.arange(300) % 3
    table = type_2_area(confidence, correct, who)
    for name in range(3):
        mine = who == name
        assert table["area"][name] == pytest.approx(roc_auc_score(correct[mine], confidence[mine]))
    assert table[["n_right", "n_wrong"]].to_numpy().sum() == 300


def test_interval_is_as_wide_as_a_bootstrap_of_the_area():
    confidence, correct = rated(400, seed=2)
    row = type_2_area(confidence, correct, np.zeros(400)).to_dict("index")[0]
    found = stats.bootstrap(
        (correct, confidence),
        lambda c, x: roc_auc_score(c, x),
        paired=True,
        vectorized=False,
        n_resamples=500,
        method="percentile",
        rng=1,
    ).confidence_interval
    assert (row["low"], row["high"]) == pytest.approx((found.low, found.high), abs=0.02)


# 600 observers: one binomial standard error is .9 points.
def test_interval_holds_the_area_that_observers_were_simulated_with():
    area = type_2_area(*rated(200_000, seed=9), np.zeros(200_000))["area"].iloc[0]
    confidence, correct = zip(*(rated(150, seed) for seed in range(600)), strict=True)
    table = type_2_area(np.concatenate(confidence), np.concatenate(correct), np.repeat(np.arange(600), 150))
    assert 0.925 < ((table["low"] <= area) & (area <= table["high"])).mean() < 0.975


def test_without_wrong_answers_there_is_no_area_and_without_overlap_it_may_be_less_than_1():
    table = type_2_area([1, 2, 3, 4, 2, np.nan], [1, 1, 1, 0, 0, 1], list("aabbbb"))
    rows = table.to_dict("index")
    assert np.isnan(rows["a"]["area"])
    assert np.isnan(rows["a"]["low"])
    assert rows["b"]["area"] == 0.5
    assert rows["b"]["low"] == pytest.approx(1 - rows["b"]["high"])
    perfect = type_2_area([3, 4, 1, 2], [1, 1, 0, 0], ["a"] * 4).to_dict("index")["a"]
    assert (perfect["area"], perfect["high"]) == (1, 1)
    # (1 − A)² = 1.96² · A(1 − A) · (1 + (1 − A)/(2 − A) + A/(1 + A)) / 4, with n* = 1, at A = low.
    a = perfect["low"]
    spread = 1 + (1 - a) / (2 - a) + a / (1 + a)
    assert (1 - a) ** 2 == pytest.approx(1.959964**2 * a * (1 - a) * spread / 4, rel=1e-4)


# 3,000 observers with some 7 wrong answers: one binomial standard error is .4 points; DeLong's hold in 88%.
def test_the_interval_holds_the_area_where_few_answers_are_wrong():
    rng = np.random.default_rng(3)
    correct = rng.random((3000, 60)) < 0.88
    confidence = np.digitize(correct + rng.standard_normal(correct.shape), [0, 0.5, 1])
    right, wrong = np.diff(stats.norm.cdf([-np.inf, 0, 0.5, 1, np.inf], [[1], [0]]), axis=1)
    area = sum(right[i] * (wrong[:i].sum() + wrong[i] / 2) for i in range(4))
    table = type_2_area(confidence.ravel(), correct.ravel(), np.repeat(np.arange(3000), 60))
    assert 0.93 < ((table["low"] <= area) & (area <= table["high"])).mean() < 0.97


def test_calibration_gives_each_level_the_interval_for_new_observers_and_items():
    confidence, correct = rated(400, seed=4)
    observer, item = (index.ravel() for index in np.indices((8, 50)))
    confidence[:5] = np.nan
    table = calibration(confidence, correct, observer, item)
    assert list(table.index) == [1, 2, 3, 4]
    assert table["n_trials"].sum() == 395
    for step, row in table.iterrows():
        mine = confidence == step
        alone = population_accuracy(correct[mine], observer[mine], item[mine])
        assert (row["accuracy"], row["low"], row["high"]) == (alone.estimate, alone.low, alone.high)


def test_refuses_arrays_that_do_not_match():
    with pytest.raises(InputError, match="one a trial"):
        type_2_area([1.0], [True, False], ["a", "a"])
