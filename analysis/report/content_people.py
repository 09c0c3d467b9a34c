"""The numbers of a report that are about observers and their population beyond accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from analysis.report.figures_people import Measure
from analysis.report.people_scores import ObserverScores, PopulationScores


def details_content(details: ObserverScores, measures: Mapping[str, Measure]) -> dict[str, Any]:
    """Return each observer's measures, and of each measure its mean and spread over observers.

    `n_above` and `n_below` are how many observers have their whole interval on one side of what it is where
    there is nothing to find.
    """
    table = details.table
    summary = {}
    for name, measure in measures.items():
        if name not in table or table[name].isna().all():
            summary[name] = None
            continue
        nothing = measure.nothing or 0.0
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
