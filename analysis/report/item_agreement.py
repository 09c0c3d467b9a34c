"""How far observers agree on items, and what explains the differences between items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.study_data import StudyData
from analysis.report.network_choices import features_of
from analysis.report.task import ReportTask
from analysis.statistics.noise_ceiling import Ceiling, explained, noise_ceiling


@dataclass(frozen=True)
class ItemAgreement:
    """The noise ceiling of items, and what explains their differences.

    Attributes
    ----------
    ceiling : Ceiling
    explained : DataFrame or None
        As `analysis.statistics.noise_ceiling.explained` returns it; None where the ceiling is unknown or not
        above 0.
    explained_reason : str or None
        Why nothing can be explained.
    """

    ceiling: Ceiling
    explained: pd.DataFrame | None
    explained_reason: str | None


def explain_items(
    data: StudyData,
    answers: pd.DataFrame,
    task: ReportTask,
    rng: np.random.Generator,
    level: float,
) -> ItemAgreement:
    """Estimate how far observers agree on items, and how much of that predictors explain.

    Parameters
    ----------
    data : StudyData
    answers : DataFrame, observers × trials
        1 right and 0 wrong, or a rating; NaN not seen.
    task : ReportTask
    rng : Generator
    level : float
        Coverage of the intervals.
    """
    places = [place.name for place in task.places]
    ceiling = noise_ceiling(answers.to_numpy(), rng, level)
    about = data.trials.loc[answers.columns]
    found = None
    if ceiling.estimate > 0:
        predictors = {
            "difficulty (number of correct models)": about[list(task.difficulty)],
        }
        classes = about[[f"{which}_class" for which in places]]
        if (classes != "").all(axis=None):  # of published counts and imported decisions it may be unknown
            predictors["class"] = classes
        features = [features_of(data, about[f"{which}_item"]) for which in places]
        if features[0].shape[1]:
            low_level = pd.concat(features, axis=1, keys=places).droplevel(0, axis=1)
            low_level.columns = [f"feature {n}" for n in range(low_level.shape[1])]
            predictors["low-level features"] = low_level.set_axis(about.index)
        found = explained(answers.mean().to_numpy(), predictors, ceiling.estimate, rng)
    reason = (
        ceiling.reason or "observers do not agree on which items are hard, so there is nothing to explain"
    )
    return ItemAgreement(ceiling, found, None if found is not None else reason)
