import numpy as np
import pandas as pd
import pytest
from statsmodels.api import OLS
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

from analysis.statistics.accuracy import next_observer_interval, observer_accuracy, population_accuracy
from benchmarks.coverage import Design, coverage
from tricky.core.errors import InputError


def crossed(n_observers: int, n_items: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    logit = 1.6 + 0.6 * rng.standard_normal((n_observers, 1)) + 1.5 * rng.standard_normal(n_items)
    correct = rng.random(logit.shape) < 1 / (1 + np.exp(-logit))
    observer, item = np.indices(logit.shape)
    return correct.ravel(), observer.ravel(), item.ravel()


def mean_squares(correct, observer, item) -> dict:
    frame = pd.DataFrame({"x": correct.astype(float), "observer": observer, "item": item})
    table = anova_lm(ols("x ~ C(observer) + C(item)", frame).fit())
    return (table["sum_sq"] / table["df"]).to_dict()


def test_standard_error_of_a_complete_table_is_that_of_the_analysis_of_variance_of_statsmodels():
    # Two crossed random factors: the variance of the grand mean is (MS_observer + MS_item − MS_rest) / N.
    correct, observer, item = crossed(9, 40, seed=3)
    squares = mean_squares(correct, observer, item)
    variance = (squares["C(observer)"] + squares["C(item)"] - squares["Residual"]) / 360
    result = population_accuracy(correct, observer, item)
    assert result.standard_error == pytest.approx(np.sqrt(variance), rel=1e-10)
    assert result.estimate == correct.mean()


def test_with_holes_the_standard_error_is_near_the_two_way_cluster_robust_one_of_statsmodels():
    # Which takes away all of the cells' variance, that of observers and items too: here 3% of the error.
    correct, observer, item = crossed(20, 60, seed=3)
    chosen = np.random.default_rng(1).random(len(correct)) < 0.6
    correct, observer, item = correct[chosen], observer[chosen], item[chosen]
    fit = OLS(correct.astype(float), np.ones(len(correct))).fit()
    variance = cov_cluster_2groups(fit, observer, item)[0].item()
    result = population_accuracy(correct, observer, item)
    assert 1 < result.standard_error / np.sqrt(variance) < 1.06


def test_two_sessions_of_the_same_observers_and_items_count_as_no_new_clusters():
    correct, observer, item = crossed(6, 30, seed=5)
    once = population_accuracy(correct, observer, item)
    twice = population_accuracy(np.tile(correct, 2), np.tile(observer, 2), np.tile(item, 2))
    assert twice.standard_error == pytest.approx(once.standard_error, rel=0.02)
    assert (twice.n_observers, twice.n_items, twice.n_trials) == (6, 30, 360)


# One binomial standard error of 400 studies is 1.1 points, so bounds 3.6 points outside of 93% and 97% do not
# fail by chance, while intervals that forget the observers or the items (60 to 87%) fall outside.
@pytest.mark.parametrize(
    "design",
    [
        Design(9, 149, 0.45, 1.6, 0.81),
        Design(6, 60, 0.45, 1.6, 0.81),
        Design(12, 60, 0.2, 0.8, 0.65),
        Design(12, 60, 0.9, 1.6, 0.9),
        # Nearly all variance comes from 12 observers: a symmetric interval on any scale covers 90%.
        Design(12, 60, 1.5, 0.3, 0.9),
    ],
    ids=str,
)
def test_interval_holds_the_true_value_of_new_observers_and_items_as_often_as_it_says(design):
    share = coverage(design, n_studies=400, rng=np.random.default_rng(20220), level=0.95)
    assert 0.93 - 0.036 < share < 0.97 + 0.036, f"{design}: covers {share:.1%} of 400 studies"


def test_trials_without_a_right_answer_are_left_out():
    correct, observer, item = crossed(5, 20, seed=2)
    answers = pd.array(correct, dtype="boolean")
    answers[::7] = pd.NA
    given = ~np.asarray(answers.isna())
    assert population_accuracy(answers, observer, item) == population_accuracy(
        correct[given], observer[given], item[given]
    )


def test_names_of_observers_and_items_do_not_matter():
    correct, observer, item = crossed(5, 20, seed=2)
    named = population_accuracy(correct, [f"sub{o}" for o in observer], pd.Series(item).astype("category"))
    assert named == population_accuracy(correct, observer, item)


@pytest.mark.parametrize("answer", [True, False])
def test_without_any_variance_the_interval_assumes_the_worst_dependence(answer):
    observer, item = np.indices((6, 40))
    result = population_accuracy(np.full(240, answer), observer.ravel(), item.ravel())
    # Clopper–Pearson for 6 of 6: the lower limit solves p⁶ = .025.
    limit = 0.025 ** (1 / 6)
    expected = (limit, 1.0) if answer else (0.0, 1 - limit)
    assert (result.low, result.high) == pytest.approx(expected)


@pytest.mark.parametrize("lacking", ["observer", "item"])
def test_one_cluster_gives_an_estimate_without_an_interval_and_says_why(lacking):
    one, many = np.zeros(30, int), np.arange(30)
    correct = np.arange(30) % 3 > 0
    result = population_accuracy(correct, *((one, many) if lacking == "observer" else (many, one)))
    assert result.estimate == pytest.approx(2 / 3)
    assert np.isnan([result.low, result.high]).all()
    assert result.reason == f"an interval needs at least two {lacking}s"


def test_a_variance_below_zero_falls_back_on_independent_trials():
    # Every observer is right on half the items, every item was right for half the observers: all is rest,
    # with a sum of squares of 16 / 4 and 3 · 3 degrees of freedom.
    observer, item = np.indices((4, 4))
    correct = ((observer + item) % 2 == 0).ravel()
    result = population_accuracy(correct, observer.ravel(), item.ravel())
    assert result.standard_error == pytest.approx(np.sqrt(4 / 9 / 16))
    assert result.low < 0.5 < result.high


def test_interval_stays_inside_zero_and_one_and_widens_with_the_level():
    correct, observer, item = crossed(8, 40, seed=11)
    narrow, wide = (population_accuracy(correct, observer, item, level) for level in (0.8, 0.99))
    assert 0 < wide.low < narrow.low < narrow.estimate < narrow.high < wide.high < 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([True, False], ["a"], ["x", "y"]), "same length"),
        (([2, 1], ["a", "b"], ["x", "y"]), "more than right and wrong"),
        ((["yes", "no"], ["a", "b"], ["x", "y"]), "more than right and wrong"),
        (([None, None], ["a", "b"], ["x", "y"]), "no trial"),
        (([True, False], ["a", None], ["x", "y"]), "lacks its observer"),
        (([True, False], ["a", "b"], ["x", "y"], 95), "write 0.95"),
    ],
)
def test_input_that_has_no_accuracy_is_refused_in_one_line(arguments, message):
    with pytest.raises(InputError, match=message) as caught:
        population_accuracy(*arguments)
    assert "\n" not in str(caught.value)


