"""Accuracy on single images by the share of correct models, within each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.drawings import draw_accuracies, guessing_line, write_n_items
from analysis.report.section import Section
from analysis.report.style import FAINT, INK, TEXT_COLOURS, new_axes, styled
from analysis.report.task import StudyReport
from analysis.statistics.psychometric import accuracy_by

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class GradedAccuracy:
    """Accuracy by difficulty.

    Attributes
    ----------
    graded : DataFrame
        As `analysis.statistics.psychometric.accuracy_by` returns it, by `image_share`, with the `group`.
    """

    graded: pd.DataFrame


def compute(report: StudyReport) -> GradedAccuracy:
    """Compute accuracy at each share of correct models."""
    rows = report.data.answers.dropna(subset=["group", "image_share"])
    by_group = [
        accuracy_by("image_share", part, report.level).assign(group=group)
        for group, part in rows.groupby(rows["group"].astype(str))
    ]
    return GradedAccuracy(
        pd.concat(by_group, ignore_index=True).sort_values("image_share", ignore_index=True)
    )


@styled
def graded_by_group(
    by_share: pd.DataFrame, *, level: float, chance: float, noun: str = "observers"
) -> Figure:
    """Draw accuracy on images by the share of correct models, in the colours of their groups.

    Parameters
    ----------
    by_share : DataFrame
        As `analysis.statistics.psychometric.accuracy_by` returns it, by `image_share`, with the `group`.
    level : float
        Coverage of the intervals.
    chance : float
        Proportion correct by guessing.
    noun : str
        What to call the observers.
    """
    figure, axes = new_axes(3.3, "constrained")
    guessing_line(axes, chance)
    at = {"transform": axes.get_yaxis_transform(), "bbox": {"fc": "white", "ec": "none", "pad": 0.5}}
    axes.text(0.42, 100 * chance + 1.5, "guessing", size=9, color=FAINT, **at)
    largest = by_share["n_items"].max()
    for group, rows in by_share.groupby("group", sort=False):
        colour = TEXT_COLOURS.get(group, INK)  # type: ignore[arg-type]
        draw_accuracies(axes, rows, "image_share", colour, largest)
        axes.annotate(
            str(group),
            (min(max(100 * rows["image_share"].mean(), 8), 92), 0.02),
            xycoords=("data", "axes fraction"),
            ha="center",
            size=9,
            weight="bold",
            color=colour,
        )
    write_n_items(axes, by_share, "image_share", "images")
    low = min(by_share["low"].min(), by_share["accuracy"].min(), chance - 0.05)
    axes.set(
        xlim=(-8, 108),
        ylim=(max(-6, 10 * np.floor(10 * low) - 8), 101),
        xlabel="share of models right about the image (%)",
        ylabel=f"{noun} right (%)\nwith {level:.0%} intervals",
    )
    return figure


def _draw(found: GradedAccuracy, report: StudyReport) -> Figure | None:
    if found.graded.empty:
        return None
    return graded_by_group(found.graded, level=report.level, chance=report.chance, noun=report.noun)


SECTION = Section(
    name="graded_accuracy",
    compute=compute,
    results=lambda found: {"items": found},
    figures={"graded": _draw},
    tables={"graded": lambda found, _: found.graded},
    needs_labels=True,
)
