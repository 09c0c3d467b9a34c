"""Figures about single observers, their confidence, and errors in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.figures import (
    BLUE,
    FAINT,
    GREY,
    INK,
    NAMES_UP_TO,
    ROWS_UP_TO,
    WIDTH_IN,
    draw_crowd,
    reach,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Measure:
    """Something measured of each observer.

    Attributes
    ----------
    label : str
        As it stands below its panel.
    nothing : float or None
        What it is where there is nothing to find.
    scale : float
        What it is multiplied by.
    """

    label: str
    nothing: float | None
    scale: float = 1.0


MEASURES: dict[str, Measure] = {
    "d_prime": Measure("d′", 0.0),
    "criterion": Measure("criterion\n(−: left, +: right)", 0.0),
    "side_bias": Measure("side bias (points,\n+: left)", 0.0, 100.0),
    "half_change": Measure("2nd less 1st half\n(points)", 0.0, 100.0),
    "time_ratio": Measure("response time,\nwrong / right", 1.0),
    "repeat_agreement": Measure("same answer to\nrepeats (%)", None, 100.0),
    "type_2_area": Measure("type-2 ROC area", 0.5),
}
"""Of observers who choose between two images."""
COLUMNS = 3


@styled
def observer_details(
    details: pd.DataFrame,
    level: float,
    noun: str = "observers",
    measures: Mapping[str, Measure] = MEASURES,
    order: str = "accuracy",
) -> Figure:
    """Draw each observer's measures beside each other, a row an observer, in the order of the table.

    Of more than `ROWS_UP_TO` observers, how many have which value.

    Parameters
    ----------
    details : DataFrame, index observer
        As `analysis.report.people_scores.ObserverScores.table`.
    level : float
        Coverage of the intervals.
    noun : str
        What to call the observers.
    measures : mapping of str to Measure
        What to draw, by the columns' names.
    order : str
        What the observers are ordered by.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    shown = [name for name in measures if name in details and details[name].notna().any()]
    n_rows = -(-len(shown) // COLUMNS)
    n = len(details)
    crowd = n > ROWS_UP_TO
    height = 1.8 if crowd else 0.85 + 0.17 * min(max(n, 3), NAMES_UP_TO)
    figure = Figure(figsize=(WIDTH_IN, n_rows * height), layout="constrained")
    grid = figure.subplots(n_rows, COLUMNS, sharey=not crowd, squeeze=False)
    rows = np.arange(n)[::-1]
    for place, axes in enumerate(grid.flat):
        if place >= len(shown):
            axes.set_visible(False)
            continue
        measure = measures[shown[place]]
        value = measure.scale * details[shown[place]].to_numpy(float)
        if measure.nothing is not None:
            axes.axvline(measure.scale * measure.nothing, color=FAINT, lw=1, ls=(0, (4, 3)))
        axes.axvline(np.nanmean(value), color=BLUE, lw=1.2)
        if crowd:
            draw_crowd(axes, value, noun)
            axes.set(yticks=[], ylabel="")
        else:
            limits = (details[shown[place] + end].to_numpy(float) for end in ("_low", "_high"))
            axes.errorbar(
                value,
                rows,
                xerr=reach(value, *(measure.scale * limit for limit in limits)),
                fmt="o",
                color=INK,
                ms=1.5 if n > NAMES_UP_TO else 3.5,
                elinewidth=0.3 if n > NAMES_UP_TO else 0.8,
            )
        axes.set_xlabel(measure.label, size=9)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", labelsize=8.5)
        axes.spines["left"].set_visible(False)
    if crowd:
        figure.supylabel(f"{n:,} {noun}", size=9)
        return figure
    figure.supxlabel(f"with {level:.0%} intervals", size=9, color=FAINT)
    if n <= NAMES_UP_TO:
        grid[0, 0].set_yticks(rows, [str(name) for name in details.index], size=8.5)
    else:
        grid[0, 0].set_yticks([])
        figure.supylabel(f"{n:,} {noun}, by {order}", size=9)
    grid[0, 0].set_ylim(-0.7, n - 0.3)
    return figure


@styled
def confidence_calibration(calibrated: pd.DataFrame, *, level: float, chance: float) -> Figure:
    """Draw accuracy at each level of confidence.

    Parameters
    ----------
    calibrated : DataFrame
        As `analysis.statistics.confidence.calibration` returns it.
    level : float
        Coverage of the intervals.
    chance : float
        Proportion correct by guessing.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, 3.0), layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(100 * chance, color=FAINT, lw=1, ls=(0, (4, 3)))
    steps = calibrated.index.to_numpy(float)
    value, low, high = (100 * calibrated[name].to_numpy(float) for name in ("accuracy", "low", "high"))
    error = reach(value, low, high)
    axes.errorbar(steps, value, yerr=error, fmt="o-", color=BLUE, ms=5, elinewidth=1, lw=1)
    for step, top, count in zip(steps, np.fmax(value, high), calibrated["n_trials"], strict=True):
        axes.annotate(
            f"{count:,}", (step, top), (0, 3), textcoords="offset points", ha="center", size=8.5, color=FAINT
        )
    at = {"ha": "right", "transform": axes.get_yaxis_transform()}
    axes.text(0.99, 100 * chance - 1, "guessing", size=9, color=FAINT, va="top", **at)
    axes.set_xticks(steps, [f"{step:g}" for step in steps])
    lowest = min(np.nanmin(np.fmin(value, low)), 100 * chance)
    axes.set(
        ylim=(max(0, 10 * np.floor((lowest - 1) / 10)), 106),
        xlabel="confidence",
        ylabel=f"answers right (%)\nwith {level:.0%} intervals",
    )
    axes.margins(x=0.12)
    return figure


@styled
def consistency_means(means: pd.DataFrame, *, level: float, published: float | None, noun: str) -> Figure:
    """Draw the mean error consistencies with their intervals.

    Parameters
    ----------
    means : DataFrame
        As `analysis.report.consistency_scores.score_consistency` returns it.
    level : float
        Coverage of the intervals.
    published : float or None
        Mean of two observers in the published study, drawn as a line.
    noun : str
        What to call the observers.
    """
    from matplotlib.figure import Figure

    shown = means.dropna(subset="estimate")
    figure = Figure(figsize=(WIDTH_IN, 1.15 + 0.42 * len(shown)), layout="constrained")
    axes = figure.add_subplot()
    rows = np.arange(len(shown))[::-1]
    value, low, high = (shown[name].to_numpy(float) for name in ("estimate", "low", "high"))
    error = reach(value, low, high)
    axes.axvline(0, color=FAINT, lw=1, ls=(0, (4, 3)))
    at = {"ha": "center", "va": "bottom", "size": 8.5, "color": FAINT}
    if published is not None:
        axes.axvline(published, color=GREY, lw=1.2)
        axes.text(published, len(shown) - 0.45, "published, observers", **at)
    axes.text(0, len(shown) - 0.45, "independent", **at)
    axes.errorbar(value, rows, xerr=error, fmt="o", color=INK, ms=5, elinewidth=1)
    names = ["difference of these two" if " less " in each else each for each in shown["between"]]
    axes.set_yticks(rows, [each.replace("observers", noun) for each in names])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set(ylim=(-0.6, len(shown) - 0.4), xlabel=f"mean error consistency κ, with {level:.0%} intervals")
    return figure
