import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis.statistics.detection import criterion, d_prime, observer_detection
from tricky.core.errors import InputError


def test_single_images_follow_the_example_of_the_textbook():
    # Macmillan & Creelman (2005), chapter 1: 20 of 25 hits, 10 of 25 false alarms; d′ = 1.095, c = −.294.
    assert d_prime(0.8, 0.4, "single") == pytest.approx(1.095, abs=0.0005)
    assert criterion(0.8, 0.4) == pytest.approx(-0.294, abs=0.0005)


# Hacker & Ratcliff (1979), A revised table of d′ for M-alternative forced choice, column of two alternatives.
@pytest.mark.parametrize(
    ("accuracy", "published"), [(0.5, 0.0), (0.76, 1.0), (0.8, 1.19), (0.9, 1.81), (0.95, 2.33), (0.99, 3.29)]
)
def test_two_alternatives_without_bias_follow_the_published_table(accuracy, published):
    assert d_prime(accuracy, 1 - accuracy, "2afc") == pytest.approx(published, abs=0.005)
    assert criterion(accuracy, 1 - accuracy) == pytest.approx(0, abs=1e-12)


def test_counts_are_corrected_log_linearly():
    # 10 of 10 hits, 0 of 8 false alarms: H = 10.5/11, F = .5/9.
    said = np.array([True] * 10 + [False] * 8)
    row = observer_detection(said, said, ["a"] * 18, "single").to_dict("index")["a"]
    h, f = 10.5 / 11, 0.5 / 9
    assert row["d_prime"] == pytest.approx(stats.norm.ppf(h) - stats.norm.ppf(f))
    assert row["criterion"] == pytest.approx(-(stats.norm.ppf(h) + stats.norm.ppf(f)) / 2)
    assert (row["hit_rate"], row["false_alarm_rate"], row["n_yes"], row["n_no"]) == (1, 0, 10, 8)


def test_limits_follow_from_jeffreys_limits_of_both_rates_by_statsmodels():
    said = np.repeat([True, False, True, False], [41, 9, 12, 38])
    truth = np.repeat([True, False], 50)
    row = observer_detection(said, truth, np.zeros(100), "2afc").to_dict("index")[0]
    (hit_low, hit_high), (false_low, false_high) = (
        stats.norm.ppf(np.array(proportion_confint(k, 50, method="jeffreys"))) for k in (41, 12)
    )
    hit, false = stats.norm.ppf(np.array([41.5 / 51, 12.5 / 51]))
    assert row["d_prime_low"] == pytest.approx(
        (hit - false - np.hypot(hit - hit_low, false_high - false)) / np.sqrt(2)
    )
    assert row["d_prime_high"] == pytest.approx(
        (hit - false + np.hypot(hit_high - hit, false - false_low)) / np.sqrt(2)
    )
    assert row["criterion_low"] == pytest.approx(
        -(hit + false + np.hypot(hit_high - hit, false_high - false)) / 2
    )
    assert row["criterion_high"] == pytest.approx(
        -(hit + false - np.hypot(hit - hit_low, false - false_low)) / 2
    )


def test_with_many_trials_limits_are_those_of_the_variance_by_gourevitch_and_galanter():
    said = np.repeat([True, False, True, False], [8100, 1900, 2400, 7600])
    truth = np.repeat([True, False], 10_000)
    row = observer_detection(said, truth, np.zeros(20_000), "2afc").to_dict("index")[0]
    variance = sum(p * (1 - p) / 10_000 / stats.norm.pdf(stats.norm.ppf(p)) ** 2 for p in (0.81, 0.24))
    reach = 1.959964 * np.sqrt(variance)
    assert row["d_prime_high"] - row["d_prime"] == pytest.approx(reach / np.sqrt(2), rel=0.01)
    assert row["criterion"] - row["criterion_low"] == pytest.approx(reach / 2, rel=0.01)


# 4,000 observers: one binomial standard error is .35 points.  From the large-sample variance 91% hold.
def test_the_interval_of_observers_who_are_almost_always_right_holds_their_sensitivity():
    rng = np.random.default_rng(6)
    truth = np.tile(np.arange(60) % 2 == 0, (4000, 1))
    d = np.linspace(1.5, 3.5, 4000)
    evidence = d[:, np.newaxis] * np.sqrt(2) * (truth - 0.5) + rng.standard_normal(truth.shape)
    table = observer_detection(
        (evidence > 0.2).ravel(), truth.ravel(), np.repeat(np.arange(4000), 60), "2afc"
    )
    for name, value in (("d_prime", d), ("criterion", 0.2)):
        held = (table[f"{name}_low"] <= value) & (value <= table[f"{name}_high"])
        assert 0.93 < held.mean() < 0.98


# 1,000 observers: one binomial standard error is .7 points.
@pytest.mark.parametrize("task", ["2afc", "single"])
def test_intervals_hold_what_observers_were_simulated_with(task):
    rng = np.random.default_rng(5)
    truth = np.tile(np.arange(150) % 2 == 0, (1000, 1))
    d, c = 1.2, 0.3
    evidence = d * (np.sqrt(2) if task == "2afc" else 1) * (truth - 0.5) + rng.standard_normal(truth.shape)
    who = np.repeat(np.arange(1000), 150)
    table = observer_detection((evidence > c).ravel(), truth.ravel(), who, task)
    assert table["d_prime"].mean() == pytest.approx(d, abs=0.03)
    assert table["criterion"].mean() == pytest.approx(c, abs=0.02)
    for name, value in (("d_prime", d), ("criterion", c)):
        held = (table[f"{name}_low"] <= value) & (value <= table[f"{name}_high"])
        assert 0.93 < held.mean() < 0.97


def test_one_kind_of_trial_gives_no_sensitivity():
    row = observer_detection([True, False], [True, True], ["a", "a"], "single").to_dict("index")["a"]
    assert row["hit_rate"] == 0.5
    assert np.isnan([row[name] for name in ("false_alarm_rate", "d_prime", "criterion_low")]).all()


def test_refuses_another_task_and_arrays_that_do_not_match():
    with pytest.raises(InputError, match="2afc or single"):
        d_prime(0.8, 0.4, "3afc")  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="one a trial"):
        observer_detection([True], [True, False], ["a", "a"], "single")
