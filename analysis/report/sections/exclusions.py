"""Which sessions and trials are excluded, and what accuracy would be with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.data.exclusions import SESSION_RULES, TRIAL_RULES
from analysis.report.section import Section, key
from analysis.report.task import StudyReport
from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.population_mean import PopulationMean


@dataclass(frozen=True)
class Exclusions:
    """Sessions and trials that are excluded.

    Attributes
    ----------
    rules : dict
        The rules of the study, as in its file.
    n_sessions, n_trials : int
        Excluded sessions, and excluded answers, those of excluded sessions included.
    by_rule : dict of str to int
        Sessions, or trials, excluded by each rule.
    n_unanswered : int
        Trials without an answer.
    sessions : DataFrame
        As `analysis.data.exclusions.Exclusion.sessions`.
    population_without : PopulationMean or None
        Population accuracy without any exclusion; None where nothing was excluded, and in ratings.
    """

    rules: dict[str, Any]
    n_sessions: int
    n_trials: int
    by_rule: dict[str, int]
    n_unanswered: int
    sessions: pd.DataFrame
    population_without: PopulationMean | None


def compute(report: StudyReport) -> Exclusions:
    """Count what each rule excludes."""
    exclusion = report.data.exclusion
    table = exclusion.sessions
    known = table["catch_accuracy"].astype(object).where(table["catch_accuracy"].notna(), None)
    without = None
    if exclusion.n_trials and report.has_right_answers:
        rows = report.data.scored
        without = population_accuracy(
            rows["correct"], rows["participant"].astype(str), rows["trial_id"].astype(str), report.level
        )
    return Exclusions(
        rules=report.settings.exclude.model_dump(mode="json", exclude_defaults=True),
        n_sessions=exclusion.n_sessions,
        n_trials=exclusion.n_trials,
        by_rule={
            **{rule: int((table["excluded_by"] == rule).sum()) for rule in SESSION_RULES},
            **{rule: int(table[rule].sum()) for rule in TRIAL_RULES},
        },
        n_unanswered=exclusion.n_unanswered,
        sessions=table.assign(catch_accuracy=known),
        population_without=without,
    )


SECTION = Section(
    name="exclusions",
    compute=compute,
    results=key("exclusions"),
    tables={"exclusions": lambda _, report: report.data.exclusion.sessions},
)
