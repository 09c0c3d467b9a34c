import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.clusters import Spread
from analysis.statistics.share_interval import (
    distance,
    exact_limits,
    exact_p_value,
    score_limits,
    share_limits,
    share_p_value,
)

shares = st.floats(0.001, 0.999)
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])
tables = st.tuples(
    st.integers(2, 8), st.integers(2, 12), st.floats(0.02, 0.98), st.floats(0, 2), st.integers(0, 2**32 - 1)
)


def study(n_observers, n_items, chance, sd, seed):
    """Draw answers of observers who differ by `sd` logits."""
    rng = np.random.default_rng(seed)
    logit = np.log(chance / (1 - chance)) + sd * rng.standard_normal((n_observers, 1))
    right = rng.random((n_observers, n_items)) < 1 / (1 + np.exp(-logit))
    observer, item = (index.ravel() for index in np.indices(right.shape))
    return right.ravel(), observer, item


def test_score_limits_solve_their_equation():
    # p = .8, r = .08, a = r / (p (1 − p)) = .5: m² − 3 m + 1.6 = 0 below, m² + m − 1.6 = 0 above.
    low, high = score_limits(0.8, 0.08)
    assert (float(low), float(high)) == pytest.approx(((3 - np.sqrt(2.6)) / 2, (np.sqrt(7.4) - 1) / 2))


def test_near_1_the_lower_limit_is_the_highest_of_all_smaller_shares_with_the_same_reach():
    smaller = np.linspace(0.5, 0.97, 20_000)
    a = 0.15 / (smaller * (1 - smaller))
    lower = (1 + a - np.sqrt((1 + a) ** 2 - 4 * a * smaller)) / (2 * a)
    assert lower[-1] < lower.max() - 0.1
    assert float(score_limits(0.97, 0.15)[0]) == pytest.approx(lower.max(), abs=1e-8)


@given(shares, shares, st.floats(1e-6, 1e4))
def test_score_limits_hold_the_share_lie_inside_and_never_fall_as_it_rises(one, other, reach):
    (low, high), (low_other, high_other) = score_limits(one, reach), score_limits(other, reach)
    assert 0 < low <= one <= high < 1
    if one < other:
        assert low <= low_other + 1e-12
        assert high <= high_other + 1e-12


@given(shares, st.floats(1e-6, 1e4))
def test_the_distance_of_a_limit_is_the_reach(share, reach):
    for limit in score_limits(share, reach):
        if min(limit, 1 - limit) > 1e-6 and abs(limit - share) > 1e-9:
            assert distance(share, float(limit)) == pytest.approx(reach, rel=1e-5)


@pytest.mark.parametrize(("right", "n"), [(0, 5), (1, 5), (3, 8), (8, 8), (17, 20)])
def test_exact_limits_and_test_are_those_of_scipy(right, n):
    expected = stats.binomtest(right, n).proportion_ci(0.9, method="exact")
    low, high = exact_limits(right / n, n, 0.9)
    assert (float(low), float(high)) == pytest.approx((expected.low, expected.high))
    for limit in (expected.low, expected.high):
        if 0 < limit < 1:
            assert exact_p_value(right / n, limit, n) == pytest.approx(0.1)


@given(tables, levels)
@settings(max_examples=200)
def test_limits_are_0_or_1_only_where_all_answers_agree_and_never_beyond_the_exact_ones(table, level):
    right, observer, item = study(*table)
    found = population_accuracy(right, observer, item, level)
    n = min(table[0], table[1])
    low, high = exact_limits(found.estimate, n, level)
    assert low <= found.low <= found.estimate <= found.high <= high
    if 0 < found.estimate < 1:
        assert 0 < found.low < found.estimate < found.high < 1
    else:
        assert (found.low, found.high) == (low, high)


@given(tables, levels, shares)
@example((7, 7, 0.03125, 1.5, 1320169), 0.8, 0.5)
@settings(max_examples=200)
def test_test_and_interval_always_agree(table, level, value):
    right, observer, item = study(*table)
    found = population_accuracy(right, observer, item, level)
    assume(min(abs(value - found.low), abs(value - found.high)) > 1e-9)
    assert (found.p_value(value) < 1 - level) == (not found.low <= value <= found.high)


@given(shares, st.floats(0.02, 0.98), st.floats(0, 1), st.integers(2, 20), st.integers(2, 200))
def test_limits_are_continuous(share, design_effect, of_observers, n_observers, n_items):
    n = min(n_observers, n_items)
    variance = share * (1 - share) / (n * design_effect**-1)

    def limits(share, variance):
        parts = variance * of_observers, variance * (1 - of_observers) / 2
        spread = Spread(variance, parts, (n_observers - 1.0, n_items - 1.0))
        return np.array(share_limits(share, spread, n, 0.95))

    step = 1e-9
    for nearby in (limits(share + step, variance), limits(share, variance * (1 + step))):
        assert np.abs(nearby - limits(share, variance)).max() < 1e-4


@given(shares, st.floats(1e-6, 0.2), st.integers(2, 20))
def test_swapping_right_and_wrong_mirrors_limits_and_p_value(share, variance, n):
    spread = Spread(variance, (variance / 2, variance / 4), (n - 1.0, 30.0))
    (low, high), (low_wrong, high_wrong) = (
        share_limits(each, spread, n, 0.95) for each in (share, 1 - share)
    )
    assert (low, high) == pytest.approx((1 - high_wrong, 1 - low_wrong), abs=1e-9)
    assert share_p_value(share, 0.4, spread, n) == pytest.approx(
        share_p_value(1 - share, 0.6, spread, n), rel=1e-6
    )


@pytest.mark.parametrize("n_observers", [3, 5])
def test_few_observers_who_do_not_differ_never_get_a_limit_of_0(n_observers):
    # With Hall's transformation five such observers, right in .7 of 20 items, could get .75 [.00, .89], and
    # three got a limit of 0 or 1 in a quarter of studies.
    widths = []
    for seed in range(300):
        right, observer, item = study(n_observers, 20, 0.7, 0.0, seed)
        found = population_accuracy(right, observer, item)
        assert 0 < found.low < found.high < 1
        widths.append(found.high - found.low)
    # Clopper & Pearson's for 3.5 of 5 has a width of .74, for 2.1 of 3 one of .87.
    assert np.max(widths) < {3: 0.85, 5: 0.6}[n_observers]
    assert np.median(widths) < 0.4


def test_the_limits_of_a_rating_change_gradually_with_how_often_it_was_given():
    # Of 8 observers × 57 images. With Hall's transformation none gave [0, .37], one [0, .011].
    observer, item = (index.ravel() for index in np.indices((8, 57)))
    order = np.random.default_rng(1).permutation(456)
    found = [population_accuracy(np.isin(np.arange(456), order[:k]), observer, item) for k in range(60)]
    low, high = (np.array([getattr(each, name) for each in found]) for name in ("low", "high"))
    assert (low[0], high[0]) == pytest.approx((0, 1 - 0.025 ** (1 / 8)))
    assert (low[1:] > 0).all()
    assert (np.diff(low[:15]) > 0).all()
    # None, one or two ratings tell little of how they cluster, and one rules out that observers always agree.
    assert high[0] > 2 * high[1] > 2 * high[2] > 2 * 0.04
    assert np.abs(np.diff(high[1:])).max() < 0.1
    assert high[10] < 0.1
