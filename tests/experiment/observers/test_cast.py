"""Tables of probabilities, recorded people and networks as observers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up import write_pool

from analysis.data.sessions import read_sessions
from experiment.session.simulate import simulate_sessions
from experiment.settings import ExperimentSettings, SimulateSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

EXPERIMENT = ExperimentSettings()


@pytest.fixture
def simulate(small_set, tmp_path, dataset):
    def call(data: str = "data", *, made=small_set, experiment=EXPERIMENT, seed=1, **settings):
        asked = SimulateSettings(**settings)
        simulate_sessions(made.folder, tmp_path / data, asked, experiment, dataset, seed=seed, root=tmp_path)
        return read_sessions(tmp_path / data)

    return call


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


@pytest.mark.parametrize("task", ["2afc", "single", "rating"])
def test_replayed_observers_choose_what_the_recorded_ones_chose(
    simulate, small_set, single_set, rating_set, task
):
    made = {"2afc": small_set, "single": single_set, "rating": rating_set}[task]
    experiment = ExperimentSettings(confidence_levels=3)
    recorded = simulate("recorded", made=made, experiment=experiment, observers=3, seed=5)
    again = simulate("again", made=made, experiment=experiment, replay=Path("recorded"))
    chosen = {"2afc": "response_item", "single": "response", "rating": "odd"}[task]
    keys = ["participant", "trial_id"]
    before, after = (each.sort_values(keys).reset_index(drop=True) for each in (recorded, again))
    assert list(after[chosen].astype(str)) == list(before[chosen].astype(str))
    assert list(after.confidence) == list(before.confidence)
    assert np.allclose(after.response_time, before.response_time)


def test_sessions_with_other_trials_cannot_be_replayed(simulate, make_set):
    simulate("recorded", made=make_set(1, 2))
    with pytest.raises(InputError, match=r"holds no `response` for trial t0"):
        simulate(replay=Path("recorded"))
    with pytest.raises(InputError, match="no recorded sessions"):
        simulate(replay=Path("nowhere"))


@pytest.fixture
def network(small_set, tmp_path):
    """Decisions of a model that is the surer, the larger the number of an image."""
    images = [item.image_id for item in small_set.items.values()]
    n = np.arange(len(images))
    table = pd.DataFrame({"image_id": images, "p_prediction": n / 100, "margin": -n.astype(float)})
    table["entropy"] = 2.0 * n  # the surer by confidence, the less sure by entropy
    (tmp_path / "decisions").mkdir()
    table.to_parquet(tmp_path / "decisions" / "net.parquet")
    write_pool(tmp_path / "decisions", [{"name": "net"}])
    return {item.item_id: number for number, item in enumerate(small_set.items.values())}


@pytest.mark.parametrize(("score", "sign"), [("confidence", 1), ("margin", -1), ("entropy", -1)])
def test_a_network_takes_the_image_it_is_less_sure_about_for_the_harder(simulate, network, score, sign):
    rows = simulate(models=("net",), score=score)
    left, right = (sign * rows[side].astype(str).map(network) for side in ("left_item", "right_item"))
    assert list(rows.response == "left") == list(left < right)
    assert set(rows.participant) == {"sim01"}


@pytest.mark.usefixtures("network")
def test_a_network_without_decisions_is_refused(simulate, single_set):
    with pytest.raises(InputError, match="models: no evaluated model is called 'other'; there are 'net'"):
        simulate(models=("other",))
    with pytest.raises(InputError, match=r'networks can.t do the task "single"'):
        simulate(models=("net",), made=single_set)


def test_trials_beyond_the_set_are_counted_where_a_table_of_probabilities_has_them(
    simulate, small_set, tmp_path
):
    rows = "".join(f"{trial.trial_id},0.9\n" for trial in small_set.trials)
    (tmp_path / "p.csv").write_text(f"trial_id,p_correct\nt999,0.1\n{rows}")
    simulate(observers=1, probabilities=Path("p.csv"))
    sidecar = json.loads(next((tmp_path / "data").glob("sub-*/beh/*_beh.json")).read_text())
    assert sidecar["Simulated"]["matched"] == {"probabilities": {"n_entries": 14, "n_matched": 13}}


def test_a_damaged_recording_is_named(simulate, tmp_path):
    simulate("recorded", observers=1)
    table = next((tmp_path / "recorded").glob("sub-*/beh/*_beh.tsv"))
    whole = pd.read_csv(table, sep="\t", dtype=str, keep_default_na=False)
    sidecar = json.loads(table.with_suffix(".json").read_text())

    def replay_of(recorded, digest=None):
        recorded.to_csv(table, sep="\t", index=False)
        content = sidecar | {"TableSHA256": digest or sha256_of(table)}
        table.with_suffix(".json").write_text(json.dumps(content))
        simulate(replay=Path("recorded"))

    replay_of(whole)
    with pytest.raises(InputError, match=r"_beh\.tsv: changed since the session was complete"):
        replay_of(whole.assign(response_time="0.5"), sidecar["TableSHA256"])
    with pytest.raises(InputError, match=r"_beh\.tsv: trial \w+ has no `response_time` in seconds"):
        replay_of(whole.assign(response_time="n/a"))
    del sidecar["TableSHA256"]
    whole.drop(columns="trial_id").to_csv(table, sep="\t", index=False)
    table.with_suffix(".json").write_text(json.dumps(sidecar))
    with pytest.raises(InputError, match=r"_beh\.tsv, line 1: no column trial_id"):
        simulate(replay=Path("recorded"))


def test_a_network_twice_is_refused():
    with pytest.raises(ValueError, match=r"entries that differ \(capitals aside\): 'net' is there twice"):
        SimulateSettings(models=("net", "net"))


def test_two_sources_of_answers_are_one_too_many():
    with pytest.raises(ValueError, match="one of `probabilities`, `replay` and `models`"):
        SimulateSettings(replay=Path("a"), models=("net",))
