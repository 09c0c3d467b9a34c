import numpy as np
import pandas as pd
import pytest
from rated import rated

from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.population_mean import population_mean
from analysis.statistics.ratings import mean_by, observer_correlations, rating_distribution
from tricky.core.errors import InputError


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


def test_ratings_that_nobody_gave_have_a_share_of_none_with_an_interval():
    rating, x, observer, item = rated(6, 40, seed=1)
    rating = np.minimum(rating, 4)
    found = rating_distribution(rating, x > 0.5, observer, item, scale=range(1, 7))
    assert len(found) == 12
    nobody = found[found["rating"] > 4]
    assert (nobody["share"] == 0).all()
    assert (nobody["low"] == 0).all()
    # Clopper–Pearson for none of 6 observers: 1 − .025^(1/6).
    assert nobody["high"].to_numpy() == pytest.approx(1 - 0.025 ** (1 / 6))
    with pytest.raises(InputError, match="rating 4 is not on the scale 1, 2, 3"):
        rating_distribution(rating, x > 0.5, observer, item, scale=(1, 2, 3))


def test_means_of_groups_are_those_of_their_ratings_with_the_interval_of_clustered_trials():
    rng = np.random.default_rng(3)
    observer, item = (index.ravel() for index in np.indices((5, 12)))
    group = np.where(item < 4, "hard", "easy").astype(object)
    rating = rng.integers(1, 6, 60).astype(float)
    rating[7] = np.nan
    found = mean_by(group, rating, observer, item, 0.9).set_index("group")
    assert list(found.index) == ["easy", "hard"]
    for name in ("easy", "hard"):
        own = (group == name) & ~np.isnan(rating)
        mean = population_mean(rating[own], observer[own], item[own], 0.9)
        assert found["mean"][name] == pytest.approx(np.mean(rating[own]))
        assert (found["low"][name], found["high"][name]) == (mean.low, mean.high)
    assert found["n_items"].to_dict() == {"easy": 8, "hard": 4}
    assert found["n_ratings"].sum() == 59


def test_each_observers_rank_correlation_is_pearsons_of_the_ranks():
    rng = np.random.default_rng(4)
    predictor = np.tile(rng.integers(0, 12, 40) / 11, 2)
    observer = np.repeat(["a", "b"], 40)
    rating = np.clip(np.round(3 + 4 * (predictor - 0.5) + rng.standard_normal(80)), 1, 5)
    found = observer_correlations(rating, predictor, observer)
    for name in ("a", "b"):
        own = observer == name
        ranks = pd.DataFrame({"x": rating[own], "y": predictor[own]}).rank()
        assert found["correlation"][name] == pytest.approx(np.corrcoef(ranks["x"], ranks["y"])[0, 1])
        assert found["mean"][name] == rating[own].mean()
        assert found["low"][name] < found["correlation"][name] < found["high"][name]


def test_a_rating_that_never_varies_goes_with_nothing_and_full_agreement_has_no_interval():
    found = observer_correlations([2, 2, 2, 2, 1, 2, 3, 4], [1, 2, 3, 4] * 2, list("aaaabbbb"))
    assert np.isnan(found["correlation"]["a"])
    assert found["correlation"]["b"] == pytest.approx(1)
    assert found[["low", "high"]].isna().all(axis=None)


def test_the_interval_of_a_rank_correlation_holds_the_truth_for_other_items():
    rng = np.random.default_rng(5)

    def drawn(n):
        x = rng.integers(0, 12, n)
        return np.clip(np.round(3 + 0.25 * (x - 5.5) + 1.2 * rng.standard_normal(n)), 1, 5), x

    truth = observer_correlations(*drawn(200_000), np.zeros(200_000))["correlation"].item()
    n_observers = 1000
    rating, x = drawn(100 * n_observers)
    found = observer_correlations(rating, x, np.repeat(np.arange(n_observers), 100))
    held = ((found["low"] <= truth) & (truth <= found["high"])).mean()
    assert 0.93 < held < 0.975  # one standard error is 0.7 points


def test_arrays_of_different_length_are_refused():
    with pytest.raises(InputError, match="rating 2, predictor 3, observer 2"):
        observer_correlations([1, 2], [1, 2, 3], ["a", "a"])
