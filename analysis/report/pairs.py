"""The choice between two images: what a report says of it alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.data.network_scores import image_scores
from analysis.data.study_data import Evidence
from analysis.report import figures_items
from analysis.report.answer_task import AnswerTask
from analysis.report.answers import answer_findings
from analysis.report.figures_people import MEASURES, Measure
from analysis.report.findings import Findings
from analysis.report.item_scores import features_of
from analysis.report.people_scores import preference
from analysis.report.published import PUBLISHED
from analysis.settings import AnalyseSettings
from analysis.statistics.items import answer_matrix
from analysis.statistics.networks_as_observers import choices, feature_choices
from analysis.statistics.psychometric import accuracy_by, psychometric
from stimuli.records import StimulusSet

if TYPE_CHECKING:
    from analysis.statistics.estimate import NoResult
    from analysis.statistics.psychometric import Psychometric


def _chance(_: StimulusSet[Any]) -> float:
    return 0.5


def side_preference(sessions: pd.DataFrame, _: StimulusSet[Any] | None, level: float) -> pd.DataFrame:
    """Return each observer's d′, criterion and side bias, with intervals in `…_low` and `…_high`."""
    observer = sessions["participant"].astype(str).to_numpy()
    chose_left = (sessions["response"].astype(str) == "left").to_numpy()
    left_is_right = chose_left == sessions["correct"].to_numpy(bool)
    return preference(chose_left, left_is_right, observer, "2afc", level, "side_bias")


def _measures(_: StimulusSet[Any]) -> Mapping[str, Measure]:
    return MEASURES


def _graded(sessions: pd.DataFrame, level: float) -> tuple[pd.DataFrame, Psychometric | NoResult]:
    by_gap = accuracy_by("gap", sessions, level)
    return by_gap, psychometric(by_gap, level)


def machine_choices(evidence: Evidence) -> pd.DataFrame:
    """Let machines judge the pairs that people judged.

    Returns
    -------
    DataFrame, pairs × (machine, measure)
        1 right, 0 wrong, NaN no answer; in the order of `answer_matrix`. No column where there is neither a
        decision nor a feature.
    """
    answers = answer_matrix(evidence.sessions)
    about = evidence.trials.loc[answers.columns]
    rng = evidence.generator("networks as observers", "folds")
    told = pd.DataFrame(
        index=about.index, columns=pd.MultiIndex.from_tuples([], names=["machine", "measure"])
    )
    images = {
        which: [evidence.stimulus_set.items[each].image_id for each in about[f"{which}_item"]]
        for which in ("harder", "easier")
    }
    if evidence.decisions is not None:
        every = sorted({*images["harder"], *images["easier"]})
        scores = image_scores(evidence.root / "decisions", evidence.decisions, every)
        told = choices(scores.loc[images["harder"]], scores.loc[images["easier"]]).set_axis(about.index)
    features = {which: features_of(evidence, about[f"{which}_item"]) for which in ("harder", "easier")}
    by_features = feature_choices(features["harder"], features["easier"], rng)
    if by_features is not None:
        told["low-level features", "cross-validated"] = by_features
    return told.loc[:, told.notna().any()]


def _named(*_: object) -> None:
    return None


PAIRS = AnswerTask(
    unit="pair",
    places=("harder", "easier"),
    difficulty=("harder_share", "easier_share"),
    published=PUBLISHED,
    chance=_chance,
    preference=side_preference,
    measures=_measures,
    graded=_graded,
    draw_graded=figures_items.graded_accuracy,
    named=_named,
    machines=machine_choices,
)


def pair_findings(evidence: Evidence, settings: AnalyseSettings) -> Findings:
    """Say everything that follows from the answers to a set of pairs."""
    return answer_findings(evidence, PAIRS, settings)
