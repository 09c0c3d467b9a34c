"""How results change when answers are scored by other labels than those that the set was built with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.trials import is_right
from analysis.report.json_values import Inline
from analysis.report.section import Section, key
from analysis.report.task import StudyReport
from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.estimate import NoResult
from analysis.statistics.population_mean import PopulationMean, population_mean


@dataclass(frozen=True)
class LabelChange:
    """The same answers, scored by two tables of labels.

    Attributes
    ----------
    n_trials : int
        Scored trials of the set, each a pair or a single image.
    n_same, n_changed : int
        Trials whose right answer (the harder image of a pair, the group of a single image) is the same under
        the new labels, and is another one.
    n_lost, n_gained : int
        Trials that no longer have a right answer (both images of a pair are equally hard, a single image is
        in none of the groups), and trials that had none before.
    n_left : int
        Trials with an image that the new table lacks.
    before, after : PopulationMean or NoResult, PopulationMean
        Accuracy under the set's own labels and under the new ones, each over all answers that these can
        score.
    change : PopulationMean
        Difference in proportion correct, after minus before, over the answers that both can score.
    """

    n_trials: int
    n_same: int
    n_changed: int
    n_lost: int
    n_gained: int
    n_left: int
    before: PopulationMean | NoResult
    after: PopulationMean
    change: PopulationMean


def compare_labels(
    sessions: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame, level: float
) -> LabelChange:
    """Score the same answers by two tables of labels.

    Parameters
    ----------
    sessions : DataFrame
        Answers that count, with `participant`, `trial_id` and the answer.
    before, after : DataFrame
        Trials of the set under each of them, as `analysis.data.trials.trials_of` returns them.
    level : float
        Coverage of intervals.
    """
    scored = before["scored"]
    old, new = before.loc[scored, "right_answer"], after.loc[scored, "right_answer"]
    in_table = after.loc[scored, "labelled"]
    observer, item = sessions["participant"].astype(str), sessions["trial_id"].astype(str)
    right_before, right_after = (
        is_right(sessions, item.map(each["right_answer"])) for each in (before, after)
    )
    difference = right_after.astype("Float64") - right_before.astype("Float64")
    return LabelChange(
        n_trials=len(old),
        n_same=int((old == new).sum()),
        n_changed=int((old.notna() & new.notna() & (old != new)).sum()),
        n_lost=int((in_table & old.notna() & new.isna()).sum()),
        n_gained=int((old.isna() & new.notna()).sum()),
        n_left=int((~in_table).sum()),
        before=population_accuracy(right_before, observer, item, level)
        if right_before.notna().any()
        else NoResult("by the labels of the set no answer is right or wrong"),
        after=population_accuracy(right_after, observer, item, level),
        change=population_mean(difference.to_numpy(float, na_value=np.nan), observer, item, level),
    )


@dataclass(frozen=True)
class OtherLabels:
    """Labels that answers are scored by in place of the set's own.

    Attributes
    ----------
    labels : str
        Folder of the labels, relative to the study.
    scores : LabelChange
    """

    labels: str
    scores: Inline[LabelChange]


def compute(report: StudyReport) -> OtherLabels | None:
    """Compare both labels; None where answers are scored by the set's own."""
    data = report.data
    if data.relabelled is None:
        return None
    change = compare_labels(data.kept, data.relabelled.before, data.trials, report.level)
    return OtherLabels(data.relabelled.name, change)


SECTION = Section(name="other_labels", compute=compute, results=key("other_labels"))
