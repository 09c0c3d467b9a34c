"""Figures of training, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.style import (
    BLUE,
    DIFFICULTY_COLOURS,
    FAINT,
    FROM_EASY,
    TEXT_COLOURS,
    VERMILION,
    WIDTH_IN,
    new_axes,
    styled,
)
from model_eval.columns import Difficulty

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

MAP_ROWS = 400
"""No screen shows more rows: neighbours are averaged."""
NAME_ROWS = 0.085
"""Share of the height of the map that the name of a difficulty takes."""


@styled
def decisions_by_epoch(share_right: np.ndarray, difficulty: np.ndarray, n_models: int) -> Figure:
    """Draw the share of correct models for each image after each epoch, the easiest images at the top.

    Parameters
    ----------
    share_right : ndarray of float, shape (n_epochs, n_images)
        From the untrained networks on; at least two.
    difficulty : ndarray of str, shape (n_images,)
        After the last epoch.
    n_models : int
        What the shares are of.
    """
    n_epochs, n_images = share_right.shape
    rank = {kind: place for place, kind in enumerate(FROM_EASY)}
    ranks = np.array([rank[Difficulty(kind)] for kind in difficulty])
    # Decisions of untrained networks are chance.
    order = np.lexsort((-share_right[1:].mean(axis=0), ranks))
    portions = np.array_split(order, min(MAP_ROWS, n_images))
    rows = np.stack([share_right[:, portion].mean(axis=1) for portion in portions])

    figure, axes = new_axes(4.6)
    image = axes.imshow(
        rows,
        cmap=_difficulty_map(),
        vmin=0,
        vmax=1,
        aspect="auto",
        interpolation="nearest",
        extent=(-0.5, n_epochs - 0.5, n_images, 0),
    )
    counts = {kind: int((difficulty == kind).sum()) for kind in FROM_EASY}
    _mark_difficulties(axes, {kind: n for kind, n in counts.items() if n})
    axes.spines[:].set_visible(False)
    axes.tick_params(length=2.5)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    _whole_numbers(axes)
    axes.set(xlabel="epoch (0: untrained)", ylabel=f"images, the easiest first (n = {n_images:,})")
    bar = figure.colorbar(image, ax=axes, location="top", aspect=40, shrink=0.6, pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.set_ticks([0, 0.5, 1], labels=["0", "½", "1"])
    bar.ax.tick_params(length=0, labelsize=8.5)
    bar.set_label("right" if n_models == 1 else f"share of {n_models} models that are right", size=9)
    return figure


@styled
def accuracy_and_flips(accuracy: np.ndarray, flips: np.ndarray, base: int | None) -> Figure:
    """Draw accuracy after each epoch, and below it the share of decisions that changed in that epoch.

    Parameters
    ----------
    accuracy : ndarray of float, shape (n_models, n_epochs)
        From the untrained networks on.
    flips : ndarray of float, shape (n_models, n_epochs − 1)
        From each epoch to the next.
    base : int or None
        Row of the base network, which is highlighted.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, 4.2), layout="compressed")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    epochs = np.arange(accuracy.shape[1])
    for row in range(len(accuracy)):
        if row != base:
            upper.plot(epochs, 100 * accuracy[row], color="#9aa1a9", lw=0.8, alpha=0.7)
            lower.plot(epochs[1:], 100 * flips[row], color="#9aa1a9", lw=0.8, alpha=0.7)
    marker = "o" if len(epochs) <= 31 else None
    if base is not None:
        upper.plot(epochs, 100 * accuracy[base], color=BLUE, lw=1.8, marker=marker, ms=3.5)
        lower.plot(epochs[1:], 100 * flips[base], color=BLUE, lw=1.8, marker=marker, ms=3.5)
        upper.text(
            0.985,
            0.14,
            "base network",
            color=BLUE,
            size=9,
            weight="bold",
            ha="right",
            transform=upper.transAxes,
        )
    if len(accuracy) > 1:
        noun = "models" if base is None else "other models"
        n = len(accuracy) - (base is not None)
        upper.text(0.985, 0.04, f"{n} {noun}", color=FAINT, size=9, ha="right", transform=upper.transAxes)
    upper.set(ylabel="top-1 accuracy (%)", ylim=(0, 100))
    lower.set(ylabel="decisions that\nflipped (%)", xlabel="epoch (0: untrained)", ylim=(0, None))
    _whole_numbers(lower)
    return figure


@styled
def learning(right_for_good: pd.DataFrame, forgetting: pd.DataFrame) -> Figure:
    """Draw from which epoch on images stay right, and how often they were forgotten, by difficulty.

    Parameters
    ----------
    right_for_good : DataFrame, index epoch, columns difficulty
        Share of images that stay right from that epoch or an earlier one, mean over models.
    forgetting : DataFrame, index number of forgetting events (text), columns difficulty
        Share of images, mean over models.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, 2.9), layout="compressed")
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
    for kind in [kind for kind in FROM_EASY if str(kind) in right_for_good]:
        curve = 100 * right_for_good[str(kind)]
        left.plot(curve.index, curve, color=TEXT_COLOURS[kind], lw=1.8)
        under = kind == Difficulty.TRIVIAL  # whose curve ends at the top
        left.annotate(
            str(kind), (curve.index[-1], curve.iloc[-1]), xytext=(0, -7 if under else 7),
            textcoords="offset points", ha="right", va="top" if under else "bottom",
            size=8.5, weight="bold", color=TEXT_COLOURS[kind],
        )  # fmt: skip
    _whole_numbers(left)
    left.set(ylim=(0, 104), xlabel="epoch", ylabel="images right for good (%)")
    width = 0.8 / max(forgetting.shape[1], 1)
    for place, kind in enumerate([kind for kind in FROM_EASY if str(kind) in forgetting]):
        at = np.arange(len(forgetting)) + (place - (forgetting.shape[1] - 1) / 2) * width
        right.bar(at, 100 * forgetting[str(kind)], width=width * 0.92, color=DIFFICULTY_COLOURS[kind])
    right.set_xticks(np.arange(len(forgetting)), list(forgetting.index))
    right.set(ylim=(0, 104), xlabel="forgetting events", ylabel="images (%)")
    return figure


def _mark_difficulties(axes: Axes, counts: dict[Difficulty, int]) -> None:
    """Mark the difficulty of the rows of a map on its right."""
    n_images = sum(counts.values())
    ends = np.cumsum(list(counts.values()))
    starts = ends - list(counts.values())
    # Names of thin bands would overlap: each keeps a distance from the one below.
    places = (starts + ends) / 2
    for row in range(len(places) - 1, -1, -1):
        lowest = (
            places[row + 1] - NAME_ROWS * n_images
            if row + 1 < len(places)
            else (1 - NAME_ROWS / 2) * n_images
        )
        places[row] = min(places[row], lowest)
    right = axes.get_yaxis_transform()
    for (kind, n), start, end, place in zip(counts.items(), starts, ends, places, strict=True):
        colour = DIFFICULTY_COLOURS[kind]
        axes.plot(
            [1.015] * 2,
            [start, end],
            transform=right,
            clip_on=False,
            lw=3.5,
            color=colour,
            solid_capstyle="butt",
        )
        text = f"{kind}\n{n / n_images:.1%}"
        axes.text(1.035, place, text, transform=right, va="center", size=8.5, color=TEXT_COLOURS[kind])


def _whole_numbers(axes: Axes) -> None:
    """Mark whole epochs only."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _difficulty_map() -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("right", [VERMILION, "#f3e3d6", "#f7f8f9", "#cfe1ec", BLUE])
