import krippendorff
import numpy as np
import pytest
from scipy import special
from statsmodels.miscmodels.ordinal_model import OrderedModel

from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.ratings import (
    _alpha_influence,
    _ordered_model,
    _table,
    ordinal_regression,
    rating_agreement,
    rating_distribution,
)
from tricky.core.errors import InputError


def rated(n_observers: int, n_items: int, seed: int, slope=2.0, observer_sd=0.5, item_sd=0.7):
    """Return ratings 1 … 5 of the proportional-odds model, with observers and items that differ."""
    rng = np.random.default_rng(seed)
    x = np.resize(np.linspace(0, 1, 6), n_items)
    ease = slope * x + item_sd * rng.standard_normal(n_items)
    ease = ease + observer_sd * rng.standard_normal((n_observers, 1))
    below = special.expit(np.array([-1.0, 0.2, 1.3, 2.5])[:, None, None] - ease)
    rating = 1 + (rng.random(ease.shape) > below).sum(axis=0)
    observer, item = (index.ravel() for index in np.indices(ease.shape))
    return rating.ravel().astype(float), x[item], observer, item


def test_shares_by_difficulty_are_counts_with_the_intervals_of_the_population():
    rating, x, observer, item = rated(6, 40, seed=1)
    group = np.where(x > 0.5, "trivial", "impossible")
    found = rating_distribution(rating, group, observer, item)
    assert found.groupby("group")["share"].sum().to_numpy() == pytest.approx(1)
    row = found[(found["group"] == "trivial") & (found["rating"] == 5)].iloc[0]
    mine = group == "trivial"
    assert (row["n"], row["n_ratings"]) == ((rating[mine] == 5).sum(), mine.sum())
    alone = population_accuracy(rating[mine] == 5, observer[mine], item[mine])
    assert (row["share"], row["low"], row["high"]) == (alone.estimate, alone.low, alone.high)


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
    rating, _, observer, item = rated(5, 12, seed=2)
    kept = np.r_[0:20, 25:60]
    ranks, observer, item = np.unique(rating[kept], return_inverse=True)[1], observer[kept], item[kept]
    matrix = np.full((5, 12), np.nan)
    matrix[observer, item] = ranks
    ones = np.ones(len(ranks))
    expected = krippendorff.alpha(reliability_data=matrix, level_of_measurement="ordinal")
    assert weighted_alpha(ranks, item, ones) == pytest.approx(expected)
    found = _alpha_influence(item, ranks)
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
    rating, _, observer, item = rated(8, 60, seed=7, observer_sd=1.5)
    alike, *_ = rated(8, 60, seed=7, observer_sd=0.0)
    assert (
        rating_agreement(rating, observer, item).estimate < rating_agreement(alike, observer, item).estimate
    )


def test_slope_and_thresholds_are_those_of_statsmodels():
    rating, x, observer, item = rated(6, 50, seed=4)
    found = ordinal_regression(100 * rating, x, observer, item)
    model = OrderedModel(rating, x[:, None], distr="logit")
    fitted = model.fit(method="newton", disp=False)
    assert found.estimate == pytest.approx(fitted.params[0], abs=1e-3)
    assert found.thresholds == pytest.approx(model.transform_threshold_params(fitted.params)[1:-1], abs=1e-3)
    assert found.ratings == (100, 200, 300, 400, 500)
    assert found.low < found.estimate < found.high


def test_what_a_rating_adds_to_the_slope_is_what_more_of_it_changes():
    rating, x, observer, item = rated(6, 50, seed=5)
    table = _table(rating, observer, item, x=x)
    _, slope, influence = _ordered_model(table["rating"], table["x"])
    for which in (0, 50, 299):
        more = table.iloc[[*range(len(table)), which]]
        changed = _ordered_model(more["rating"], more["x"])[1] - slope
        assert changed == pytest.approx(influence[which], abs=4e-4)
        assert abs(influence[which]) > 1e-3


def test_with_two_ratings_and_two_groups_the_slope_is_the_log_odds_ratio():
    rating = np.repeat([1, 2, 1, 2], [30, 10, 12, 28])
    observer, item = np.tile(np.arange(4), 20), np.repeat(np.arange(20), 4)
    found = ordinal_regression(rating, item >= 10, observer, item)
    assert found.estimate == pytest.approx(np.log((28 / 12) / (10 / 30)), abs=1e-3)


def test_units_and_zero_of_the_predictor_change_nothing_but_its_units():
    rating, x, observer, item = rated(6, 50, seed=6)
    share = ordinal_regression(rating, x, observer, item)
    count = ordinal_regression(rating, 1000 + 50 * x, observer, item)
    assert (50 * count.estimate, 50 * count.low) == pytest.approx((share.estimate, share.low), rel=1e-4)
    assert count.thresholds - 1000 * count.estimate == pytest.approx(share.thresholds, abs=1e-3)


def test_missing_ratings_are_left_out():
    rating, x, observer, item = rated(5, 30, seed=8)
    rating[::7] = np.nan
    kept = ~np.isnan(rating)
    rest = rating[kept], x[kept], observer[kept], item[kept]
    whole, part = ordinal_regression(rating, x, observer, item), ordinal_regression(*rest)
    assert (whole.estimate, whole.low, whole.high) == (part.estimate, part.low, part.high)
    assert rating_agreement(rating, observer, item) == rating_agreement(rest[0], *rest[2:])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"predictor": [1, 1, 1, 1]}, "the predictor took one value only"),
        ({"rating": [2, 2, 2, 2]}, "ratings took one value only"),
        ({"rating": [np.nan] * 4}, "no rating is left"),
        ({"rating": [1, 2]}, "one of each a trial"),
        ({"rating": [1, 2, 1, 2]}, "without exception"),
        ({"rating": [2, 1, 2, 1]}, "without exception"),
    ],
)
def test_what_has_no_slope_is_refused_in_one_line(change, message):
    trials = {"rating": [1, 2, 2, 1], "predictor": [0, 1, 0, 1], "observer": [0, 0, 1, 1], "item": [0, 1] * 2}
    with pytest.raises(InputError, match=message):
        ordinal_regression(**(trials | change))


def test_an_item_rated_twice_by_one_observer_is_refused():
    with pytest.raises(InputError, match="observer 0 rated item 0 twice"):
        rating_agreement([1, 2, 2, 1], [0, 0, 1, 1], [0, 0, 0, 1])
