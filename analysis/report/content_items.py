"""The numbers of a report that are about pairs, one by one and as a whole, and about machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from analysis.data.evidence import Evidence
from analysis.report.published import CHANCE
from analysis.report.scores import Scores

HARDEST_TRIALS = 12
EASIEST_TRIALS = 6
"""Trials that are shown with their pictures."""
PAIRS_UP_TO = 300
"""Pairs that the page lists; tables/ holds all."""


def trials_content(evidence: Evidence, scores: Scores) -> dict[str, Any]:
    """Return what is said of the trials: those most and least often misjudged, and the list of all."""
    trials = scores.trials
    wrong = trials[trials["n_correct"] < trials["n_answers"]].head(HARDEST_TRIALS)
    best = trials[~trials["trial_id"].isin(wrong["trial_id"])].sort_values(
        ["accuracy", "n_answers", "median_response_time_s", "trial_id"], ascending=[False, False, True, True]
    )
    return {
        "n": len(trials),
        "n_all_correct": int((trials["n_correct"] == trials["n_answers"]).sum()),
        "n_below_chance": int((trials["accuracy"] < CHANCE).sum()),
        "hardest": _rows(evidence, wrong),
        "easiest": _rows(evidence, best.head(EASIEST_TRIALS)),
        "listed": _rows(evidence, trials.head(PAIRS_UP_TO)),
    }


def _rows(evidence: Evidence, trials: pd.DataFrame) -> list[dict[str, Any]]:
    columns = [
        "trial_id",
        "n_answers",
        "n_correct",
        "accuracy",
        "shrunk_accuracy",
        "median_response_time_s",
        "gap",
    ]
    return [
        {key: row[key] for key in columns}
        | {which: _item(evidence, row, which) for which in ("harder", "easier")}
        for row in trials.to_dict("records")
    ]


def _item(evidence: Evidence, row: Mapping[Any, Any], which: str) -> dict[str, Any]:
    item = evidence.stimulus_set.items[row[f"{which}_item"]]
    about = {key: getattr(item, key) for key in ("item_id", "image_id", "file", "class_name")}
    # Answers may be scored by other labels than the set's own.
    return about | {key: row[f"{which}_{key}"] for key in ("difficulty", "n_correct", "n_models")}


def items_content(scores: Scores) -> dict[str, Any]:
    """Return what is said of the pairs as a whole."""
    items = scores.items
    curve = None if items.curve is None else asdict(items.curve)
    return {
        "by_gap": items.by_gap.to_dict("records"),
        "psychometric": curve,
        "ceiling": asdict(items.ceiling),
        "explained": None if items.explained is None else items.explained.to_dict("records"),
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
