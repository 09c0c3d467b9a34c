"""The numbers of a report that are about items, one by one and as a whole, and about machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from analysis.data.study_data import Evidence
from analysis.report.answer_task import AnswerTask
from analysis.report.item_scores import ItemScores
from analysis.report.plain_values import record_of
from analysis.report.scores import Scores
from analysis.statistics.psychometric import Psychometric

HARDEST_TRIALS = 12
EASIEST_TRIALS = 6
"""Trials that are shown with their pictures."""
LISTED_UP_TO = 300
"""Trials that the page lists; tables/ holds all."""


def trials_content(evidence: Evidence, scores: Scores, task: AnswerTask, chance: float) -> dict[str, Any]:
    """Return what is said of the trials: those most and least often misjudged, and the list of all."""
    trials = scores.trials
    wrong = trials[trials["n_correct"] < trials["n_answers"]].head(HARDEST_TRIALS)
    best = trials[~trials["trial_id"].isin(wrong["trial_id"])].sort_values(
        ["accuracy", "n_answers", "median_response_time_s", "trial_id"], ascending=[False, False, True, True]
    )
    return {
        "n": len(trials),
        "n_all_correct": int((trials["n_correct"] == trials["n_answers"]).sum()),
        "n_below_chance": int((trials["accuracy"] < chance).sum()),
        "hardest": _rows(evidence, wrong, task),
        "easiest": _rows(evidence, best.head(EASIEST_TRIALS), task),
        "listed": _rows(evidence, trials.head(LISTED_UP_TO), task),
    }


def _rows(evidence: Evidence, trials: pd.DataFrame, task: AnswerTask) -> list[dict[str, Any]]:
    of_items = trials.columns.str.startswith(tuple(f"{place}_" for place in task.places))
    columns = list(trials.columns[~of_items])
    return [
        {name: row[name] for name in columns}
        | {place: item_content(evidence, row, place) for place in task.places}
        for row in trials.to_dict("records")
    ]


def item_content(evidence: Evidence, row: Mapping[Any, Any], which: str) -> dict[str, Any]:
    """Return what is said of the item of a trial at a place of it."""
    item = evidence.stimulus_set.items[row[f"{which}_item"]]
    about = {key: getattr(item, key) for key in ("item_id", "image_id", "file", "class_name")}
    # Answers may be scored by other labels than the set's own.
    return about | {key: row[f"{which}_{key}"] for key in ("difficulty", "n_correct", "n_models")}


def items_content(scores: Scores) -> dict[str, Any]:
    """Return what is said of the items as a whole."""
    items = scores.items
    return {
        "graded": scores.graded.to_dict("records"),
        "psychometric": None if scores.curve is None else record_of(scores.curve, Psychometric),
        **ceiling_content(items),
    }


def ceiling_content(items: ItemScores) -> dict[str, Any]:
    """Return the noise ceiling, and what explains the differences between items, or why nothing can."""
    found, reason = items.explained, items.ceiling.reason
    return {
        "ceiling": asdict(items.ceiling),
        "explained": None if found is None else found.to_dict("records"),
        "explained_reason": None
        if found is not None
        else reason or "observers do not agree on which items are hard, so there is nothing to explain",
    }


def machines_content(scores: Scores) -> dict[str, Any] | None:
    """Return what is said of machines as observers; None where there are none."""
    table = scores.machines
    if table.empty:
        return None
    of_models = table["measure"].isin(["confidence", "margin", "entropy"])
    models = table[of_models & (table["machine"] != "all models")]
    together = table[(table["machine"] == "all models") & (table["measure"] == "confidence")]
    features = table[table["measure"] == "cross-validated"]
    return {
        "observers": table.to_dict("records"),
        "best": None if models.empty else models.iloc[models["accuracy"].argmax()].to_dict(),
        "models_low": models["accuracy"].min() if len(models) else None,
        "models_high": models["accuracy"].max() if len(models) else None,
        "all_models": None if together.empty else together.iloc[0].to_dict(),
        "features": None if features.empty else features.iloc[0].to_dict(),
    }
