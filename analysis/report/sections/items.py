"""Which items are hard for observers, how far observers agree on that, and what explains it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.drawings import guessing_line
from analysis.report.item_agreement import ItemAgreement, explain_items
from analysis.report.section import Section, key
from analysis.report.sections import trials
from analysis.report.style import BLUE, FAINT, GREY, INK, new_axes, reach, styled, without_left_axis
from analysis.report.task import StudyReport
from analysis.statistics.estimate import Estimate
from analysis.statistics.items import answer_matrix

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def compute(report: StudyReport) -> ItemAgreement:
    """Estimate the noise ceiling of item accuracies, and what explains their differences."""
    return explain_items(
        report.data, answer_matrix(report.data.answers), report.task, report.generator("items"), report.level
    )


@styled
def item_accuracies(trials: pd.DataFrame, *, chance: float, unit: str = "pair") -> Figure:
    """Draw the accuracy of each item, observed and shrunk, in increasing order.

    Parameters
    ----------
    trials : DataFrame
        As `analysis.statistics.items.trial_accuracy` returns it.
    chance : float
        Proportion correct by guessing.
    unit : str
        What to call an item.
    """
    figure, axes = new_axes(3.0, "constrained")
    ordered = trials.sort_values(["shrunk_accuracy", "accuracy"], kind="stable")
    rank = np.arange(1, len(ordered) + 1)
    guessing_line(axes, chance)
    axes.text(
        0.99,
        100 * chance - 1.5,
        "guessing",
        size=9,
        color=FAINT,
        ha="right",
        va="top",
        transform=axes.get_yaxis_transform(),
    )
    size = 16 if len(ordered) <= 200 else 5
    axes.scatter(rank, 100 * ordered["accuracy"], s=size, color=GREY, marker="o", label="observed")
    axes.scatter(rank, 100 * ordered["shrunk_accuracy"], s=size, color=BLUE, marker="D", label="shrunk")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.02), labelcolor=INK, handletextpad=0.2)
    axes.set(
        xlim=(0, len(ordered) + 1),
        ylim=(-3, 103),
        xlabel=f"{unit}s, from the most often misjudged (n = {len(ordered):,})",
        ylabel="answers right (%)",
    )
    return figure


@styled
def explained_variance(
    explained: pd.DataFrame, ceiling: Estimate, level: float, unit: str = "pair"
) -> Figure:
    """Draw the share of the variance between items that predictors explain, with the noise ceiling.

    Parameters
    ----------
    explained : DataFrame
        As `analysis.statistics.noise_ceiling.explained` returns it.
    ceiling : Estimate
        The noise ceiling.
    level : float
        Coverage of the intervals.
    unit : str
        What to call an item.
    """
    figure, axes = new_axes(1.1 + 0.42 * len(explained), "constrained")
    rows = np.arange(len(explained))[::-1]
    axes.axvspan(100 * ceiling.low, 100 * ceiling.high, color=BLUE, alpha=0.14, lw=0)
    axes.axvline(100 * ceiling.estimate, color=BLUE, lw=1.4)
    axes.text(
        100 * ceiling.estimate,
        len(explained) - 0.4,
        "noise ceiling",
        color=BLUE,
        size=9,
        ha="center",
        va="bottom",
    )
    axes.axvline(0, color=FAINT, lw=0.8)
    error = 100 * reach(explained["r2"], explained["low"], explained["high"])
    axes.errorbar(100 * explained["r2"], rows, xerr=error, fmt="o", color=INK, ms=5, elinewidth=1)
    names = [name.replace(" (", "\n(") for name in explained["predictors"]]
    axes.set_yticks(rows, names)
    without_left_axis(axes)
    axes.set(
        ylim=(-0.6, len(explained) - 0.4),
        xlim=(min(-5, 100 * explained["low"].min() - 2), 103),
        xlabel=f"variance between {unit}s explained (%),\nwith {level:.0%} intervals",
    )
    return figure


def _draw_items(_: ItemAgreement, report: StudyReport) -> Figure:
    table = report.of(trials.compute).table
    return item_accuracies(table, chance=report.chance, unit=report.task.unit)


def _draw_explained(found: ItemAgreement, report: StudyReport) -> Figure | None:
    if found.explained is None:
        return None
    return explained_variance(found.explained, found.ceiling, report.level, report.task.unit)


SECTION = Section(
    name="items",
    compute=compute,
    results=key("items"),
    figures={"items": _draw_items, "explained": _draw_explained},
    tables={"explained": lambda found, _: found.explained},
)
