"""What a page shows of single trials and their items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from analysis.report.pictures import THUMBNAIL_PX, Picture, embed_items
from analysis.report.task import StudyReport

LISTED_UP_TO = 300
"""Trials that the page lists; tables have all."""


def rows_of(report: StudyReport, trials: pd.DataFrame) -> list[dict[str, Any]]:
    """Return trials with their items.

    Parameters
    ----------
    report : StudyReport
    trials : DataFrame
        As `analysis.statistics.items.trial_accuracy` returns it.

    Returns
    -------
    list of dict
        Columns of `trials` that are not about items, and the item at each place under the name of the place.
    """
    places = [place.name for place in report.task.places]
    of_items = trials.columns.str.startswith(tuple(f"{place}_" for place in places))
    columns = list(trials.columns[~of_items])
    return [
        {name: row[name] for name in columns} | {place: item_of(report, row, place) for place in places}
        for row in trials.to_dict("records")
    ]


def item_of(report: StudyReport, row: Mapping[Any, Any], place: str) -> dict[str, Any]:
    """Return the item of a trial at a place."""
    item = report.data.stimulus_set.items[row[f"{place}_item"]]
    about = {name: getattr(item, name) for name in ("item_id", "image_id", "file", "class_name")}
    # The labels that answers are scored by may not be the set's own.
    return about | {name: row[f"{place}_{name}"] for name in ("difficulty", "n_correct", "n_models")}


def thumbnails(report: StudyReport, items: Iterable[Mapping[str, Any]]) -> dict[str, Picture | None]:
    """Return small pictures of items, by `item_id`."""
    return embed_items(report.data.stimulus_set.folder, items, THUMBNAIL_PX)
