"""Accuracy in each condition of imported sessions."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.report.section import Section
from analysis.report.sections.named_classes import accuracy_by_condition
from analysis.report.task import StudyReport


@dataclass(frozen=True)
class ByCondition:
    """Accuracy by condition.

    Attributes
    ----------
    by_condition : DataFrame
        As `accuracy_by_condition` returns it; empty where sessions have no conditions.
    """

    by_condition: pd.DataFrame


def compute(report: StudyReport) -> ByCondition:
    """Compute accuracy in each condition."""
    return ByCondition(accuracy_by_condition(report.data.answers, report.level))


SECTION = Section(
    name="by_condition",
    compute=compute,
    results=lambda found: {"by_condition": found.by_condition},
    tables={"by_condition": lambda found, _: None if found.by_condition.empty else found.by_condition},
)
