from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from analysis.data.sessions import read_sessions
from experiment.data.bids import register
from experiment.records import Kind
from experiment.session.plan import schedule
from experiment.session.prepare import SessionSetup
from experiment.session.simulate import simulate_sessions
from experiment.settings import ExperimentSettings, SimulateSettings
from tricky.core.errors import InputError

EXPERIMENT = ExperimentSettings(break_every=4)


@pytest.fixture
def simulate(small_set, tmp_path, dataset):
    def call(observers=3, *, made=small_set, seed=1, progress=lambda *_: None, **settings):
        return simulate_sessions(
            SessionSetup(made.folder, tmp_path / "data", EXPERIMENT, dataset),
            SimulateSettings(observers=observers, **settings),
            seed=seed,
            progress=progress,
        )

    return call


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_observers_get_the_same_session_as_a_person_with_their_id(simulate, small_set):
    paths = simulate()
    assert [path.name for path in paths] == [f"sub-sim0{number}_task-harder_beh.tsv" for number in (1, 2, 3)]
    for path in paths:
        rows = pd.read_csv(path, sep="\t", dtype=str)
        trials = schedule(small_set, path.name[4:9])
        assert list(rows.trial_id) == [trial.trial_id for trial in trials]
        assert list(rows.left_item) == [trial.items[0] for trial in trials]
        assert np.all(np.diff(rows.onset.astype(float)) > 0)


def test_the_data_set_is_valid_bids(simulate, tmp_path, bids_issues):
    simulate()
    assert bids_issues(tmp_path / "data") == []


def test_the_same_call_again_changes_nothing(simulate, tmp_path):
    simulate()
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in (tmp_path / "data").rglob("*")}
    simulate()
    assert {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in (tmp_path / "data").rglob("*")} == before


def test_the_same_arguments_give_the_same_bytes_elsewhere(simulate, tmp_path):
    simulate()
    before = content(tmp_path / "data")
    shutil.rmtree(tmp_path / "data")
    simulate()
    assert content(tmp_path / "data") == before


def test_more_observers_change_none_of_those_before(simulate):
    before = [path.read_bytes() for path in simulate(3)]
    assert [path.read_bytes() for path in simulate(120)[:3]] == before


def test_fewer_observers_leave_only_those(simulate, tmp_path):
    simulate(4)
    simulate(2)
    assert sorted(p.name for p in (tmp_path / "data").glob("sub-*")) == ["sub-sim01", "sub-sim02"]
    assert list(pd.read_csv(tmp_path / "data" / "participants.tsv", sep="\t").participant_id) == [
        "sub-sim01",
        "sub-sim02",
    ]


@pytest.mark.parametrize("other", [{"seed": 2}, {"accuracy": 0.6}, {"item_sd_logit": 0.5}])
def test_another_seed_or_ability_takes_the_place_of_what_was_there(simulate, other):
    before = [path.read_bytes() for path in simulate()]
    after = [path.read_bytes() for path in simulate(**other)]
    assert all(a != b for a, b in zip(after, before, strict=True))


def test_another_stimulus_set_takes_the_place_of_what_was_there(simulate, make_set, bids_issues, tmp_path):
    simulate()
    paths = simulate(made=make_set(2, 5))
    assert all(len(path.read_text().splitlines()) == 8 for path in paths)
    assert bids_issues(tmp_path / "data") == []


