"""Whether networks represent the same images as similar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analysis.report.json_values import table_with_reasons
from analysis.report.section import DynamicsReport, Section
from analysis.report.similarity_to_base import rows_of_conditions, similarity_to_base

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Representations:
    """Representational consistency with the base network.

    Attributes
    ----------
    representations : mapping of str to DataFrame
        Layer → as `analysis.report.similarity_to_base.rows_of_conditions` returns it.
    """

    representations: Mapping[str, pd.DataFrame]


def compute(report: DynamicsReport) -> Representations:
    """Return the consistency of each layer."""
    layers = report.representations
    return Representations(
        {layer: rows_of_conditions(report.models, matrix) for layer, matrix in layers.items()}
    )


def _draw(found: Representations, _: DynamicsReport) -> Sequence[Figure]:
    return [
        similarity_to_base(rows, "representational consistency with the base network")
        for rows in found.representations.values()
    ]


def _tables(found: Representations, _: DynamicsReport) -> Sequence[pd.DataFrame]:
    return [
        table_with_reasons(rows).explode(["models", "values"], ignore_index=True)
        for rows in found.representations.values()
    ]


SECTION = Section(
    name="representations",
    compute=compute,
    results=lambda found: {"representations": found.representations},
    figures={"representations": _draw},
    tables={"representations": _tables},
)
