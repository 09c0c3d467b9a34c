"""From answers to numbers: everything that a report says of observers and models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.evidence import Evidence
from analysis.data.relabel import LabelChange, compare_labels
from analysis.report.consistency_scores import score_consistency
from analysis.report.item_scores import SEED, ItemScores, machine_choices, score_items, score_machines
from analysis.report.people_scores import (
    ObserverScores,
    PopulationScores,
    score_observers,
    score_population,
)
from analysis.report.published import CHANCE, PUBLISHED
from analysis.statistics.accuracy import PopulationAccuracy, observer_accuracy, population_accuracy
from analysis.statistics.bootstrap import N_RESAMPLES
from analysis.statistics.consistency import ConsistencySummary, summarise_pairs
from analysis.statistics.items import answer_matrix, trial_accuracy
from model_eval.comparison.agreement import error_consistency
from model_eval.records import Decisions


@dataclass(frozen=True)
class Consistency:
    """Error consistency of one group of subjects.

    Attributes
    ----------
    kappa : DataFrame, subjects × subjects
        The most accurate subject first.
    summary : ConsistencySummary
        Over all pairs of two.
    """

    kappa: pd.DataFrame
    summary: ConsistencySummary


@dataclass(frozen=True)
class Scores:
    """What a report says.

    Attributes
    ----------
    population : PopulationAccuracy
        For new observers and new trials.
    without_exclusions : PopulationAccuracy or None
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
    machines : DataFrame
        As `score_machines` returns it.
    observer_consistency : Consistency
    model_accuracy : Series or None
        Top-1 accuracy by model, in the pool's order; None where decisions are not at hand.
    model_consistency : Consistency or None
    means : DataFrame
        Mean error consistencies, as `score_consistency` returns them.
    """

    population: PopulationAccuracy
    without_exclusions: PopulationAccuracy | None
    label_change: LabelChange | None
    observers: pd.DataFrame
    details: ObserverScores
    beyond: PopulationScores
    trials: pd.DataFrame
    items: ItemScores
    machines: pd.DataFrame
    observer_consistency: Consistency
    model_accuracy: pd.Series | None
    model_consistency: Consistency | None
    means: pd.DataFrame


def score(evidence: Evidence, level: float) -> Scores:
    """Score the main block of the observers, and the models on all images.

    In a choice between two images the item is the pair, so `trial_id` stands for it. Consistency is taken
    over the first answer that an observer gave to each trial.
    """
    sessions = evidence.sessions.dropna(subset="correct")
    observers = observer_accuracy(sessions["correct"], sessions["participant"].astype(str), level)
    times = sessions.groupby("participant", observed=True)["response_time"].median()
    observers["median_response_time_s"] = times.rename(index=str).reindex(observers.index)
    observers = observers.sort_values("accuracy", ascending=False, kind="stable")
    model_accuracy = model_consistency = None
    if evidence.decisions is not None:
        model_accuracy, model_consistency = _score_models(evidence.decisions)
    exclusion, relabelled = evidence.exclusion, evidence.relabelled
    everything = evidence.recorded[evidence.recorded["scored"]]
    population = _population(sessions, level)
    rng = np.random.default_rng(SEED)
    told = machine_choices(evidence)
    answers = answer_matrix(sessions).loc[observers.index]
    return Scores(
        population=population,
        without_exclusions=_population(everything, level) if exclusion.n_trials else None,
        label_change=None
        if relabelled is None
        else compare_labels(evidence.sessions, relabelled.before, evidence.trials, level),
        observers=observers,
        details=score_observers(sessions, evidence.recorded, observers.index, level),
        beyond=score_population(
            sessions,
            population,
            rng,
            chance=CHANCE,
            published=PUBLISHED["accuracy"],
            n_resamples=N_RESAMPLES,
        ),
        trials=trial_accuracy(sessions, evidence.trials),
        items=score_items(evidence, level),
        machines=score_machines(evidence, told, level),
        observer_consistency=_observer_consistency(answers),
        model_accuracy=model_accuracy,
        model_consistency=model_consistency,
        means=score_consistency(
            answers.to_numpy(float), _by_confidence(told, answers), evidence.decisions, rng, level
        ),
    )


def _by_confidence(told: pd.DataFrame, answers: pd.DataFrame) -> np.ndarray:
    """Return what each model says of the pairs, going by its own confidence: (n_models, n_pairs)."""
    if "confidence" not in told.columns.get_level_values(1):
        return np.empty((0, answers.shape[1]))
    models = told.xs("confidence", axis=1, level=1).drop(columns="all models", errors="ignore")
    return models.reindex(answers.columns).T.to_numpy(float)


def _population(sessions: pd.DataFrame, level: float) -> PopulationAccuracy:
    observer, item = sessions["participant"].astype(str), sessions["trial_id"].astype(str)
    return population_accuracy(sessions["correct"], observer, item, level)


def _observer_consistency(answers: pd.DataFrame) -> Consistency:
    kappa = error_consistency((answers == 1).to_numpy(), answers.notna().to_numpy())
    return Consistency(pd.DataFrame(kappa, answers.index, answers.index), summarise_pairs(kappa))


def _score_models(decisions: Decisions) -> tuple[pd.Series, Consistency]:
    accuracy = pd.Series(decisions.accuracy, index=pd.Index(decisions.models, name="model"), name="accuracy")
    best_first = np.argsort(-decisions.accuracy, kind="stable")
    kappa = error_consistency(decisions.correct[best_first], decisions.seen[best_first])
    names = accuracy.index[best_first]
    return accuracy, Consistency(pd.DataFrame(kappa, names, names), summarise_pairs(kappa))
