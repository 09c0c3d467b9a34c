"""How far observers agree in their ratings, and how single observers rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.formatting import fixed
from analysis.report.measures import Measure, observer_details
from analysis.report.rated_images import if_missing, ratings_of
from analysis.report.section import Section, key
from analysis.report.sections import ratings
from analysis.report.task import StudyReport
from analysis.report.timeline import with_time_reasons

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class RatingObservers:
    """Observers who rated images.

    Attributes
    ----------
    n : int
    observers : DataFrame, index observer
        `n_ratings` (images rated), `median_response_time_s` (of the first question); for each question
        `…_mean`, and the rank correlation with the share of correct models, `…_correlation`, with its
        interval.
    """

    n: int
    observers: pd.DataFrame


def compute(report: StudyReport) -> RatingObservers:
    """Describe each observer."""
    data = report.data
    rows = ratings_of(data.kept, data.stimulus_set.settings.questions).groupby("observer")
    observers = pd.DataFrame(
        {"n_ratings": rows.size(), "median_response_time_s": rows["response_time"].median()}
    )
    observers = with_time_reasons(observers)
    for each in report.of(ratings.compute).questions:
        found = each.observers.drop(columns="n_ratings").rename(
            columns={part: f"correlation_{part}" for part in ("low", "high", "reason")}
        )
        found = found.reindex(observers.index)
        found["mean_reason"] = if_missing(found["mean"])
        found["correlation_reason"] = found["correlation_reason"].fillna(found["mean_reason"])
        observers = observers.join(found.add_prefix(f"{each.name}_"))
    return RatingObservers(len(observers), observers)


def _draw(found: RatingObservers, report: StudyReport) -> Figure | None:
    names = [each.name for each in report.data.stimulus_set.settings.questions]
    measures = {
        f"{name}_correlation": Measure(f"{name}:\nrank correlation", 0.0)
        for name in names
        if found.observers[f"{name}_correlation"].notna().any()
    }
    if not measures:
        return None
    return observer_details(found.observers, report.level, report.noun, measures, order="name")


def _for_terminal(found: RatingObservers) -> pd.DataFrame:
    rows = found.observers.to_dict("records")
    table = {
        "observer": [str(name) for name in found.observers.index],
        "images rated": [f"{row['n_ratings']}" for row in rows],
    }
    ending = "_correlation"
    for name in (str(column) for column in found.observers if str(column).endswith(ending)):
        table[f"{name.removesuffix(ending)}, with correct models"] = [
            row[f"{name}_reason"] if np.isnan(row[name]) else fixed(row[name]) for row in rows
        ]
    return pd.DataFrame(table)


SECTION = Section(
    name="agreement",
    compute=compute,
    results=key("observers"),
    figures={"observer_details": _draw},
    tables={"observer_details": lambda found, _: found.observers.reset_index()},
    observers=_for_terminal,
)
