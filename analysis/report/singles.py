"""Single images that observers name the group of: what a report says of this task alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.study_data import Evidence
from analysis.report import figures_items
from analysis.report.answer_task import AnswerTask
from analysis.report.answers import answer_findings
from analysis.report.figures_people import MEASURES, Measure
from analysis.report.findings import Findings
from analysis.report.groups import answer_shares, easiest_first
from analysis.report.people_scores import preference
from analysis.settings import AnalyseSettings
from analysis.statistics.psychometric import accuracy_by
from stimuli.records import StimulusSet


def _chance(stimulus_set: StimulusSet[Any]) -> float:
    return 1 / len(stimulus_set.settings.groups)


def group_preference(sessions: pd.DataFrame, stimulus_set: StimulusSet[Any], level: float) -> pd.DataFrame:
    """Return each observer's d′, criterion and bias, with intervals in `…_low` and `…_high`.

    Yes is the name of the harder of two groups: d′ is z(H) − z(F), the criterion is above 0 where an observer
    prefers the easier one's name. `group_bias` is the accuracy on the harder group's images less that on the
    easier's, `accuracy_hard` and `accuracy_easy`. With more groups than two there is none of these.
    """
    observer = sessions["participant"].astype(str).to_numpy()
    groups = easiest_first(stimulus_set)
    if len(groups) != 2:
        return pd.DataFrame(index=pd.Index(np.unique(observer), name="observer"))
    said_hard = (sessions["response"].astype(str) == groups[1]).to_numpy()
    is_hard = said_hard == sessions["correct"].to_numpy(bool)
    found = preference(said_hard, is_hard, observer, "single", level, "group_bias")
    sides = (("accuracy_left", "accuracy_hard"), ("accuracy_right", "accuracy_easy"))
    return found.rename(columns={old + end: new + end for old, new in sides for end in ("", "_reason")})


def _measures(stimulus_set: StimulusSet[Any]) -> Mapping[str, Measure]:
    easy, *_, hard = easiest_first(stimulus_set)
    own = {
        "d_prime": MEASURES["d_prime"],
        "criterion": Measure(f"criterion\n(−: {hard},\n+: {easy})", 0.0),
        "group_bias": Measure(f"accuracy, {hard}\nless {easy}\n(points)", 0.0, 100.0),
    }
    return own | {name: each for name, each in MEASURES.items() if name not in ("criterion", "side_bias")}


def _graded(sessions: pd.DataFrame, level: float) -> tuple[pd.DataFrame, None]:
    rows = sessions.dropna(subset=["correct", "group"])
    by_group = [
        accuracy_by("image_share", part, level).assign(group=group)
        for group, part in rows.groupby(rows["group"].astype(str))
    ]
    return pd.concat(by_group, ignore_index=True).sort_values("image_share", ignore_index=True), None


def named_groups(sessions: pd.DataFrame, stimulus_set: StimulusSet[Any], level: float) -> pd.DataFrame:
    """Return how often images of each group were given each group's name, with intervals.

    Returns
    -------
    DataFrame, one row a group and a name, both from easy to hard
        `group`, `response`, `n_answers` (to images of this group), `n`, `share`, `low`, `high`: for new
        observers and new images; `reason`, why something is missing.
    """
    groups = easiest_first(stimulus_set)
    rows = sessions[sessions["response"].notna() & sessions["group"].notna()]
    places = {group: float(place) for place, group in enumerate(groups)}
    group, answer = (rows[name].astype(object).map(places).astype(float) for name in ("group", "response"))
    observer, item = rows["participant"].astype(str), rows["trial_id"].astype(str)
    found = answer_shares(groups, groups, group, answer, observer, item, level)
    return found.drop(columns="rating").rename(columns={"answer": "response", "n_ratings": "n_answers"})


def _no_machines(evidence: Evidence) -> pd.DataFrame:
    """Return none: what a network would call hard needs a border that nobody gave it."""
    index = evidence.trials.index
    return pd.DataFrame(index=index, columns=pd.MultiIndex.from_tuples([], names=["machine", "measure"]))


SINGLES = AnswerTask(
    unit="image",
    places=("image",),
    difficulty=("image_share", "group"),
    published=None,
    chance=_chance,
    preference=group_preference,
    measures=_measures,
    graded=_graded,
    draw_graded=figures_items.graded_by_group,
    named=named_groups,
    machines=_no_machines,
)


def single_findings(evidence: Evidence, settings: AnalyseSettings) -> Findings:
    """Say everything that follows from the answers to a set of single images."""
    return answer_findings(evidence, SINGLES, settings)
