import krippendorff
import numpy as np
import pytest

from analysis.statistics.agreement import _bias, _influence, rating_agreement
from benchmarks.coverage_ratings import simulate
from tricky.core.errors import InputError


def rated(n_observers: int, n_items: int, seed: int, observer_sd=0.5, item_sd=0.7):
    """Return ratings 1 … 5, observers and items, of observers and items that differ."""
    rating, _, observer, item = simulate(
        np.random.default_rng(seed), n_observers, n_items, observer_sd, item_sd
    )
    return rating.astype(float), observer, item


def test_alpha_is_that_of_krippendorffs_own_example():
    # Krippendorff (2011), Computing Krippendorff's alpha-reliability, section C: ordinal data.
    nan = np.nan
    table = np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
            [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
        ]
    )
    observer, item = (index.ravel() for index in np.indices(table.shape))
    found = rating_agreement(table.ravel(), observer, item)
    assert found.estimate == pytest.approx(0.815, abs=5e-4)
    assert (found.n_observers, found.n_items) == (4, 11)
    assert found.low < found.estimate < found.high <= 1


def weighted_alpha(ranks: np.ndarray, item: np.ndarray, weight: np.ndarray) -> float:
    """Return ordinal alpha with a weight for each rating, pair by pair."""
    total = np.bincount(ranks, weight)
    midrank = (np.cumsum(total) - total / 2)[ranks]
    distance = (midrank[:, None] - midrank) ** 2
    pairs = np.outer(weight, weight) * (1 - np.eye(len(ranks)))
    observed = 0.0
    for which in np.unique(item):
        mine = item == which
        of_item = pairs[np.ix_(mine, mine)]
        within = (of_item * distance[np.ix_(mine, mine)]).sum() / of_item.sum()
        observed += weight[mine].sum() * within / weight.sum()
    return 1 - observed / ((pairs * distance).sum() / pairs.sum())


def test_what_a_rating_adds_to_alpha_is_what_more_of_it_changes():
    rating, observer, item = rated(5, 12, seed=2)
    kept = np.r_[0:20, 25:60]
    ranks, observer, item = np.unique(rating[kept], return_inverse=True)[1], observer[kept], item[kept]
    matrix = np.full((5, 12), np.nan)
    matrix[observer, item] = ranks
    ones = np.ones(len(ranks))
    expected = krippendorff.alpha(reliability_data=matrix, level_of_measurement="ordinal")
    assert weighted_alpha(ranks, item, ones) == pytest.approx(expected)
    found = _influence(item, ranks)
    for which in (0, 17, 30, 54):
        step = 1e-5 * (np.arange(len(ranks)) == which)
        slope = (weighted_alpha(ranks, item, ones + step) - weighted_alpha(ranks, item, ones - step)) / 2e-5
        assert found[which] == pytest.approx(slope, rel=1e-5)
    assert found.sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("given", "alpha"), [([1, 2, 3, 1, 2, 3], 1.0), ([1, 1, 1, 1, 1, 1], np.nan)])
def test_full_agreement_is_1_and_ratings_that_never_vary_have_none(given, alpha):
    found = rating_agreement(given, [0, 0, 0, 1, 1, 1], [0, 1, 2] * 2)
    assert found.estimate == pytest.approx(alpha, nan_ok=True)
    assert np.isnan(found.low)  # two observers tell nothing of others


def test_observers_who_place_the_steps_differently_agree_less():
    rating, observer, item = rated(8, 60, seed=7, observer_sd=1.5)
    alike, *_ = rated(8, 60, seed=7, observer_sd=0.0)
    assert (
        rating_agreement(rating, observer, item).estimate < rating_agreement(alike, observer, item).estimate
    )


def test_an_item_rated_twice_by_one_observer_is_refused():
    with pytest.raises(InputError, match="observer 0 rated item 0 twice"):
        rating_agreement([1, 2, 2, 1], [0, 0, 1, 1], [0, 0, 0, 1])


def test_the_bias_is_the_jackknifes_over_observers_and_over_items():
    # Against alpha by the package `krippendorff`, without each observer and each item in turn.
    rating, observer, item = rated(5, 12, seed=2)
    kept = np.r_[0:20, 25:60]
    ranks, observer, item = np.unique(rating[kept], return_inverse=True)[1], observer[kept], item[kept]
    matrix = np.full((5, 12), np.nan)
    matrix[observer, item] = ranks

    def alpha(of):
        return krippendorff.alpha(reliability_data=of, level_of_measurement="ordinal")

    expected = 0.0
    for axis, n in enumerate(matrix.shape):
        without = [alpha(np.delete(matrix, which, axis)) for which in range(n)]
        expected += (n - 1) * (np.mean(without) - alpha(matrix))
    assert _bias(observer, item, ranks) == pytest.approx(expected)


def test_few_observers_who_differ_a_lot_may_seem_similar_and_the_interval_allows_for_that():
    # The true agreement is that of a large study. One binomial standard error of 600 studies is .9 points;
    # with the bias left in, 90% are covered.
    truth = rating_agreement(*rated(400, 1500, 1, 1.0, 0.7)).estimate
    found = [rating_agreement(*rated(9, 60, seed, 1.0, 0.7)) for seed in range(600)]
    assert np.mean([each.estimate for each in found]) < truth - 0.01
    assert np.mean([each.low <= truth <= each.high for each in found]) > 0.92


def test_missing_ratings_are_left_out():
    rating, observer, item = rated(5, 30, seed=8)
    rating[::7] = np.nan
    kept = ~np.isnan(rating)
    assert rating_agreement(rating, observer, item) == rating_agreement(
        rating[kept], observer[kept], item[kept]
    )


def test_limits_stay_below_1_where_observers_hardly_ever_disagree_and_say_so_where_they_never_do():
    observer, item = (index.ravel() for index in np.indices((5, 40)))
    rating = (item % 4).astype(float)
    never = rating_agreement(rating, observer, item)
    assert (never.estimate, never.method) == (1, None)
    assert "agree on every item" in str(never.reason)
    rating[3] += 1
    once = rating_agreement(rating, observer, item)
    assert 0 < once.low < once.estimate < once.high < 1
