"""Recorded people as observers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiment.settings import ExperimentSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of


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
    with pytest.raises(InputError, match=r"has no `response` for trial t0"):
        simulate(replay=Path("recorded"))
    with pytest.raises(InputError, match="no recorded sessions"):
        simulate(replay=Path("nowhere"))


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