def test_observers_have_wilson_intervals():
    # Wilson (1927) for 132 of 149, z = 1.959964: centre (p + z²/2n) / (1 + z²/n), half-width
    # z/(1 + z²/n) · √(p(1−p)/n + z²/4n²).
    correct = np.arange(149) < 132
    row = observer_accuracy(correct, np.repeat("07", 149)).loc["07"]
    z, n, p = 1.959963985, 149, 132 / 149
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert (row["n_trials"], row["n_correct"]) == (149, 132)
    assert (row["low"], row["high"]) == pytest.approx((centre - half, centre + half))


def test_observers_are_counted_over_the_trials_that_have_an_answer():
    table = observer_accuracy([True, None, False, True], ["b", "b", "b", "a"])
    assert list(table.index) == ["a", "b"]
    assert table["accuracy"].tolist() == [1.0, 0.5]


def test_p_value_is_below_five_percent_just_where_the_interval_leaves_the_value_out():
    correct, observer, item = crossed(9, 60, seed=4)
    result = population_accuracy(correct, observer, item)
    for limit in (result.low, result.high):
        assert result.p_value(limit) == pytest.approx(0.05, abs=1e-9)
    assert result.p_value(result.low - 0.01) < 0.05 < result.p_value(result.low + 0.01)
    assert result.p_value(0.5) < 0.001


def test_p_value_without_any_variance_is_the_exact_one_and_nan_without_an_interval():
    observer, item = (index.ravel() for index in np.indices((6, 40)))
    all_right = population_accuracy(np.ones(240, bool), observer, item)
    assert all_right.p_value(0.5) == pytest.approx(2 * 0.5**6)
    alone = population_accuracy(np.arange(40) % 3 > 0, np.zeros(40), np.arange(40))
    assert np.isnan(alone.p_value(0.5))


# 2,000 studies: one binomial standard error is .5 points.
def test_the_next_observer_lies_in_the_interval_as_often_as_it_says():
    rng = np.random.default_rng(6)
    held = []
    for _ in range(2000):
        logit = 1.6 + 0.6 * rng.standard_normal((10, 1)) + 1.2 * rng.standard_normal(100)
        correct = rng.random(logit.shape) < 1 / (1 + np.exp(-logit))
        found = next_observer_interval(correct[:9].ravel(), np.repeat(np.arange(9), 100))
        held.append(found.low <= correct[9].mean() <= found.high)
    assert 0.935 < np.mean(held) < 0.965


# 3,000 studies: one binomial standard error is .4 points.  A fifth of these observers make no mistake.
def test_the_next_observer_lies_in_the_interval_also_where_many_are_perfect():
    rng = np.random.default_rng(7)
    held, perfect = [], []
    for _ in range(3000):
        logit = 3.0 + 1.5 * rng.standard_normal((7, 1)) + np.zeros(60)
        correct = rng.random(logit.shape) < 1 / (1 + np.exp(-logit))
        found = next_observer_interval(correct[:6].ravel(), np.repeat(np.arange(6), 60))
        held.append(found.low <= correct[6].mean() <= found.high)
        perfect.append(correct[6].all())
    assert np.mean(perfect) > 0.15
    assert 0.935 < np.mean(held) < 0.965


def test_one_observer_gives_no_interval_for_the_next():
    alone = next_observer_interval([True, False], ["a", "a"])
    assert (alone.estimate, alone.reason) == (0.5, "an interval needs at least two observers")
