import numpy as np
import pandas as pd
import pytest
from scipy import stats
from trial_tables import crossed_trials

from analysis.statistics.contrasts import accuracy_difference
from analysis.tables.conditions import analyse_conditions
from tricky.core.errors import InputError


def with_conditions(names=("upright", "inverted", "blurred"), logits=(1.5, 0.5, 1.5), **how):
    return pd.concat(
        [
            crossed_trials(seed=seed, logit=logit, **how).assign(condition=name)
            for seed, (name, logit) in enumerate(zip(names, logits, strict=True))
        ],
        ignore_index=True,
    )


def test_every_two_conditions_are_compared_the_first_in_the_alphabet_first():
    trials = with_conditions()
    found = analyse_conditions(trials)
    means = trials.groupby("condition")["correct"].mean()
    assert found.accuracy.set_index("condition")["accuracy"].to_dict() == pytest.approx(means.to_dict())
    pairs = found.differences[["first", "second"]].to_numpy().tolist()
    assert pairs == [["blurred", "inverted"], ["blurred", "upright"], ["inverted", "upright"]]
    for row in found.differences.to_dict("records"):
        assert row["difference"] == pytest.approx(means[row["second"]] - means[row["first"]])
        assert row["low"] < row["difference"] < row["high"]
    row = found.differences.iloc[0]
    two = trials[trials["condition"] != "upright"]
    alone = accuracy_difference(two["correct"], two["observer"], two["item"], two["condition"] == "inverted")
    assert (row["low"], row["high"], row["p_value"]) == (alone.low, alone.high, alone.p_value)


def test_p_values_are_corrected_as_holm_says():
    p = analyse_conditions(with_conditions(logits=(1.5, 1.0, 1.2))).differences
    order = np.argsort(p["p_value"])
    expected = np.maximum.accumulate(p["p_value"].to_numpy()[order] * [3, 2, 1]).clip(max=1)
    assert p["p_holm"].to_numpy()[order] == pytest.approx(expected)


def test_groups_of_observers_and_items_of_their_own_are_compared_as_two_samples():
    # With very many items per observer nothing but observers varies: Welch's test of their accuracies.
    trials = with_conditions(("a", "b"), (1.0, 1.4), n_observers=10, n_items=1500, spreads=(0.6, 0.0))
    trials["observer"] = trials["condition"] + trials["observer"]
    trials["item"] = trials["condition"] + trials["item"]
    row = analyse_conditions(trials).differences.iloc[0]
    accuracy = trials.groupby(["condition", "observer"])["correct"].mean()
    welch = stats.ttest_ind(accuracy["b"], accuracy["a"], equal_var=False)
    limits = welch.confidence_interval()
    assert row["p_value"] == pytest.approx(welch.pvalue, rel=0.05)
    assert (row["low"], row["high"]) == pytest.approx((limits.low, limits.high), abs=0.003)


def test_categories_choose_the_order_and_those_without_a_trial_are_left_out():
    trials = with_conditions(("upright", "inverted"), (1.5, 0.5))
    trials["condition"] = pd.Categorical(trials["condition"], ["upright", "tilted", "inverted"])
    found = analyse_conditions(trials)
    assert found.accuracy["condition"].to_list() == ["upright", "inverted"]
    assert found.differences["difference"].item() < 0


def test_one_condition_has_no_difference_and_an_answer_counts_once_in_each():
    trials = with_conditions(("upright", "inverted"), (1.5, 0.5))
    assert analyse_conditions(trials.query("condition == 'upright'")).differences.empty
    again = pd.concat([trials, trials.iloc[[0]]], ignore_index=True)
    with pytest.raises(InputError, match="item 'image000', condition 'upright': answered twice"):
        analyse_conditions(again)


def test_a_condition_with_one_observer_has_a_reason_and_does_not_count_in_the_correction():
    trials = with_conditions()
    one = trials[(trials["condition"] != "blurred") | (trials["observer"] == "s01")]
    found = analyse_conditions(one).differences
    assert found["reason"].notna().to_list() == [True, True, False]
    assert found["p_holm"].isna().to_list() == [True, True, False]
    assert found["p_holm"].iloc[2] == found["p_value"].iloc[2]
