"""What each condition of controlled training changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analysis.report.json_values import table_with_reasons
from analysis.report.section import DynamicsReport, Section
from analysis.report.similarity_to_base import similarity_to_base
from analysis.statistics.training_dynamics import compare_with_base

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Conditions:
    """Conditions in comparison with the base network.

    Attributes
    ----------
    conditions : DataFrame or None
        `condition`, `difference` (what it changes), `models`, `values` (κ of each with the base network),
        `accuracy`, shares of images that both got right (`trivial`), both got wrong (`impossible`) and one of
        them got right (`in_between`), and the mean `kappa` with its interval. None for a pool.
    """

    conditions: pd.DataFrame | None


def compute(report: DynamicsReport) -> Conditions:
    """Compare the models of each condition with the base network."""
    models = report.models
    if models.conditions is None or models.base is None:
        return Conditions(None)
    rows = [
        {
            "condition": each.condition,
            "difference": models.differences.get(each.condition, {}),
            "models": [models.models[row] for row in each.models],
            "values": each.kappa,
            "accuracy": each.accuracy,
            "trivial": each.both_right,
            "impossible": each.both_wrong,
            "in_between": each.one_right,
            "kappa": each.estimate,
            "kappa_low": each.low,
            "kappa_high": each.high,
            "kappa_reason": each.reason,
        }
        for each in compare_with_base(models.correct, models.conditions, models.base, level=report.level)
    ]
    return Conditions(pd.DataFrame(rows) if rows else None)


def _draw(found: Conditions, _: DynamicsReport) -> Figure | None:
    if found.conditions is None:
        return None
    names = {"kappa": "mean", "kappa_low": "low", "kappa_high": "high"}
    return similarity_to_base(
        found.conditions.rename(columns=names), "error consistency κ with the base network"
    )


def _table(found: Conditions, _: DynamicsReport) -> pd.DataFrame | None:
    if found.conditions is None:
        return None
    return table_with_reasons(found.conditions).explode(["models", "values"], ignore_index=True)


SECTION = Section(
    name="conditions",
    compute=compute,
    results=lambda found: {"conditions": found.conditions},
    figures={"conditions": _draw},
    tables={"conditions": _table},
)
