"""What is measured of each observer: its summary over observers, and its figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from analysis.report.drawings import draw_crowd
from analysis.report.style import (
    BLUE,
    FAINT,
    INK,
    NAMES_UP_TO,
    ROWS_UP_TO,
    WIDTH_IN,
    reach,
    styled,
    without_left_axis,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Measure:
    """Something measured of each observer.

    Attributes
    ----------
    label : str
        Below the panel of the figure.
    nothing : float or None
        The value where there is no effect.
    scale : float
        Factor for the figure.
    title : str
        Head of the column of the page's table; empty where the table has a column of its own for it.
    form : {"percent", "fixed", "points"}
        Of the numbers in that column.
    """

    label: str
    nothing: float | None
    scale: float = 1.0
    title: str = ""
    form: Literal["percent", "fixed", "points"] = "fixed"


COMMON_MEASURES: Mapping[str, Measure] = {
    "half_change": Measure("2nd minus 1st half\n(points)", 0.0, 100.0),
    "time_ratio": Measure("response time,\nwrong / right", 1.0),
    "repeat_agreement": Measure("same answer to\nrepeats (%)", None, 100.0),
    "type_2_area": Measure("type-2 ROC area", 0.5),
}
"""Measures of every task with right answers."""
D_PRIME = Measure("d′", 0.0, title="d′")
COLUMNS = 3


@dataclass(frozen=True)
class MeasureSummary:
    """One measure over all observers.

    Attributes
    ----------
    n : int
        Number of observers who have it.
    reason, sd_reason : str or None
        Why nobody has it, and why it has no standard deviation.
    mean, sd, low, high : float
        Mean, standard deviation (n − 1), smallest and largest value.
    n_above, n_below : int
        Number of observers whose whole interval is above, and below, the value of no effect.
    """

    n: int
    reason: str | None
    sd_reason: str | None
    mean: float
    sd: float
    low: float
    high: float
    n_above: int
    n_below: int


def summarise_measure(
    values: pd.Series, low: pd.Series, high: pd.Series, nothing: float, reason: str
) -> MeasureSummary:
    """Summarise a measure over observers.

    Parameters
    ----------
    values, low, high : Series of float
        The measure of each observer and its interval; NaN where there is none.
    nothing : float
        The value of no effect.
    reason : str
        Why nobody has the measure, if that is so.
    """
    n = int(values.notna().sum())
    return MeasureSummary(
        n,
        reason=None if n else reason,
        sd_reason="one observer has no spread" if n == 1 else None,
        mean=float(values.mean()),
        sd=float(values.std()),
        low=float(values.min()),
        high=float(values.max()),
        n_above=int((low > nothing).sum()),
        n_below=int((high < nothing).sum()),
    )


def under_its_name(table: pd.DataFrame, keep: tuple[str, ...] = (), **of: str) -> pd.DataFrame:
    """Return a measure, its interval and its reason under its own name, and the columns to keep with it.

    Parameters
    ----------
    table : DataFrame, one row an observer
        The measure in one column, its interval in `low` and `high`, and `reason`.
    keep : tuple of str
        Further columns.
    **of : str
        The column of the measure, and its new name.
    """
    (column, name) = next(iter(of.items()))
    names = {column: name, **{each: f"{name}_{each}" for each in ("low", "high", "reason")}}
    found = table.assign(reason=table.get("reason")).rename(columns=names)
    for each in keep:
        if f"{each}_reason" not in found:
            found[f"{each}_reason"] = found[f"{name}_reason"].where(found[each].isna(), None)
    return found[[*(part for each in keep for part in (each, f"{each}_reason")), *names.values()]]


@styled
def observer_details(
    details: pd.DataFrame,
    level: float,
    noun: str,
    measures: Mapping[str, Measure],
    order: str = "accuracy",
) -> Figure:
    """Draw the measures of each observer, one panel a measure and one row an observer, in the table's order.

    Of more than `ROWS_UP_TO` observers, draw histograms.

    Parameters
    ----------
    details : DataFrame, index observer
        Each measure under its name, with its interval under ``…_low`` and ``…_high``.
    level : float
        Coverage of the intervals.
    noun : str
        What to call the observers.
    measures : mapping of str to Measure
        What to draw, by the name of the column.
    order : str
        What the observers are sorted by.
    """
    from matplotlib.figure import Figure

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
        _draw_measure(axes, measures[shown[place]], details, shown[place], noun if crowd else None)
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


def _draw_measure(axes: Axes, measure: Measure, details: pd.DataFrame, name: str, crowd: str | None) -> None:
    """Draw one panel: an error bar for each observer, or a histogram of a crowd with this name."""
    from matplotlib.ticker import MaxNLocator

    n = len(details)
    value = measure.scale * details[name].to_numpy(float)
    if measure.nothing is not None:
        axes.axvline(measure.scale * measure.nothing, color=FAINT, lw=1, ls=(0, (4, 3)))
    axes.axvline(np.nanmean(value), color=BLUE, lw=1.2)
    if crowd:
        draw_crowd(axes, value, crowd)
        axes.set(yticks=[], ylabel="")
    else:
        limits = (measure.scale * details[name + end].to_numpy(float) for end in ("_low", "_high"))
        axes.errorbar(
            value,
            np.arange(n)[::-1],
            xerr=reach(value, *limits),
            fmt="o",
            color=INK,
            ms=1.5 if n > NAMES_UP_TO else 3.5,
            elinewidth=0.3 if n > NAMES_UP_TO else 0.8,
        )
    axes.set_xlabel(measure.label, size=9)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.tick_params(axis="x", labelsize=8.5)
    without_left_axis(axes)
