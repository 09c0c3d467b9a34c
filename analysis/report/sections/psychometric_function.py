"""Accuracy by the difference in difficulty between the two images of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.drawings import draw_accuracies, guessing_line, write_n_items
from analysis.report.section import Section
from analysis.report.style import BLUE, FAINT, INK, new_axes, styled
from analysis.report.task import StudyReport
from analysis.statistics.estimate import NoResult
from analysis.statistics.psychometric import Psychometric, accuracy_by, psychometric

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class AccuracyByDifference:
    """Accuracy by difference in difficulty.

    Attributes
    ----------
    graded : DataFrame
        As `analysis.statistics.psychometric.accuracy_by` returns it, by `gap`.
    psychometric : Psychometric or NoResult
    """

    graded: pd.DataFrame
    psychometric: Psychometric | NoResult


def compute(report: StudyReport) -> AccuracyByDifference:
    """Compute accuracy at each difference, and fit the psychometric function."""
    by_gap = accuracy_by("gap", report.data.answers, report.level)
    return AccuracyByDifference(by_gap, psychometric(by_gap, report.level))


@styled
def graded_accuracy(
    by_gap: pd.DataFrame,
    curve: Psychometric | NoResult,
    *,
    level: float,
    chance: float,
    noun: str = "observers",
) -> Figure:
    """Draw accuracy against the difference in difficulty between the two images of a pair.

    Parameters
    ----------
    by_gap : DataFrame
        As `analysis.statistics.psychometric.accuracy_by` returns it, by `gap`.
    curve : Psychometric or NoResult
        Drawn with its threshold, if there is one.
    level : float
        Coverage of the intervals.
    chance : float
        Proportion correct by guessing.
    noun : str
        What to call the observers.
    """
    figure, axes = new_axes(3.3, "constrained")
    guessing_line(axes, chance)
    axes.text(0.01, 100 * chance + 1, "guessing", size=9, color=FAINT, transform=axes.get_yaxis_transform())
    if isinstance(curve, Psychometric):
        axes.plot(100 * curve.gaps, 100 * curve.accuracy, color=BLUE, lw=1.6)
        axes.axvspan(100 * curve.low, 100 * curve.high, color=BLUE, alpha=0.14, lw=0)
        axes.axvline(100 * curve.estimate, color=BLUE, lw=1.2)
        label = f"threshold {100 * curve.estimate:.0f}"
        # At the bottom: the numbers of pairs are at the top.
        foot = axes.get_xaxis_transform()
        axes.text(100 * curve.estimate + 1.5, 0.02, label, color=BLUE, size=9, va="bottom", transform=foot)
    draw_accuracies(axes, by_gap, "gap", INK, by_gap["n_items"].max())
    write_n_items(axes, by_gap, "gap", "pairs")
    low = min(by_gap["low"].min(), by_gap["accuracy"].min(), chance - 0.05)
    span = by_gap["gap"].max() - by_gap["gap"].min()
    left = (
        0 if isinstance(curve, Psychometric) or span == 0 else 100 * max(0, by_gap["gap"].min() - 0.25 * span)
    )
    right = 100 * (by_gap["gap"].max() + max(0.02, 0.12 * span))
    axes.set(
        xlim=(left, max(right, left + 5)),
        ylim=(max(0, 10 * np.floor(10 * low)), 101),
        xlabel="share of models right: easier minus harder image (points)",
        ylabel=f"{noun} right (%)\nwith {level:.0%} intervals",
    )
    return figure


def _draw(found: AccuracyByDifference, report: StudyReport) -> Figure | None:
    if found.graded.empty:
        return None
    return graded_accuracy(
        found.graded, found.psychometric, level=report.level, chance=report.chance, noun=report.noun
    )


SECTION = Section(
    name="psychometric_function",
    compute=compute,
    results=lambda found: {"items": found},
    figures={"graded": _draw},
    tables={"graded": lambda found, _: found.graded},
)