def test_an_interrupted_simulation_keeps_finished_sessions_and_continues(simulate, tmp_path, bids_issues):
    def interrupt(_what, done, _total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(4, progress=interrupt)
    finished = content(tmp_path / "data" / "sub-sim01")
    assert not (tmp_path / "data" / "sub-sim03").exists()
    assert bids_issues(tmp_path / "data") == []
    simulate(4)
    assert content(tmp_path / "data" / "sub-sim01") == finished
    assert (tmp_path / "data" / "sub-sim04").exists()


def test_what_a_kill_leaves_behind_does_not_make_the_data_set_invalid(simulate, tmp_path, bids_issues):
    simulate()
    data = tmp_path / "data"
    shutil.copytree(data / "sub-sim01", data / ".sub-sim04.part")
    (data / ".participants.tsv.x1.part").write_text("participant_id\t")
    assert bids_issues(data) == []
    simulate(4)
    assert not (data / ".sub-sim04.part").exists()


def test_people_are_never_touched(simulate, tmp_path):
    data = tmp_path / "data"
    register(data, ["07"], Kind.PERSON)
    (data / "sub-07" / "beh").mkdir(parents=True)
    (data / "sub-07" / "beh" / "sub-07_task-harder_beh.tsv").write_text("theirs")
    before = content(data / "sub-07")
    simulate(3)
    simulate(1, seed=5)
    assert content(data / "sub-07") == before
    assert "sub-07\tperson" in (data / "participants.tsv").read_text()


def test_a_person_who_has_a_simulated_observers_name_is_not_touched_either(simulate, tmp_path):
    register(tmp_path / "data", ["sim02"], Kind.PERSON)
    with pytest.raises(InputError, match="sub-sim02 is there as person"):
        simulate(3)
    assert not (tmp_path / "data" / "sub-sim01").exists()


def test_a_session_that_is_not_marked_as_simulated_is_not_removed(simulate):
    paths = simulate(2)
    sidecar = paths[1].with_suffix(".json")
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"Simulated": None}))
    with pytest.raises(InputError, match="not marked as simulated"):
        simulate(1)
    assert paths[1].exists()


def test_a_session_that_may_not_be_replaced_leaves_nothing_half_written(simulate, tmp_path):
    sidecar = simulate(1)[0].with_suffix(".json")
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"Simulated": None}))
    with pytest.raises(InputError, match="not marked as simulated"):
        simulate(1, seed=5)
    assert list((tmp_path / "data").glob("**/*.part")) == []


def test_the_sidecar_names_the_observers_parameters(simulate):
    sidecar = json.loads(simulate(accuracy=0.7, seed=9)[0].with_suffix(".json").read_text())
    assert sidecar["Simulated"]["seed"] == 9
    assert sidecar["Simulated"]["accuracy"] == 0.7
    assert sidecar["Simulated"]["observer_effect_logit"] != 0
    assert sidecar["Apparatus"] == {}


def test_observers_are_as_able_as_the_settings_say(simulate, make_set):
    # Without spread every response is a draw with p = 0.75: 40 × 100 of them, standard error 0.0068.
    paths = simulate(40, made=make_set(0, 100), accuracy=0.75, observer_sd_logit=0, item_sd_logit=0)
    correct = np.concatenate([pd.read_csv(path, sep="\t").correct for path in paths])
    assert correct.mean() == pytest.approx(0.75, abs=4 * 0.0068)


def test_observers_depend_on_the_item(simulate, make_set):
    # Variance of the trials' proportions correct over 60 observers: above p (1 - p) / 60 many times over.
    paths = simulate(60, made=make_set(0, 60), observer_sd_logit=0, item_sd_logit=1.6)
    rows = pd.concat([pd.read_csv(path, sep="\t") for path in paths])
    by_trial = rows.groupby("trial_id").correct.mean()
    assert by_trial.var() > 5 * by_trial.mean() * (1 - by_trial.mean()) / 60


@pytest.mark.parametrize("task", ["single", "rating"])
def test_simulated_observers_do_every_task_and_the_data_are_valid_and_readable(
    simulate, single_set, rating_set, tmp_path, bids_issues, task
):
    simulate(made={"single": single_set, "rating": rating_set}[task])
    assert bids_issues(tmp_path / "data") == []
    sessions = read_sessions(tmp_path / "data")
    assert sessions.complete.all()
    assert sessions.item.notna().all()
    if task == "single":
        assert set(sessions.response.dropna()) == {"trivial", "impossible"}
    else:
        assert set(sessions.odd) <= {"no", "yes"}
