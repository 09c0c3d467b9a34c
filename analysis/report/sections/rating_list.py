"""All rated images, to be sorted and filtered on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.report.json_values import LeftOut
from analysis.report.pictures import Picture
from analysis.report.rated_images import images_of, ratings_of, rows_of
from analysis.report.section import Section, key
from analysis.report.shown_trials import LISTED_UP_TO, thumbnails
from analysis.report.task import StudyReport


@dataclass(frozen=True)
class RatedImages:
    """Images that were rated, the highest mean of the first question first.

    Attributes
    ----------
    n : int
    listed : list of dict
        Images that the page lists, as `analysis.report.rated_images.rows_of` returns them.
    table : DataFrame
        All, as `analysis.report.rated_images.images_of` returns them.
    """

    n: int
    listed: list[dict[str, Any]]
    table: LeftOut[pd.DataFrame]


def compute(report: StudyReport) -> RatedImages:
    """Return the images with their mean ratings."""
    data = report.data
    images = images_of(report, ratings_of(data.kept, data.stimulus_set.settings.questions))
    return RatedImages(len(images), rows_of(report, images.head(LISTED_UP_TO)), images)


def pictures(found: RatedImages, report: StudyReport) -> Mapping[str, Picture | None]:
    """Return thumbnails of the images, by `item_id`."""
    return thumbnails(report, [row["image"] for row in found.listed])


SECTION = Section(
    name="rating_list",
    compute=compute,
    results=key("trials"),
    tables={"trials": lambda found, _: found.table},
    pictures=pictures,
)
