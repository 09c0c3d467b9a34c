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
def test_items_that_nobody_tells_apart_have_a_ceiling_about_zero(n_observers):
    rng = np.random.default_rng(12)
    found = noise_ceiling(answers(n_observers, 3000, 0.0, rng)[0], rng)
    assert abs(found.estimate) < 0.1


def test_items_that_not_all_saw_change_what_is_known_and_not_what_is_estimated():
    rng = np.random.default_rng(13)
    seen, truth = answers(16, 4000, 1.4, rng)
    seen[rng.random(seen.shape) < 0.25] = np.nan
    expected = np.corrcoef(np.nanmean(seen, axis=0), truth)[0, 1] ** 2
    assert noise_ceiling(seen, rng).estimate == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("shape", [(1, 60), (9, 5)], ids=["one observer", "five items"])
def test_too_few_observers_or_items_have_no_ceiling(shape):
    assert np.isnan(noise_ceiling(np.ones(shape), np.random.default_rng(1)).estimate)


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
    assert (table["low"] < table["r2"]).all()
    assert (table["r2"] < table["high"]).all()
