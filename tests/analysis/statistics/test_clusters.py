import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.api import OLS
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

from analysis.statistics.clusters import Spread, reach_of, spread_of

variances = st.floats(1e-8, 1.0)
dfs = st.floats(1.0, 500.0)


def crossed(n_observers: int, n_items: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n_observers, 1)) + rng.standard_normal(n_items)
    values = values + rng.standard_normal((n_observers, n_items))
    observer, item = (index.ravel() for index in np.indices(values.shape))
    return values.ravel(), observer, item


def test_each_part_of_the_variance_counts_with_the_quantile_of_its_own_degrees_of_freedom():
    # Tables of Student's t: 2.776445 for 4, 2.085963 for 20 degrees of freedom; 1.959964 for the normal rest.
    reach = reach_of(0.025, 0.01, (0.006, 0.003), (4.0, 20.0))
    expected = 0.006 * 2.776445**2 + 0.003 * 2.085963**2 + 0.001 * 1.959964**2
    assert float(reach) == pytest.approx(np.sqrt(expected), rel=1e-6)


def test_a_variance_that_rests_on_observers_alone_gives_students_interval():
    low, high = Spread(0.04, (0.04, 0.0), (7.0, 30.0)).interval(1.0, 0.9)
    assert (low, high) == pytest.approx(stats.t.interval(0.9, 7, loc=1.0, scale=0.2))


def test_variance_of_items_and_observers_differs_from_statsmodels_by_known_factors():
    # Statsmodels takes no means out of the cells, and has factors G/(G − 1) of clusters where ours come from
    # clusters' shares of the trials; both are the same for parts that clusters of equal size make up.
    values, observer, item = crossed(12, 30, seed=1)
    fit = OLS(values, np.ones(len(values))).fit()
    _, by_observer, by_item = (
        float(np.asarray(each).item())
        for each in cov_cluster_2groups(fit, observer, item, use_correction=False)
    )
    spread = spread_of((values - values.mean()) / len(values), observer, item)
    rest = by_observer * 12 / 11 + by_item * 30 / 29 - spread.variance
    uncertain = by_observer * 12 / 11 - (1 - 1 / 11) * rest, by_item * 30 / 29 - (1 - 1 / 29) * rest
    assert spread.variances == pytest.approx(uncertain)
    assert spread.dfs == (11, 29)
    cells = values.reshape(12, 30)
    left = cells - cells.mean(axis=0) - cells.mean(axis=1, keepdims=True) + cells.mean()
    assert rest == pytest.approx((left**2).sum() / (11 * 29) / 360)


def test_groups_of_observers_pool_their_degrees_of_freedom_as_welch_and_satterthwaite_do():
    values, observer, item = crossed(15, 400, seed=2)
    side = (observer >= 6).astype(int)
    means = np.array([values[side == each].mean() for each in (0, 1)])
    residuals = (values - means[side]) / np.bincount(side)[side] * np.where(side == 1, 1, -1)
    spread = spread_of(residuals, observer, item, side)
    of_observers = values.reshape(15, 400).mean(axis=1)
    parts = np.array([np.var(each, ddof=1) / len(each) for each in (of_observers[:6], of_observers[6:])])
    welch = parts.sum() ** 2 / (parts**2 / [5, 8]).sum()
    assert spread.dfs[0] == pytest.approx(welch, rel=0.02)
    assert (spread.n_observers, spread.n_items) == ((6, 9), (400, 400))


@given(variances, st.floats(0, 1), st.floats(0, 1), dfs, dfs, st.floats(1e-4, 50.0))
def test_p_value_is_one_minus_the_level_whose_interval_just_reaches_that_far(
    variance, first, second, df, other_df, distance
):
    parts = variance * first * second, variance * first * (1 - second)
    spread = Spread(variance, parts, (df, other_df))
    p = spread.p_value(distance)
    if 1e-190 < p < 1:
        reach = reach_of(p / 2, variance, parts, (df, other_df))
        assert float(reach) == pytest.approx(distance, rel=1e-6)


@given(variances, dfs, st.floats(0.5, 0.999))
def test_fewer_degrees_of_freedom_and_higher_levels_reach_farther(variance, df, level):
    def reach(df, level):
        return float(reach_of((1 - level) / 2, variance, (variance,), (df,)))

    assert reach(df, level) < reach(df, level + 0.0005)
    assert reach(df + 1, level) < reach(df, level)
    normal = float(reach_of((1 - level) / 2, variance, (0.0,), (df,)))
    assert normal < reach(df, level)


def test_no_distance_has_a_p_value_of_1_and_an_enormous_one_of_0():
    spread = Spread(1.0, (0.0, 0.0), (3.0, 9.0))
    assert (spread.p_value(0.0), spread.p_value(60.0)) == (1.0, 0.0)


def test_the_reach_of_a_p_value_near_1_is_0_and_not_undefined():
    # The quantiles of t and of the normal distribution then differ by rounding errors only.
    tails = 0.5 - np.arange(2, 4000) * 2.0**-54
    for df in (4.0, 8.0, 148.0):
        assert reach_of(tails, np.full(len(tails), 1e-6), (1.0,), (df,)) == pytest.approx(0, abs=1e-7)
