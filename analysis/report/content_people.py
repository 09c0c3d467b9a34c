"""The numbers of a report that are about observers and their population beyond accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from analysis.report.figures_people import Measure
from analysis.report.people_scores import ObserverScores, PopulationScores
from analysis.report.plain_values import record_of
from analysis.statistics.contrasts import Contrast
from analysis.statistics.variance_components import Components, LogitComponents


def details_content(details: ObserverScores, measures: Mapping[str, Measure]) -> dict[str, Any]:
    """Return each observer's measures, and of each measure its mean and spread over observers.

    `n_above` and `n_below` are how many observers have their whole interval on one side of what it is where
    there is nothing to find. A measure that was not asked for is None; one that nobody has says why not.
    """
    table = details.table
    summary = {}
    for name, measure in measures.items():
        if name not in table:
            summary[name] = None
            continue
        nothing, n = measure.nothing or 0.0, int(table[name].notna().sum())
        summary[name] = {
            "n": n,
            "reason": None if n else "; ".join(table[f"{name}_reason"].dropna().unique()),
            "sd_reason": "one observer has no spread" if n == 1 else None,
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
    parts = record_of(beyond.components, Components)
    names = ("observer_share", "item_share", "rest_share")
    if isinstance(beyond.components, Components):
        parts |= dict(zip(names, beyond.components.shares, strict=True))
        if not sum(np.maximum(beyond.components[1:], 0)) > 0:
            parts |= {f"{name}_reason": "answers do not vary" for name in names}
    else:
        parts |= dict.fromkeys(names)
    return {
        "p_chance": beyond.p_chance,
        "p_published": beyond.p_published,
        "next_observer": asdict(beyond.next_observer),
        "bootstrap": asdict(beyond.bootstrap) | {"n_resamples": beyond.n_resamples},
        "components": parts,
        "components_logit": record_of(beyond.logit, LogitComponents),
        "halves": record_of(beyond.halves, Contrast),
    }
