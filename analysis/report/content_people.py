"""The numbers of a report that are about observers and their population beyond accuracy, and about labels."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from analysis.data.evidence import Evidence
from analysis.report.people_scores import ObserverScores, PopulationScores
from model_eval.records import LEAVE_ONE_OUT, POOL_SIZE

MEASURES = (
    "d_prime",
    "criterion",
    "side_bias",
    "half_change",
    "time_ratio",
    "repeat_agreement",
    "type_2_area",
)


def details_content(details: ObserverScores) -> dict[str, Any]:
    """Return each observer's measures, and of each measure its mean and spread over observers.

    `n_above` and `n_below` are how many observers have their whole interval on one side of what it is where
    there is nothing to find: 0, or 1 for the ratio of times and 1/2 for the type-2 area.
    """
    table = details.table
    summary = {}
    for name in MEASURES:
        if name not in table or table[name].isna().all():
            summary[name] = None
            continue
        nothing = {"time_ratio": 1.0, "type_2_area": 0.5}.get(name, 0.0)
        summary[name] = {
            "n": int(table[name].notna().sum()),
            "mean": table[name].mean(),
            "sd": table[name].std(),
            "low": table[name].min(),
            "high": table[name].max(),
            "n_above": int((table[f"{name}_low"] > nothing).sum()),
            "n_below": int((table[f"{name}_high"] < nothing).sum()),
        }
    calibrated = details.calibration
    return {
        "summary": summary,
        "details": table.reset_index().to_dict("records"),
        "calibration": None if calibrated is None else calibrated.reset_index().to_dict("records"),
    }


def beyond_content(beyond: PopulationScores) -> dict[str, Any]:
    """Return the tests, the next observer, the bootstrap, the components and the halves."""
    parts, logit = beyond.components, beyond.logit
    return {
        "p_chance": beyond.p_chance,
        "p_published": beyond.p_published,
        "next_low": beyond.next_low,
        "next_high": beyond.next_high,
        "bootstrap": asdict(beyond.bootstrap) | {"n_resamples": beyond.n_resamples},
        "components": None
        if parts is None
        else parts._asdict()
        | dict(zip(("observer_share", "item_share", "rest_share"), parts.shares, strict=True)),
        "components_logit": None if logit is None else logit._asdict(),
        "halves": None if beyond.halves is None else asdict(beyond.halves),
    }


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
        by_size["n_models"] == by_size["n_models"][by_size["n_models"] <= manifest["n_models"] / 2].max()
    ]
    return {
        "mean_stability": manifest.get("mean_stability"),
        "mean_stability_families": manifest.get("mean_stability_families"),
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
