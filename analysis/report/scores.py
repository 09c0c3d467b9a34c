"""From answers that are right or wrong to numbers: everything that a report says of observers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.relabelled import LabelChange, compare_labels
from analysis.data.study_data import Evidence
from analysis.report.answer_task import AnswerTask
from analysis.report.consistency_scores import Consistency, consistency_of, score_consistency
from analysis.report.item_scores import ItemScores, score_items, score_machines
from analysis.report.people_scores import (
    ObserverScores,
    PopulationScores,
    score_observers,
    score_population,
)
from analysis.statistics.accuracy import observer_accuracy, population_accuracy
from analysis.statistics.bootstrap import N_RESAMPLES
from analysis.statistics.estimate import NoResult
from analysis.statistics.items import answer_matrix, trial_accuracy
from analysis.statistics.population_mean import PopulationMean
from analysis.statistics.psychometric import Psychometric


@dataclass(frozen=True)
class Scores:
    """What a report says.

    Attributes
    ----------
    population : PopulationMean
        For new observers and new trials.
    without_exclusions : PopulationMean or None
        The same over all scored trials; None where the rules took nothing away.
    label_change : LabelChange or None
        Where other labels than the set's own are scored by.
    observers : DataFrame, one row an observer, index observer
        `n_trials`, `n_correct`, `accuracy`, `low`, `high`, `median_response_time_s`; the most accurate first.
    details : ObserverScores
        What else is known of each observer.
    beyond : PopulationScores
        What else follows for the population.
    trials : DataFrame
        As `trial_accuracy` returns it.
    items : ItemScores
    graded : DataFrame
        Accuracy by how hard trials are for networks, as `accuracy_by` returns it.
    curve : Psychometric or NoResult or None
        None where the task has no such function.
    named : DataFrame or None
        How often each answer was given to which group, where answers name groups.
    machines : DataFrame
        As `score_machines` returns it.
    observer_consistency : Consistency
    means : DataFrame
        Mean error consistencies, as `score_consistency` returns them.
    """

    population: PopulationMean
    without_exclusions: PopulationMean | None
    label_change: LabelChange | None
    observers: pd.DataFrame
    details: ObserverScores
    beyond: PopulationScores
    trials: pd.DataFrame
    items: ItemScores
    graded: pd.DataFrame
    curve: Psychometric | NoResult | None
    named: pd.DataFrame | None
    machines: pd.DataFrame
    observer_consistency: Consistency
    means: pd.DataFrame


def score(evidence: Evidence, task: AnswerTask, level: float) -> Scores:
    """Score the main block of the observers.

    In a choice between two images the item is the pair, else the image: `trial_id` stands for both.
    Consistency is taken over the first answer that an observer gave to each trial.
    """
    sessions, stimulus_set = evidence.sessions.dropna(subset="correct"), evidence.stimulus_set
    observers = observer_accuracy(sessions["correct"], sessions["participant"].astype(str), level)
    times = sessions.groupby("participant", observed=True)["response_time"].median()
    observers["median_response_time_s"] = times.rename(index=str).reindex(observers.index)
    observers = observers.sort_values("accuracy", ascending=False, kind="stable")
    exclusion, relabelled = evidence.exclusion, evidence.relabelled
    everything = evidence.recorded[evidence.recorded["scored"]]
    population = _population(sessions, level)
    told = task.machines(evidence)
    answers = answer_matrix(sessions).loc[observers.index]
    graded, curve = task.graded(sessions, level)
    preference = task.preference(sessions, stimulus_set, level)
    return Scores(
        population=population,
        without_exclusions=_population(everything, level) if exclusion.n_trials else None,
        label_change=None
        if relabelled is None
        else compare_labels(evidence.sessions, relabelled.before, evidence.trials, level),
        observers=observers,
        details=score_observers(sessions, evidence.recorded, observers.index, preference, level),
        beyond=score_population(
            sessions,
            population,
            evidence.generator("accuracy"),
            chance=task.chance(stimulus_set),
            published=None if task.published is None else task.published["accuracy"],
            n_resamples=N_RESAMPLES,
        ),
        trials=trial_accuracy(sessions, evidence.trials),
        items=score_items(
            evidence,
            answer_matrix(sessions),
            task.places,
            task.difficulty,
            evidence.generator("items"),
            level,
        ),
        graded=graded,
        curve=curve,
        named=task.named(sessions, stimulus_set, level),
        machines=score_machines(evidence, told, level),
        observer_consistency=consistency_of(
            (answers == 1).to_numpy(), answers.notna().to_numpy(), answers.index
        ),
        means=score_consistency(
            answers.to_numpy(float),
            _by_confidence(told, answers),
            evidence.decisions,
            evidence.generator("error consistency"),
            level,
        ),
    )


def _by_confidence(told: pd.DataFrame, answers: pd.DataFrame) -> np.ndarray:
    """Return what each model says of the pairs, going by its own confidence: (n_models, n_pairs)."""
    if "confidence" not in told.columns.get_level_values(1):
        return np.empty((0, answers.shape[1]))
    models = told.xs("confidence", axis=1, level=1).drop(columns="all models", errors="ignore")
    return models.reindex(answers.columns).T.to_numpy(float)


def _population(sessions: pd.DataFrame, level: float) -> PopulationMean:
    observer, item = sessions["participant"].astype(str), sessions["trial_id"].astype(str)
    return population_accuracy(sessions["correct"], observer, item, level)
