"""The images with the highest and with the lowest mean ratings."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.report.pictures import Picture, embed_items
from analysis.report.section import Section
from analysis.report.sections import ratings
from analysis.report.sections.ratings import RatingResults
from analysis.report.task import StudyReport


def compute(report: StudyReport) -> RatingResults:
    """Return the results of all questions, which contain these images."""
    return report.of(ratings.compute)


def pictures(found: RatingResults, report: StudyReport) -> Mapping[str, Picture | None]:
    """Return the pictures of these images, by `item_id`."""
    shown = [row["image"] for each in found.questions for row in (*each.highest, *each.lowest)]
    return embed_items(report.data.stimulus_set.folder, shown)


SECTION = Section(name="rating_extremes", compute=compute, results=lambda _: {}, pictures=pictures)
