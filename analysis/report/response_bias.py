"""Sensitivity of observers, and which of two answers they prefer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.report.groups import easiest_first
from analysis.report.measures import COMMON_MEASURES, D_PRIME, Measure, under_its_name
from analysis.statistics.detection import Task, observer_detection
from analysis.statistics.observers import side_bias
from stimuli.records import StimulusSet


def score_preference(
    said: np.ndarray, is_right: np.ndarray, observer: np.ndarray, task: Task, level: float, name: str
) -> pd.DataFrame:
    """Return each observer's d′, criterion and bias towards one of two answers.

    Parameters
    ----------
    said, is_right : ndarray of bool, shape (n_trials,)
        Whether the answer was given, and whether it was the right one.
    observer : ndarray of str, shape (n_trials,)
    task : {"2afc", "single"}
    level : float
        Coverage of the intervals, in `…_low` and `…_high`.
    name : str
        Name of the bias, as `side_bias` measures it.
    """
    detected = observer_detection(said, is_right, observer, task, level)
    bias = side_bias(said, is_right, observer, level)
    return detected.drop(columns=["n_yes", "n_no", "hit_rate", "false_alarm_rate"]).join(
        under_its_name(bias, bias=name, keep=("accuracy_left", "accuracy_right"))
    )


def side_preference(answers: pd.DataFrame, _: StimulusSet | None, level: float) -> pd.DataFrame:
    """Return d′, criterion and side bias of each observer, with intervals in `…_low` and `…_high`."""
    observer = answers["participant"].astype(str).to_numpy()
    chose_left = (answers["response"].astype(str) == "left").to_numpy()
    left_is_right = chose_left == answers["correct"].to_numpy(bool)
    return score_preference(chose_left, left_is_right, observer, "2afc", level, "side_bias")


def side_measures(_: StimulusSet | None) -> Mapping[str, Measure]:
    """Return what is measured of observers who choose between a left and a right image."""
    return {
        "d_prime": D_PRIME,
        "criterion": Measure("criterion\n(−: left, +: right)", 0.0, title="Criterion"),
        "side_bias": Measure(
            "side bias (points,\n+: left)", 0.0, 100.0, title="Side bias (points)", form="points"
        ),
        **COMMON_MEASURES,
    }


def group_preference(answers: pd.DataFrame, stimulus_set: StimulusSet, level: float) -> pd.DataFrame:
    """Return d′, criterion and bias of each observer, with intervals in `…_low` and `…_high`.

    "Yes" is the name of the harder of two groups: d′ is z(H) − z(F), and the criterion is above 0 where an
    observer prefers the name of the easier one. `group_bias` is the accuracy on the images of the harder
    group minus that on the easier, `accuracy_hard` and `accuracy_easy`. With more than two groups there are
    none.
    """
    observer = answers["participant"].astype(str).to_numpy()
    groups = easiest_first(stimulus_set)
    if len(groups) != 2:
        return pd.DataFrame(index=pd.Index(np.unique(observer), name="observer"))
    said_hard = (answers["response"].astype(str) == groups[1]).to_numpy()
    is_hard = said_hard == answers["correct"].to_numpy(bool)
    found = score_preference(said_hard, is_hard, observer, "single", level, "group_bias")
    sides = (("accuracy_left", "accuracy_hard"), ("accuracy_right", "accuracy_easy"))
    return found.rename(columns={old + end: new + end for old, new in sides for end in ("", "_reason")})


def group_measures(stimulus_set: StimulusSet) -> Mapping[str, Measure]:
    """Return what is measured of observers who name the group of an image."""
    easy, *_, hard = easiest_first(stimulus_set)
    bias = f"accuracy, {hard}\nminus {easy}\n(points)"
    return {
        "d_prime": D_PRIME,
        "criterion": Measure(f"criterion\n(−: {hard},\n+: {easy})", 0.0, title="Criterion"),
        "group_bias": Measure(bias, 0.0, 100.0, title="Harder minus easier group (points)", form="points"),
        **COMMON_MEASURES,
    }
