"""Whether the models err on the same images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.drawings import consistency_matrix
from analysis.report.section import Section
from analysis.report.subject_consistency import Consistency, consistency_of, table_of_pairs
from analysis.report.task import StudyReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ModelConsistency:
    """Error consistency of the models on all images; None where a published table was labelled."""

    models: Consistency | None


def compute(report: StudyReport) -> ModelConsistency:
    """Compare every two models, the most accurate first."""
    decisions = report.data.decisions
    if decisions is None:
        return ModelConsistency(None)
    best_first = np.argsort(-decisions.accuracy, kind="stable")
    names = pd.Index(decisions.models, name="model")[best_first]
    return ModelConsistency(consistency_of(decisions.correct[best_first], decisions.seen[best_first], names))


def _draw(found: ModelConsistency, _: StudyReport) -> Figure | None:
    return None if found.models is None else consistency_matrix(found.models.matrix, "models")


def _table(found: ModelConsistency, _: StudyReport) -> pd.DataFrame | None:
    return None if found.models is None else table_of_pairs(found.models.matrix, "model")


SECTION = Section(
    name="model_consistency",
    compute=compute,
    results=lambda found: {"consistency": found},
    figures={"model_consistency": _draw},
    tables={"model_consistency": _table},
)
