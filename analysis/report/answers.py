"""What a report says of a task whose answers are right or wrong: its numbers, figures and tables."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.data.study_data import Evidence
from analysis.report import figures, figures_items, figures_people
from analysis.report.answer_task import AnswerTask
from analysis.report.consistency_scores import pairs_of
from analysis.report.content import consistency_content
from analysis.report.content_items import items_content, machines_content, trials_content
from analysis.report.content_people import beyond_content, details_content
from analysis.report.findings import Findings, noun_of
from analysis.report.formatting import between
from analysis.report.groups import missing_by_group
from analysis.report.plain_values import plain, record_of
from analysis.report.scores import Scores, score
from analysis.settings import AnalyseSettings
from analysis.statistics.population_mean import PopulationMean

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def answer_findings(evidence: Evidence, task: AnswerTask, settings: AnalyseSettings) -> Findings:
    """Score the answers to a set made for `task`, and say everything that follows."""
    scores = score(evidence, task, settings.level)
    content = _content(evidence, task, scores)
    trials = content["trials"]

    def files(*lists: str) -> dict[str, str]:
        shown = [trial[place] for name in lists for trial in trials[name] for place in task.places]
        return {item["item_id"]: item["file"] for item in shown}

    return Findings(
        sections="answers",
        unit=task.unit,
        chance=task.chance(evidence.stimulus_set),
        content=content,
        figures=_figures(evidence, task, scores),
        tables=_tables(scores),
        pictures=files("hardest", "easiest"),
        thumbnails=files("listed"),
        scores=scores,
        observers=_told(scores),
        said=_said(scores, task, noun_of(evidence)),
    )


def _content(evidence: Evidence, task: AnswerTask, scores: Scores) -> dict[str, Any]:
    chance, relabelled, without = (
        task.chance(evidence.stimulus_set),
        evidence.relabelled,
        scores.without_exclusions,
    )
    change = None
    if relabelled is not None and scores.label_change is not None:
        found = scores.label_change
        before = record_of(found.before, PopulationMean)
        change = {"labels": relabelled.name} | asdict(found) | {"before": before}
    table = scores.observers
    return {
        "sessions": {
            "n_without_answer": int(evidence.sessions["correct"].isna().sum()),
            "n_observers_without_answer": evidence.recorded["participant"].nunique() - len(table),
        },
        "exclusions": {"population_without": None if without is None else asdict(without)},
        "label_change": change,
        "population": asdict(scores.population) | {"chance": chance} | beyond_content(scores.beyond),
        "observers": {
            "n": len(table),
            "accuracy_low": table["accuracy"].min(),
            "accuracy_high": table["accuracy"].max(),
            "accuracy_sd": table["accuracy"].std(),
            "accuracy_sd_reason": "one observer has no spread" if len(table) == 1 else None,
            "observers": table.reset_index().to_dict("records"),
            "n_without_confidence": _n_without_confidence(evidence.sessions),
            **details_content(scores.details, task.measures(evidence.stimulus_set)),
        },
        "consistency": {
            "observers": consistency_content(scores.observer_consistency),
            "means": scores.means.to_dict("records"),
        },
        "trials": trials_content(evidence, scores, task, chance),
        "items": items_content(scores),
        "named": None
        if scores.named is None
        else {
            "groups": scores.named["group"].unique().tolist(),
            "missing": missing_by_group(evidence, scores.named["group"].unique().tolist()),
            "shares": scores.named.to_dict("records"),
        },
        "machines": machines_content(scores),
    }


def _n_without_confidence(sessions: pd.DataFrame) -> int | None:
    """Return how many answers that count have no confidence; None where it was not asked."""
    return int(sessions["confidence"].isna().sum()) if "confidence" in sessions else None


def _figures(evidence: Evidence, task: AnswerTask, scores: Scores) -> dict[str, Figure]:
    """Draw each figure that the evidence suffices for, by name."""
    level, noun, chance = scores.population.level, noun_of(evidence), task.chance(evidence.stimulus_set)
    drawn = {
        "observers": figures.observer_accuracies(
            scores.observers, scores.population, chance=chance, noun=noun
        ),
        "items": figures_items.item_accuracies(scores.trials, chance=chance, unit=task.unit),
    }
    if len(scores.observers) > 1:
        drawn["observer_consistency"] = figures.consistency_matrix(scores.observer_consistency.kappa, noun)
    measures = task.measures(evidence.stimulus_set)
    if scores.details.table.reindex(columns=list(measures)).notna().any(axis=None):
        drawn["observer_details"] = figures_people.observer_details(
            scores.details.table, level, noun, measures
        )
    if len(scores.graded):
        drawn["graded"] = task.draw_graded(scores.graded, scores.curve, level=level, chance=chance, noun=noun)
    items, ceiling = scores.items, scores.items.ceiling
    if items.explained is not None:
        drawn["explained"] = figures_items.explained_variance(
            items.explained, ceiling.estimate, ceiling.low, ceiling.high, level, task.unit
        )
    if len(scores.machines):
        drawn["machines"] = figures_items.machine_accuracies(
            scores.machines,
            scores.population,
            scores.observer_consistency.summary.mean,
            chance=chance,
            noun=noun,
        )
    if scores.details.calibration is not None:
        drawn["calibration"] = figures_people.confidence_calibration(
            scores.details.calibration, level=level, chance=chance
        )
    if len(scores.means) and scores.means["estimate"].notna().any():
        published = None if task.published is None else task.published["error_consistency"]
        drawn["consistency_means"] = figures_people.consistency_means(
            scores.means, level=level, published=published, noun=noun.split()[-1]
        )
    return drawn


def _tables(scores: Scores) -> dict[str, pd.DataFrame]:
    """Return each table that the scores suffice for, by name."""
    tables = {
        "observers": scores.observers.reset_index(),
        "trials": scores.trials,
        "graded": scores.graded,
        "observer_consistency": pairs_of(scores.observer_consistency.kappa, "observer"),
        "observer_details": scores.details.table.reset_index(),
        "consistency_means": scores.means,
    }
    if scores.details.calibration is not None:
        tables["calibration"] = scores.details.calibration.reset_index()
    if scores.items.explained is not None:
        tables["explained"] = scores.items.explained
    if len(scores.machines):
        tables["machines"] = scores.machines
    if scores.named is not None:
        tables["named"] = scores.named
    return tables


def _told(scores: Scores) -> pd.DataFrame:
    rows = scores.observers.reset_index().to_dict("records")
    return pd.DataFrame(
        {
            "observer": [str(row["observer"]) for row in rows],
            "trials": [f"{row['n_trials']}" for row in rows],
            "correct": [f"{row['accuracy']:.1%}" for row in rows],
            "interval": [f"{row['low']:.1%} to {row['high']:.1%}" for row in rows],
        }
    )


def _said(scores: Scores, task: AnswerTask, noun: str) -> str:
    found = scores.population
    interval = between(plain(found), f"for new observers and new {task.unit}s")
    who = f"{found.n_observers} {noun}" if found.n_observers > 1 else f"1 {noun.removesuffix('s')}"
    were = "were" if found.n_observers > 1 else "was"
    return f"{who} {were} right in {found.estimate:.1%} of trials ({interval})"
