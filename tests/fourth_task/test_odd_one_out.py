"""A fourth task, declared in this folder alone: three images, of which one is different."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from analysis.columns import trial_columns
from analysis.data.study_data import Selection
from analysis.data.trials import trials_of
from analysis.report.build import write_report
from analysis.settings import AnalyseSettings
from experiment.data.bids import Dataset
from experiment.data.read_data import read_data
from experiment.session.plan import schedule
from experiment.session.prepare import SessionSetup
from experiment.session.simulate import simulate_sessions
from experiment.settings import ExperimentSettings, SimulateSettings
from model_eval.difficulty import read_difficulty
from stimuli.build import build_set
from stimuli.check import check_set
from stimuli.contact_sheet import show_set
from stimuli.inputs import Sources
from stimuli.records import Block, StimulusSet, read_any_set
from stimuli.refresh import refresh_set
from stimuli.settings import StimulusSettings
from stimuli.write_set import NewSet
from tests.analysis.conftest import SmallStudy
from tests.analysis.designed import DrawnImages
from tests.fourth_task.session import PLACES

DATASET = Dataset("Odd one out", ("Ada Lovelace", "Hermann Helmholtz"), "Vision Laboratory", "CC0-1.0")
N_OBSERVERS = 4


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, odd_one_out: str) -> Path:
    """A study whose set is for the fourth task, with simulated observers."""
    root = tmp_path_factory.mktemp("study")
    SmallStudy(root).write_models()
    settings = StimulusSettings(
        task=odd_one_out, trials=9, practice_trials=2, repeat_trials=1, repeat_distance=3
    )
    folder = root / "stimuli" / "main"
    build_set(Sources(root / "difficulty", DrawnImages(), root), settings, NewSet("main", folder, 1))
    setup = SessionSetup(folder, root / "data", ExperimentSettings(), DATASET)
    simulate_sessions(setup, SimulateSettings(observers=N_OBSERVERS), seed=1)
    return root


@pytest.fixture(scope="module")
def made(study: Path) -> StimulusSet:
    return read_any_set(study / "stimuli" / "main")


def test_every_trial_shows_two_images_of_one_group_and_one_of_the_other(made):
    odd_groups = Counter()
    for trial in made.trials:
        groups = Counter(made.items[item].difficulty for item in trial.item_ids)
        assert sorted(groups.values()) == [1, 2]
        if trial.repeats is None:
            odd_groups[min(groups, key=groups.__getitem__)] += 1
    assert abs(odd_groups["trivial"] - odd_groups["impossible"]) <= 2
    assert [each.problems for each in check_set(made.folder) if each.problems] == []


def test_the_contact_sheet_names_the_trials(made, tmp_path):
    copy = tmp_path / "main"
    shutil.copytree(made.folder, copy)
    assert "9 triples of trivial and impossible images" in show_set(copy).page.read_text(encoding="utf-8")


def test_a_successor_keeps_every_image_whose_group_is_the_same_under_new_labels(made, tmp_path):
    new_pool = SmallStudy(tmp_path)
    new_pool.write_models(seed=5)
    labels = read_difficulty(tmp_path / "difficulty").images.set_index("image_id")["difficulty"]
    sources = Sources(tmp_path / "difficulty", DrawnImages(), tmp_path)
    successor = refresh_set(made.folder, sources, NewSet("main-2", tmp_path / "stimuli" / "main-2", 1))
    before = {item.image_id: item.difficulty for item in made.items.values()}
    after = {item.image_id: item.difficulty for item in successor.items.values()}
    valid = {image for image, group in before.items() if labels[image] == group}
    assert 0 < len(valid) < len(before)
    assert valid <= set(after)
    assert all(labels[image] == group for image, group in after.items())
    assert len(successor.trials) == len(made.trials)
    assert [each.problems for each in check_set(successor.folder) if each.problems] == []


def test_the_columns_of_its_trials_are_names_that_a_lab_cannot_give(made):
    assert set(trials_of(made).columns) | {"odd_class", "third_share"} <= set(trial_columns())


def test_the_odd_image_is_in_each_place_equally_often(made):
    for participant in ("01", "02", "anna"):
        trials = [each for each in schedule(made, participant) if each.block is Block.MAIN]
        counts = Counter(trial.right_answer for trial in trials)
        assert set(counts) == set(PLACES)
        assert max(counts.values()) - min(counts.values()) <= 1
        for trial in trials:
            odd = trial.items[PLACES.index(str(trial.right_answer))]
            groups = [made.items[item].difficulty for item in trial.items]
            assert groups.count(made.items[odd].difficulty) == 1


def test_sessions_record_the_places_and_the_item_chosen(study, made):
    recorded = read_data(study / "data")
    assert len(recorded.sessions) == N_OBSERVERS
    for session in recorded.sessions:
        cells = session.cells()
        rows = pd.DataFrame(cells.rows, columns=list(cells.columns))
        assert len(rows) == len(made.trials)
        for _, row in rows.iterrows():
            chosen = row[f"{row['response']}_item"]
            assert row["response_item"] == chosen
            groups = [made.items[row[f"{place}_item"]].difficulty for place in PLACES]
            assert (row["correct"] == "true") == (groups.count(made.items[chosen].difficulty) == 1)
        assert session.sidecar.task_description is not None
        assert "differs from two others" in session.sidecar.task_description
        assert session.sidecar.instructions is not None
        assert "three images" in session.sidecar.instructions


def test_the_data_set_is_valid_bids(study, bids_issues):
    assert bids_issues(study / "data") == []


def test_the_window_shows_three_images_side_by_side(study, screen, tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "DISPLAY", screen)
    from experiment.screen.psychopy_simulation import open_simulated_devices

    settings = ExperimentSettings.model_validate(
        {
            "keyboard": "event",
            "image_height_deg": 3,
            "inter_trial_interval_s": 0.05,
            "monitor": {"size_px": [1280, 800], "width_cm": 34},
        }
    )
    setup = SessionSetup(study / "stimuli" / "main", tmp_path / "data", settings, DATASET)
    simulate_sessions(setup, SimulateSettings(observers=1), seed=1, open_devices=open_simulated_devices)
    (session,) = read_data(tmp_path / "data").sessions
    centres = session.sidecar.apparatus["image_centres_px"]
    assert len(centres) == 3
    assert centres[1] - centres[0] == centres[2] - centres[1] > 0


@pytest.mark.usefixtures("blank_figures")
def test_the_report_scores_the_sessions(study, made):
    rows = pd.concat(
        pd.DataFrame(each.cells().rows, columns=list(each.cells().columns))
        for each in read_data(study / "data").sessions
    )
    once = {trial.trial_id for trial in made.trials if trial.repeats is None}
    counted = rows[(rows["block"] == "main") & rows["trial_id"].isin(once)]
    found = write_report(
        study, AnalyseSettings(), Selection("main"), title="Odd one out", seed=1, source=None
    )
    assert found.content["task"] == made.task
    assert found.content["population"]["estimate"] == pytest.approx((counted["correct"] == "true").mean())
    assert found.content["population"]["chance"] == pytest.approx(1 / 3)
    page = found.page.read_text(encoding="utf-8")
    assert "three images were shown side by side" in page
