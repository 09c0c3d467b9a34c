"""Figures about items, pairs or single images, and about machines that judge pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.figures import (
    BLUE,
    FAINT,
    GREY,
    INK,
    TEXT_COLOURS,
    VERMILION,
    WIDTH_IN,
    reach,
    styled,
)
from analysis.statistics.psychometric import Psychometric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.statistics.estimate import NoResult
    from analysis.statistics.population_mean import PopulationMean
    from analysis.statistics.psychometric import Psychometric

MEASURES = {
    "confidence": ("o", INK, "confidence"),
    "margin": ("s", "white", "margin of the two best logits"),
    "entropy": ("v", "white", "entropy of the prediction"),
    "agreement": ("D", INK, "agreement of all models"),
    "cross-validated": ("^", VERMILION, "low-level features, cross-validated"),
}
"""Marker, filling and name of what a machine goes by."""
MACHINES_UP_TO = 24
"""More models than these have no room; the best are drawn."""


@styled
def graded_accuracy(
    by_gap: pd.DataFrame,
    curve: Psychometric | NoResult | None,
    *,
    level: float,
    chance: float,
    noun: str = "observers",
) -> Figure:
    """Draw people's accuracy against the gap between the two images of a pair.

    Parameters
    ----------
    by_gap : DataFrame
        As `analysis.statistics.psychometric.accuracy_by` returns it, by `gap`.
    curve : Psychometric, NoResult or None
        Drawn with its threshold, where there is one.
    level : float
        Coverage of the intervals.
    chance : float
        Proportion correct by guessing.
    noun : str
        What to call the observers.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, 3.3), layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(100 * chance, color=FAINT, lw=1, ls=(0, (4, 3)))
    axes.text(0.01, 100 * chance + 1, "guessing", size=9, color=FAINT, transform=axes.get_yaxis_transform())
    if isinstance(curve, Psychometric):
        axes.plot(100 * curve.gaps, 100 * curve.accuracy, color=BLUE, lw=1.6)
        axes.axvspan(100 * curve.low, 100 * curve.high, color=BLUE, alpha=0.14, lw=0)
        axes.axvline(100 * curve.estimate, color=BLUE, lw=1.2)
        label = f"threshold {100 * curve.estimate:.0f}"
        # At the foot of the line: above it stand the numbers of pairs.
        foot = axes.get_xaxis_transform()
        axes.text(100 * curve.estimate + 1.5, 0.02, label, color=BLUE, size=9, va="bottom", transform=foot)
    _dots(axes, by_gap, "gap", INK, by_gap["n_items"].max())
    _count(axes, by_gap, "gap", "pairs")
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


