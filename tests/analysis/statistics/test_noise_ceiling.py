import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from analysis.statistics.noise_ceiling import explained, noise_ceiling


def answers(n_observers, n_items, sd, rng):
    probability = expit(1.2 + sd * rng.standard_normal(n_items))
    return (rng.random((n_observers, n_items)) < probability).astype(float), probability


def test_the_ceiling_is_the_share_of_variance_that_the_true_accuracies_explain():
    rng = np.random.default_rng(11)
    seen, truth = answers(12, 4000, 1.4, rng)
    # Reliability is the squared correlation of what is observed with what is true.
    expected = np.corrcoef(seen.mean(axis=0), truth)[0, 1] ** 2
    found = noise_ceiling(seen, rng)
    assert found.estimate == pytest.approx(expected, abs=0.02)
    assert found.low < found.estimate < found.high


@pytest.mark.parametrize("n_observers", [5, 12], ids=["odd", "even"])
def test_items_that_nobody_distinguishes_have_a_ceiling_about_zero(n_observers):
    rng = np.random.default_rng(12)
    found = noise_ceiling(answers(n_observers, 3000, 0.0, rng)[0], rng)
    assert abs(found.estimate) < 0.1


def test_items_that_not_all_saw_change_what_is_known_and_not_what_is_estimated():
    rng = np.random.default_rng(13)
    seen, truth = answers(16, 4000, 1.4, rng)
    seen[rng.random(seen.shape) < 0.25] = np.nan
    expected = np.corrcoef(np.nanmean(seen, axis=0), truth)[0, 1] ** 2
    assert noise_ceiling(seen, rng).estimate == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((1, 60), "one observer has no halves to compare"),
        ((9, 5), "30 items or more are needed, there are 5"),
        ((9, 60), "halves of the observers share too few items, or their answers do not vary over items"),
    ],
)
def test_what_has_no_ceiling_says_why(shape, reason):
    found = noise_ceiling(np.ones(shape), np.random.default_rng(1))
    assert np.isnan(found.estimate)
    assert found.reason == reason


@pytest.mark.parametrize("n_observers", [2, 3])
def test_observers_who_err_on_different_items_leave_nothing_that_could_come_back(n_observers):
    # Spearman–Brown of a correlation of −1/(k − 1) divides by 0, and beyond it changes its sign.
    first = np.arange(60) % 2 == 0
    seen = np.array([first, ~first, ~first][:n_observers], dtype=float)
    found = noise_ceiling(seen, np.random.default_rng(1))
    assert found.split_half < 0
    assert (found.estimate, found.low) == (0, 0)
    assert found.high < 1


def test_the_explained_share_is_that_of_items_left_out():
    rng = np.random.default_rng(14)
    n = 400
    known, unknown = rng.standard_normal((2, n))
    table = explained(
        0.1 * known + 0.1 * unknown,
        {
            "what matters": pd.DataFrame({"known": known}),
            "noise": pd.DataFrame(rng.standard_normal((n, 40))),
            "class": pd.DataFrame({"class": np.where(known > 0, "a", "b")}),
        },
        0.8,
        rng,
    ).set_index("predictors")
    # Half of the variance is known's; a split at its median keeps 2/π of that.
    assert table["r2"]["what matters"] == pytest.approx(0.5, abs=0.08)
    assert table["share"]["what matters"] == pytest.approx(table["r2"]["what matters"] / 0.8)
    assert table["r2"]["noise"] < 0.03
    assert table["r2"]["class"] == pytest.approx(1 / np.pi, abs=0.08)
    assert table.index[-1] == "all together"
