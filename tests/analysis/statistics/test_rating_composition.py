import numpy as np
import pandas as pd
import pytest
from rated import rated
from statsmodels.stats.proportion import confint_proportions_2indep

from analysis.statistics.rating_composition import rating_composition
from analysis.statistics.ratings import rating_distribution
from benchmarks.coverage_ratings import GROUPS, PREDICTOR, RatingDesign, simulate, true_shares
from tricky.core.errors import InputError


def grouped(n_observers=6, n_items=60, seed=1):
    """Ratings of items in three groups of different size."""
    rating, x, observer, item = rated(n_observers, n_items, seed)
    return rating, np.digitize(x, [0.3, 0.9]), observer, item


def test_counted_shares_are_those_of_a_table_of_counts_and_add_up_to_one():
    rating, group, observer, item = grouped()
    found = rating_composition(rating, group, observer, item).set_index(["rating", "group"])
    expected = pd.crosstab(rating, group, normalize="index").to_numpy().ravel()
    assert found["share"].to_numpy() == pytest.approx(expected)
    assert found["base_rate"][1.0].to_numpy() == pytest.approx(np.bincount(group) / len(group))
    assert found["n"].groupby("rating").sum().to_list() == np.bincount(rating.astype(int))[1:].tolist()
    assert ((found["low"] <= found["share"]) & (found["share"] <= found["high"])).all()


def test_equalised_shares_follow_from_bayes_theorem_with_the_same_prior_for_all_groups():
    rating, group, observer, item = grouped()
    found = rating_composition(rating, group, observer, item, equalised=True)
    likelihood = rating_distribution(rating, group, observer, item).pivot_table(
        index="rating", columns="group", values="share"
    )
    posterior = likelihood.div(likelihood.sum(axis=1), axis=0)
    assert found["share"].to_numpy() == pytest.approx(posterior.to_numpy().ravel())
    assert set(found["base_rate"].round(9)) == {round(1 / 3, 9)}


def test_groups_of_the_same_size_need_no_equalising():
    rating, x, observer, item = rated(6, 60, 2)
    counted, equalised = (
        rating_composition(rating, x > 0.5, observer, item, equalised=each) for each in (False, True)
    )
    pd.testing.assert_frame_equal(counted, equalised)


def test_items_that_are_shown_more_often_change_counted_shares_and_not_equalised_ones():
    rating, group, observer, item = grouped()
    once_more = np.flatnonzero(group == 2)
    ratings, groups, observers = (
        np.concatenate([each, each[once_more]]) for each in (rating, group, observer)
    )
    items = np.concatenate([item, item[once_more] + item.max() + 1])
    for equalised in (False, True):
        before = rating_composition(rating, group, observer, item, equalised=equalised)["share"]
        after = rating_composition(ratings, groups, observers, items, equalised=equalised)["share"]
        assert np.allclose(before, after) == equalised


def test_of_independent_ratings_the_interval_is_that_of_a_ratio_of_two_proportions():
    # With two groups, p / (1 − p) is the ratio of the shares of the rating in them; statsmodels' interval of
    # a ratio is Katz's, by the delta method for the logarithm.
    rng = np.random.default_rng(3)
    n = np.array([9000, 3000])
    group = np.repeat([0, 1], n)
    rating = (rng.random(n.sum()) < np.array([0.3, 0.42])[group]).astype(float)
    trial = np.arange(n.sum())
    found = rating_composition(rating, group, trial, trial, equalised=True).iloc[2]
    counts = np.bincount(group[rating == 1])
    ratio = confint_proportions_2indep(counts[0], n[0], counts[1], n[1], method="log", compare="ratio")
    expected = [each / (1 + each) for each in ratio]
    assert found[["low", "high"]].to_list() == pytest.approx(expected, abs=2e-4)
    assert expected[1] - expected[0] > 0.02


def test_shares_of_many_ratings_are_those_that_were_simulated():
    design = RatingDesign(60, 1500, 0.5, 0.7)
    ratings, x, observer, item = simulate(np.random.default_rng(4), 60, 1500, 0.5, 0.7)
    found = rating_composition(ratings, GROUPS[np.searchsorted(PREDICTOR, x)], observer, item, equalised=True)
    shares = true_shares(design)
    truth = (shares / shares.sum(axis=1, keepdims=True)).ravel()
    assert found["share"].to_numpy() == pytest.approx(truth, abs=0.03)
    assert ((found["low"] <= truth) & (truth <= found["high"])).mean() > 0.8


def test_a_rating_of_nobody_of_one_observer_or_of_one_item_has_the_reason_why_something_is_missing():
    rating, group, observer, item = grouped()
    rating = np.where(rating > 3, 3, rating)
    rating[observer == 2] = np.where(item[observer == 2] % 2, 4, 3)
    rating[item == 5] = np.where(observer[item == 5] < 2, 5, 3)
    found = rating_composition(rating, group, observer, item, scale=range(1, 7)).set_index("rating")
    assert set(found["reason"][4.0]) == {"one observer alone gave this rating"}
    assert set(found["reason"][5.0]) == {"one item alone got this rating"}
    assert set(found["reason"][6.0]) == {"nobody gave this rating"}
    assert found["share"][[4.0, 5.0]].notna().all()
    assert found["share"][6.0].isna().all()
    has_interval = found[["low", "high"]].notna().all(axis=1)
    assert (has_interval == found["reason"].isna()).all()
    assert set(found.index[has_interval]) == {1.0, 2.0, 3.0}


def test_a_group_of_few_items_leaves_equalised_shares_open():
    rng = np.random.default_rng(5)
    observer, item = (index.ravel() for index in np.indices((9, 62)))
    group = (item >= 60).astype(int)
    rating = np.where(group == 1, 1.0, rng.integers(1, 3, len(item)))
    counted, equalised = (
        rating_composition(rating, group, observer, item, equalised=each).set_index(["rating", "group"])
        for each in (False, True)
    )
    # Clopper–Pearson for none of 9 observers, and for none of 2 items.
    assert counted["high"][2.0, 1] == pytest.approx(1 - 0.025 ** (1 / 9))
    assert equalised["high"][2.0, 1] == pytest.approx(1 - 0.025 ** (1 / 2))
    one = rating_composition(rating[item < 61], group[item < 61], observer[item < 61], item[item < 61])
    assert set(one["reason"]) == {"an interval needs at least two observers and two items in each group"}


def test_a_rating_off_the_scale_is_refused():
    with pytest.raises(InputError, match="rating 3 is not on the scale 1, 2"):
        rating_composition([1, 3], [0, 1], [0, 0], [0, 1], scale=(1, 2))
