"""A population of known accuracy, and tables of probabilities."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

from experiment.observers.population import Population, standard_normal
from experiment.settings import SimulateSettings
from tricky.core.errors import InputError


def test_keyed_deviates_are_standard_normal_and_belong_to_their_key():
    deviates = [standard_normal(1, "item", f"t{number}") for number in range(4000)]
    assert kstest(deviates, "norm").pvalue > 0.001
    assert standard_normal(1, "item", "t7") == deviates[7]
    assert standard_normal(2, "item", "t7") != deviates[7]
    assert standard_normal(1, "observer", "t7") != deviates[7]


def test_effects_have_the_standard_deviations_asked_for():
    population = Population.of(SimulateSettings(observer_sd_logit=0.45, item_sd_logit=1.6), seed=3)
    items = np.array([population.item_effect(f"t{number}") for number in range(3000)])
    observers = np.array([population.observer_effect(f"sim{number}") for number in range(3000)])
    # The standard error of an SD is sd / sqrt(2 n): 1.3%.
    assert items.std() == pytest.approx(1.6, rel=0.055)
    assert observers.std() == pytest.approx(0.45, rel=0.055)
    assert abs(np.corrcoef(items, observers)[0, 1]) < 4 / 3000**0.5


def test_a_table_of_probabilities_is_followed_item_by_item(simulate, small_set, tmp_path):
    asked = {trial.trial_id: p for trial, p in zip(small_set.trials, np.linspace(0, 1, 13), strict=True)}
    pd.DataFrame({"trial_id": asked.keys(), "p_correct": asked.values()}).to_csv(tmp_path / "p.csv")
    rows = simulate(observers=300, probabilities=Path("p.csv"), lapse_rate=0)
    found = rows.groupby("trial_id", observed=True).correct.mean().dropna().astype(float)
    assert len(found) == 12  # of one pair neither is harder
    for trial_id, share in found.items():
        p = asked[str(trial_id)]
        assert abs(share - p) <= 4 * (p * (1 - p) / 300) ** 0.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trial_id,p_correct\nt000,0.5\nt999,0.5\n", "lacks t001"),
        (
            "trial_id,p_correct\nt999,0.5\nt998,0.5\n",
            r"line 2: 2 of 2 entries match no trial",
        ),
        ("trial_id,p_correct\nt000,1.5\n", "p_correct: '1.5', expected a number from 0 to 1"),
        ("trial_id,p_correct\nt000,nan\n", "p_correct: 'nan', expected a number from 0 to 1"),
        ("trial_id,p_correct\nt000,.5\nt000,.6\n", "line 3, column trial_id: 't000' is in line 2, too"),
        ("trial,p\nt000,0.5\n", "no column `trial_id`"),
        (None, "no such file"),
    ],
)
def test_a_table_that_says_not_all_or_no_probability_is_refused(simulate, tmp_path, text, said):
    if text is not None:
        (tmp_path / "p.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        simulate(probabilities=Path("p.csv"))


def test_trials_beyond_the_set_are_counted_where_a_table_of_probabilities_has_them(
    simulate, small_set, tmp_path
):
    rows = "".join(f"{trial.trial_id},0.9\n" for trial in small_set.trials)
    (tmp_path / "p.csv").write_text(f"trial_id,p_correct\nt999,0.1\n{rows}")
    simulate(observers=1, probabilities=Path("p.csv"))
    sidecar = json.loads(next((tmp_path / "data").glob("sub-*/beh/*_beh.json")).read_text())
    assert sidecar["Simulated"]["matched"] == {"probabilities": {"n_entries": 14, "n_matched": 13}}
