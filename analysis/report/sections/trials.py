"""The trials that observers got wrong most often, and right most often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.report.json_values import LeftOut
from analysis.report.pictures import Picture, embed_items
from analysis.report.section import Section
from analysis.report.shown_trials import rows_of
from analysis.report.task import StudyReport
from analysis.report.timeline import with_time_reasons
from analysis.statistics.items import trial_accuracy

HARDEST_TRIALS = 12
EASIEST_TRIALS = 6
"""Trials that are shown with large pictures."""


@dataclass(frozen=True)
class Trials:
    """Accuracy of trials.

    Attributes
    ----------
    n, n_all_correct, n_below_chance : int
        Trials with an answer, those that all observers got right, and those below guessing.
    hardest, easiest : list of dict
        As `analysis.report.shown_trials.rows_of` returns them.
    table : DataFrame
        As `analysis.statistics.items.trial_accuracy` returns it.
    """

    n: int
    n_all_correct: int
    n_below_chance: int
    hardest: list[dict[str, Any]]
    easiest: list[dict[str, Any]]
    table: LeftOut[pd.DataFrame]


def compute(report: StudyReport) -> Trials:
    """Sort the trials by accuracy, and choose those that are shown."""
    trials = with_time_reasons(trial_accuracy(report.data.answers, report.data.trials))
    wrong = trials[trials["n_correct"] < trials["n_answers"]].head(HARDEST_TRIALS)
    best = trials[~trials["trial_id"].isin(wrong["trial_id"])].sort_values(
        ["accuracy", "n_answers", "median_response_time_s", "trial_id"], ascending=[False, False, True, True]
    )
    return Trials(
        n=len(trials),
        n_all_correct=int((trials["n_correct"] == trials["n_answers"]).sum()),
        n_below_chance=int((trials["accuracy"] < report.chance).sum()),
        hardest=rows_of(report, wrong),
        easiest=rows_of(report, best.head(EASIEST_TRIALS)),
        table=trials,
    )


def pictures(found: Trials, report: StudyReport) -> Mapping[str, Picture | None]:
    """Return the pictures of these trials, by `item_id`."""
    places = report.task.places
    shown = [row[place.name] for row in (*found.hardest, *found.easiest) for place in places]
    return embed_items(report.data.stimulus_set.folder, shown)


SECTION = Section(
    name="trials",
    compute=compute,
    results=lambda found: {"trials": found},
    tables={"trials": lambda found, _: found.table},
    pictures=pictures,
)
