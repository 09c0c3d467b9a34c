import numpy as np
import pandas as pd
import pytest
from scipy import special
from statsmodels.stats.proportion import proportion_confint
from trial_tables import crossed_trials

from analysis.tables.accuracy import analyse_accuracy
from tricky.core.errors import InputError


def test_accuracy_is_counted_over_the_answers_and_missing_ones_are_left_out():
    trials = crossed_trials().astype({"correct": "boolean"})
    trials.loc[[3, 70, 200], "correct"] = pd.NA
    found = analyse_accuracy(trials)
    given = trials.dropna()
    assert found.population.estimate == given["correct"].astype(float).mean()
    assert found.population.n_trials == len(given) == 477
    counts = given.astype({"correct": int}).groupby("observer")["correct"].agg(["sum", "size"])
    low, high = proportion_confint(counts["sum"], counts["size"], method="wilson")
    assert found.observers["accuracy"].to_list() == (counts["sum"] / counts["size"]).to_list()
    assert found.observers["low"].to_numpy() == pytest.approx(low)
    assert found.observers["high"].to_numpy() == pytest.approx(high)
    assert found.next_observer.low < found.population.low < found.population.high < found.next_observer.high


def test_the_accuracy_that_observers_were_simulated_with_is_recovered():
    held = 0
    # The mean over both normal effects, by a sum over quantiles.
    quantiles = special.ndtri((np.arange(2000) + 0.5) / 2000)
    truth = special.expit(1.2 + np.hypot(0.4, 1.5) * quantiles).mean()
    for seed in range(60):
        found = analyse_accuracy(crossed_trials(seed=seed)).population
        held += found.low <= truth <= found.high
    assert held >= 53  # of 60 intervals for 95%, 57 are expected; fewer than 53 have a chance of 1%


def test_columns_may_have_any_name_and_labels_any_type():
    trials = crossed_trials()
    renamed = trials.rename(columns={"observer": "VP", "item": "Bild", "correct": "richtig"})
    assert analyse_accuracy(renamed, observer="VP", item="Bild", correct="richtig").population == (
        analyse_accuracy(trials).population
    )
    numbered = trials.assign(
        observer=pd.Categorical(trials["observer"]), item=pd.factorize(trials["item"])[0]
    )
    assert analyse_accuracy(numbered).population == analyse_accuracy(trials).population


def test_the_order_of_rows_and_what_else_the_table_holds_do_not_matter():
    trials = crossed_trials()
    shuffled = trials.sample(frac=1, random_state=1).assign(condition="upright")
    first, second = (analyse_accuracy(each).population for each in (trials, shuffled))
    assert (second.estimate, second.low, second.high) == pytest.approx(
        (first.estimate, first.low, first.high)
    )


def test_a_trial_that_is_there_twice_is_refused_unless_both_are_meant():
    trials = crossed_trials()
    again = pd.concat([trials, trials.iloc[[5]]], ignore_index=True)
    with pytest.raises(
        InputError, match=r"'s00', item 'image005': answered twice, .* 5 and 480; .* repeats='keep'"
    ):
        analyse_accuracy(again)
    assert analyse_accuracy(again, repeats="keep").population.n_trials == 481


def test_a_trial_that_was_shown_again_after_no_answer_is_no_repeat():
    trials = crossed_trials().astype({"correct": "boolean"})
    missed = trials.iloc[[5]].assign(correct=None)
    both = pd.concat([missed, trials], ignore_index=True)
    assert analyse_accuracy(both).population == analyse_accuracy(trials).population


def test_a_table_without_any_answer_is_refused():
    with pytest.raises(InputError, match="column 'correct' is empty in every row"):
        analyse_accuracy(crossed_trials().assign(correct=None))


def test_one_observer_has_a_reason_in_place_of_an_interval():
    trials = crossed_trials().query("observer == 's03'")
    found = analyse_accuracy(trials)
    assert found.population.reason == "an interval needs at least two observers"
    assert "population: 0.6333 (an interval needs at least two observers)" in str(found)
    assert "observers: table of 1 × 5: n_trials, n_correct, accuracy, low, high" in str(found)
