"""What a report says of the labels: what they owe to the pool."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.data.study_data import Evidence
from model_eval.columns import LEAVE_ONE_OUT, POOL_SIZE


def labels_content(evidence: Evidence) -> dict[str, Any] | None:
    """Return what the labels owe to the pool; None where nothing is known of its models."""
    tables, manifest = evidence.label_tables, evidence.difficulty.manifest
    if POOL_SIZE not in tables or LEAVE_ONE_OUT not in tables:
        return None
    by_size, left_out = (
        tables[POOL_SIZE].dropna(subset="share"),
        single_families_dropped(tables[LEAVE_ONE_OUT]),
    )
    most = left_out.dropna(subset="n_relabelled")
    whole = by_size[by_size["n_models"] == by_size["n_models"].max()]
    half = by_size[
        by_size["n_models"] == by_size["n_models"][by_size["n_models"] <= manifest.n_models / 2].max()
    ]
    return {
        "mean_stability": manifest.mean_stability,
        "mean_stability_families": manifest.mean_stability_families,
        "half": half.to_dict("records"),
        "whole": whole.to_dict("records"),
        "most_left_out": None
        if most.empty
        else most.iloc[most["n_relabelled"].to_numpy(int).argmax()].to_dict(),
        "pool_size": by_size.to_dict("records"),
        "leave_one_out": left_out.to_dict("records"),
    }


def single_families_dropped(left_out: pd.DataFrame) -> pd.DataFrame:
    """Leave out families of one model, of which the model's own row says it already."""
    n_without_one = left_out.loc[left_out["what"] == "model", "n_models"].max()
    return left_out[(left_out["what"] == "model") | (left_out["n_models"] < n_without_one)]
