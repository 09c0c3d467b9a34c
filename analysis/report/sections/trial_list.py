"""All trials, to be sorted and filtered on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.report.pictures import Picture
from analysis.report.section import Section
from analysis.report.sections import trials
from analysis.report.shown_trials import LISTED_UP_TO, rows_of, thumbnails
from analysis.report.task import StudyReport


@dataclass(frozen=True)
class TrialList:
    """Trials that the page lists, the hardest first; tables have all.

    Attributes
    ----------
    listed : list of dict
        As `analysis.report.shown_trials.rows_of` returns them.
    """

    listed: list[dict[str, Any]]


def compute(report: StudyReport) -> TrialList:
    """Return the trials that the page lists."""
    return TrialList(rows_of(report, report.of(trials.compute).table.head(LISTED_UP_TO)))


def pictures(found: TrialList, report: StudyReport) -> Mapping[str, Picture | None]:
    """Return thumbnails of their items, by `item_id`."""
    places = report.task.places
    return thumbnails(report, [row[place.name] for row in found.listed for place in places])


SECTION = Section(
    name="trial_list", compute=compute, results=lambda found: {"trials": found}, pictures=pictures
)