@styled
def graded_by_group(
    by_share: pd.DataFrame, _: None, *, level: float, chance: float, noun: str = "observers"
) -> Figure:
    """Draw people's accuracy on images that so many models get right, in the colours of their groups.

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
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, 3.3), layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(100 * chance, color=FAINT, lw=1, ls=(0, (4, 3)))
    at = {"transform": axes.get_yaxis_transform(), "bbox": {"fc": "white", "ec": "none", "pad": 0.5}}
    axes.text(0.42, 100 * chance + 1.5, "guessing", size=9, color=FAINT, **at)
    largest = by_share["n_items"].max()
    for group, rows in by_share.groupby("group", sort=False):
        colour = TEXT_COLOURS.get(group, INK)  # type: ignore[arg-type]
        _dots(axes, rows, "image_share", colour, largest)
        axes.annotate(
            str(group),
            (min(max(100 * rows["image_share"].mean(), 8), 92), 0.02),
            xycoords=("data", "axes fraction"),
            ha="center",
            size=9,
            weight="bold",
            color=colour,
        )
    _count(axes, by_share, "image_share", "images")
    low = min(by_share["low"].min(), by_share["accuracy"].min(), chance - 0.05)
    axes.set(
        xlim=(-8, 108),
        ylim=(max(-6, 10 * np.floor(10 * low) - 8), 101),
        xlabel="share of models right about the image (%)",
        ylabel=f"{noun} right (%)\nwith {level:.0%} intervals",
    )
    return figure


def _dots(axes: Axes, by: pd.DataFrame, share: str, colour: str, largest: int) -> None:
    """Draw accuracies with their intervals; the dot of the most items is the largest."""
    x, y = 100 * by[share], 100 * by["accuracy"]
    error = 100 * reach(by["accuracy"], by["low"], by["high"])
    axes.errorbar(x, y, yerr=error, fmt="none", ecolor=colour, elinewidth=1)
    axes.scatter(x, y, s=14 + 60 * by["n_items"] / largest, color=colour, zorder=3)


def _count(axes: Axes, by: pd.DataFrame, share: str, noun: str) -> None:
    """Write above each dot how many items it holds."""
    small = {"textcoords": "offset points", "size": 8, "color": FAINT}
    for x, n_items in zip(100 * by[share], by["n_items"], strict=True):
        at = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom"}
        axes.annotate(f"{n_items}", (x, 1), (0, 3), **at, **small)
    axes.annotate(noun, (1, 1), (6, 3), xycoords="axes fraction", **small)


@styled
def item_accuracies(trials: pd.DataFrame, *, chance: float, unit: str = "pair") -> Figure:
    """Draw the accuracy of every item, from the one most often judged wrongly, as observed and shrunk.

    Parameters
    ----------
    trials : DataFrame
        As `analysis.statistics.items.trial_accuracy` returns it.
    chance : float
        Proportion correct by guessing.
    unit : str
        What to call an item.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, 3.0), layout="constrained")
    axes = figure.add_subplot()
    ordered = trials.sort_values(["shrunk_accuracy", "accuracy"], kind="stable")
    rank = np.arange(1, len(ordered) + 1)
    axes.axhline(100 * chance, color=FAINT, lw=1, ls=(0, (4, 3)))
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
    explained: pd.DataFrame, ceiling: float, low: float, high: float, level: float, unit: str = "pair"
) -> Figure:
    """Draw how much of the differences between items follows from what is known of them, under the ceiling.

    Parameters
    ----------
    explained : DataFrame
        As `analysis.statistics.noise_ceiling.explained` returns it.
    ceiling, low, high : float
        The noise ceiling and its interval.
    level : float
        Coverage of the intervals.
    unit : str
        What to call an item.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, 1.1 + 0.42 * len(explained)), layout="constrained")
    axes = figure.add_subplot()
    rows = np.arange(len(explained))[::-1]
    axes.axvspan(100 * low, 100 * high, color=BLUE, alpha=0.14, lw=0)
    axes.axvline(100 * ceiling, color=BLUE, lw=1.4)
    axes.text(
        100 * ceiling, len(explained) - 0.4, "noise ceiling", color=BLUE, size=9, ha="center", va="bottom"
    )
    axes.axvline(0, color=FAINT, lw=0.8)
    error = 100 * reach(explained["r2"], explained["low"], explained["high"])
    axes.errorbar(100 * explained["r2"], rows, xerr=error, fmt="o", color=INK, ms=5, elinewidth=1)
    names = [name.replace(" (", "\n(") for name in explained["predictors"]]
    axes.set_yticks(rows, names)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set(
        ylim=(-0.6, len(explained) - 0.4),
        xlim=(min(-5, 100 * explained["low"].min() - 2), 103),
        xlabel=f"variance between {unit}s explained (%),\nwith {level:.0%} intervals",
    )
    return figure


@styled
def machine_accuracies(
    machines: pd.DataFrame, population: PopulationMean, people_kappa: float, *, chance: float, noun: str
) -> Figure:
    """Draw machines as observers: how often each is right, and whether it errs where people err.

    Parameters
    ----------
    machines : DataFrame
        As `analysis.report.item_scores.score_machines` returns it.
    population : PopulationMean
        Of the people, drawn as a line, and as a band where it has an interval.
    people_kappa : float
        Mean error consistency of two observers.
    chance : float
        Proportion correct by guessing.
    noun : str
        What to call the observers.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    best = (
        machines.groupby("machine", sort=False)["accuracy"].max().sort_values(ascending=False, kind="stable")
    )
    names = list(best.index[:MACHINES_UP_TO])[::-1]
    figure = Figure(figsize=(WIDTH_IN, 1.5 + 0.3 * len(names)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    if np.isfinite(population.low):
        left.axvspan(100 * population.low, 100 * population.high, color=BLUE, alpha=0.14, lw=0)
    left.axvline(100 * population.estimate, color=BLUE, lw=1.4)
    left.axvline(100 * chance, color=FAINT, lw=1, ls=(0, (4, 3)))
    right.axvline(0, color=FAINT, lw=1, ls=(0, (4, 3)))
    if np.isfinite(people_kappa):
        right.axvline(people_kappa, color=BLUE, lw=1.4)
    top = len(names) - 0.45
    at = {"va": "bottom", "size": 8.5}
    left.text(100 * population.estimate, top, noun.split()[-1], color=BLUE, ha="center", **at)
    left.text(100 * chance, top, "guessing", color=FAINT, ha="center", **at)
    sides = (
        ("left", "right") if people_kappa >= 0 else ("right", "left")
    )  # of lines that may lie close together
    if np.isfinite(people_kappa):
        right.text(people_kappa, top, f"two {noun.split()[-1]}", color=BLUE, ha=sides[0], **at)
    right.text(0, top, "chance", color=FAINT, ha=sides[1], **at)
    shown = machines[machines["machine"].isin(names)]
    for name in names:
        rows = shown[shown["machine"] == name]
        for number, (_, row) in enumerate(rows.iterrows()):
            y = names.index(name) + 0.32 * (0.5 * (len(rows) - 1) - number)
            marker, filling, _ = MEASURES[row["measure"]]
            colour = VERMILION if row["measure"] == "cross-validated" else INK
            look = {
                "fmt": marker,
                "color": colour,
                "mfc": filling,
                "ms": 4.5,
                "elinewidth": 0.8,
                "clip_on": False,
            }
            for axes, scale, value, low, high in (
                (left, 100, row["accuracy"], row["low"], row["high"]),
                (right, 1, row["kappa"], row["kappa_low"], row["kappa_high"]),
            ):
                if np.isfinite(value):
                    axes.errorbar(scale * value, y, xerr=scale * reach([value], [low], [high]), **look)
    left.set_yticks(np.arange(len(names)), names)
    for axes in (left, right):
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    low = min(machines["low"].min(), chance - 0.05)
    left.set(xlim=(10 * np.floor(10 * low), 101), ylim=(-0.7, len(names) - 0.4))
    left.set_xlabel(f"accuracy (%),\n{population.level:.0%} intervals")
    right.set_xlabel(f"κ with\n{noun}")
    used = [MEASURES[each] for each in MEASURES if each in set(shown["measure"])]
    handles = [
        Line2D([], [], marker=m, mfc=f, mec=VERMILION if f == VERMILION else INK, ls="", ms=5, label=text)
        for m, f, text in used
    ]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=2, labelcolor=INK, handletextpad=0.2, fontsize=8.5
    )
    return figure
