import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint
from trial_tables import crossed_trials

from analysis.statistics.estimate import NoResult
from analysis.tables.items import analyse_items
from tricky.core.errors import InputError


def test_items_are_counted_the_hardest_first():
    trials = crossed_trials()
    found = analyse_items(trials).items
    counts = trials.groupby("item")["correct"].agg(["sum", "size"]).loc[found.index]
    assert found["accuracy"].to_list() == (counts["sum"] / counts["size"]).to_list()
    assert found["accuracy"].is_monotonic_increasing
    low, high = proportion_confint(counts["sum"], counts["size"], method="wilson")
    assert found["low"].to_numpy() == pytest.approx(low)
    assert found["high"].to_numpy() == pytest.approx(high)
    assert found["shrunk_accuracy"].std() < found["accuracy"].std()


def test_the_noise_ceiling_is_the_reliability_that_was_simulated():
    trials = crossed_trials(n_observers=10, n_items=800, seed=2)
    found = analyse_items(trials)
    # The squared correlation with the accuracy of very many observers of the same items is the reliability.
    many = crossed_trials(n_observers=10, n_items=800, seed=2)
    by_item = many.groupby("item")["correct"].mean()
    components = found.components
    assert not isinstance(components, NoResult)
    expected = components.item / (components.item + components.rest / 10)
    assert found.ceiling.estimate == pytest.approx(expected, abs=0.02)
    assert found.ceiling.low < expected < found.ceiling.high
    assert by_item.var() == pytest.approx(components.item + components.rest / 10, rel=0.02)


def test_the_same_seed_gives_the_same_ceiling():
    trials = crossed_trials()
    assert analyse_items(trials, seed=3).ceiling == analyse_items(trials, seed=3).ceiling
    assert analyse_items(trials, seed=4).ceiling.low != analyse_items(trials, seed=3).ceiling.low


def test_observers_who_saw_different_items_are_compared_where_they_can_be():
    trials = crossed_trials()
    seen = np.random.default_rng(1).random(len(trials)) < 0.6
    found = analyse_items(trials[seen])
    assert found.items["n_answers"].sum() == seen.sum()
    assert np.isfinite(found.ceiling.estimate)


def test_one_observer_has_reasons_in_place_of_ceiling_and_components():
    found = analyse_items(crossed_trials().query("observer == 's01'"))
    assert found.ceiling.reason == "one observer has no halves to compare"
    assert isinstance(found.components, NoResult)
    assert "components: none: 1 observer(s)" in str(found)


def test_an_item_that_an_observer_answered_twice_is_refused():
    trials = crossed_trials()
    with pytest.raises(InputError, match="answered twice"):
        analyse_items(pd.concat([trials, trials.iloc[[7]]]))
