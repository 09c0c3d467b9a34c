"""Drawings that figures of several sections share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.style import (
    BLUE,
    DIFFICULTY_COLOURS,
    FAINT,
    GREY,
    INK,
    NAMES_UP_TO,
    ROWS_UP_TO,
    TEXT_COLOURS,
    VERMILION,
    WIDTH_IN,
    new_axes,
    reach,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

VALUES_UP_TO = 12
"""In larger matrices, numbers do not fit."""


def draw_difficulties(axes: Axes, n_correct: np.ndarray, difficulty: np.ndarray, n_models: int) -> None:
    """Draw the number of images that 0, 1, 2 … models got right into axes, coloured by difficulty.

    The name and the share of each difficulty are written above.

    Parameters
    ----------
    axes : Axes
    n_correct : ndarray of int, shape (n_images,)
        Number of correct models.
    difficulty : ndarray of str, shape (n_images,)
        `Difficulty` of each image.
    n_models : int
        Largest number of models evaluated on an image.
    """
    below = np.zeros(n_models + 1, dtype=int)
    for (kind, colour), at in zip(DIFFICULTY_COLOURS.items(), (0.0, 0.5, 1.0), strict=True):
        counts = np.bincount(n_correct[difficulty == kind], minlength=n_models + 1)
        axes.bar(np.arange(n_models + 1), counts, bottom=below, width=0.82, color=colour)
        below = below + counts
        axes.text(
            at,
            1.03,
            f"{kind}\n{counts.sum() / len(n_correct):.1%} of images",
            transform=axes.transAxes,
            ha=("left", "center", "right")[int(2 * at)],
            va="bottom",
            size=9,
            weight="bold",
            color=TEXT_COLOURS[kind],
        )
    axes.set_xticks(range(0, n_models + 1, 1 + n_models // 20))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set(
        xlim=(-0.6, n_models + 0.6),
        xlabel=f"number of correct models (of {n_models})",
        ylabel=f"images (n = {len(n_correct):,})",
    )


def draw_crowd(axes: Axes, values: np.ndarray, noun: str) -> None:
    """Draw a histogram of the values of subjects, or of pairs of them; NaN is left out."""
    defined = values[~np.isnan(values)]
    n_bins = min(40, max(10, round(np.sqrt(len(defined)))))
    # Shares of few trials take few values: bins of another width would leave gaps.
    steps = np.unique(defined.round(9))
    edges = np.histogram_bin_edges(defined, n_bins)
    if 1 < len(steps) <= 3 * n_bins:
        least = np.diff(steps).min()
        width = least * max(1, round((edges[1] - edges[0]) / least))
        edges = np.arange(steps[0] - least / 2, steps[-1] + least / 2 + width, width)
    axes.hist(defined, edges.tolist(), color=GREY, edgecolor="white", lw=0.5, zorder=0.5)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_ylabel(f"{noun} (n = {len(defined):,})")


@styled
def consistency_matrix(kappa: pd.DataFrame, noun: str) -> Figure:
    """Draw the error consistency of every pair of subjects; the diagonal, which is always 1, stays empty.

    Of more than `ROWS_UP_TO` subjects, draw a histogram over pairs, with the mean.

    Parameters
    ----------
    kappa : DataFrame, subjects × subjects
        Error consistency, in the order to draw; NaN where it is undefined.
    noun : str
        What to call the subjects: ``observers`` or ``models``.
    """
    from matplotlib.colors import ListedColormap

    n = len(kappa)
    if n > ROWS_UP_TO:
        figure, axes = new_axes(3.0)
        pairs = kappa.to_numpy()[np.triu_indices(n, k=1)]
        draw_crowd(axes, pairs, "pairs")
        axes.axvline(0, color=FAINT, lw=1, ls=(0, (4, 3)))
        if not np.isnan(pairs).all():
            axes.axvline(float(np.nanmean(pairs)), color=BLUE, lw=1.4)
        axes.set_xlabel(f"error consistency κ ({n:,} {noun})")
        return figure
    figure, axes = new_axes(WIDTH_IN * 0.86)
    colours = kappa_colours(undefined="#dfe2e6")
    diagonal = np.eye(n, dtype=bool)
    off_diagonal = np.where(diagonal, np.nan, kappa.to_numpy())
    line = 0 if n > NAMES_UP_TO else 1
    mesh = axes.pcolormesh(off_diagonal, cmap=colours, vmin=-1, vmax=1, edgecolors="white", lw=line)
    hidden = np.where(diagonal, 0.0, np.nan)
    axes.pcolormesh(hidden, cmap=ListedColormap(["white"])).set_rasterized(n > NAMES_UP_TO)
    mesh.set_rasterized(n > NAMES_UP_TO)
    if n <= VALUES_UP_TO:
        write_kappas(axes, off_diagonal, dark_from=0.5, size=7.5)
    if n > NAMES_UP_TO:
        axes.set(xlabel=f"{n:,} {noun}", ylabel=f"{n:,} {noun}")
    name_subjects(axes, kappa.index)
    bar = figure.colorbar(mesh, ax=axes, shrink=0.7, aspect=24)
    bar.ax.set_ylim(min(0.0, np.floor(10 * np.nanmin(off_diagonal, initial=0)) / 10), 1)
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.set_label("error consistency κ")
    return figure


def kappa_colours(undefined: str) -> Colormap:
    """Return the colours of κ from −1 (orange) to 1 (blue), and the colour where it is undefined."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = ["#8a3c00", VERMILION, "#f7f8f9", "#62a5d0", "#003d63"]
    return LinearSegmentedColormap.from_list("kappa", colours).with_extremes(bad=undefined)


def write_kappas(axes: Axes, kappa: np.ndarray, dark_from: float, size: float) -> None:
    """Write the values off the diagonal into the cells of a matrix, a dash where κ is undefined.

    Parameters
    ----------
    axes : Axes
    kappa : ndarray of float, shape (n_subjects, n_subjects)
    dark_from : float
        From this absolute value on, cells are dark and numbers white.
    size : float
        Of the letters, in points.
    """
    for row, column in zip(*np.nonzero(~np.eye(len(kappa), dtype=bool)), strict=True):
        value = kappa[row, column]
        text = "–" if np.isnan(value) else f"{value:z.2f}".replace("0.", ".").replace("-", "−")
        colour = "white" if abs(value) > dark_from else INK
        axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", size=size, color=colour)


def name_subjects(axes: Axes, names: pd.Index) -> None:
    """Write the names of subjects along both sides of a matrix, the first at the top left; not of many."""
    n = len(names)
    if n <= NAMES_UP_TO:
        size = 8.5 if n <= 20 else 6
        axes.set_xticks(np.arange(n) + 0.5, [str(name) for name in names], rotation=90, size=size)
        axes.set_yticks(np.arange(n) + 0.5, [str(name) for name in names], size=size)
    else:
        axes.set(xticks=[], yticks=[])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_aspect("equal")
    axes.invert_yaxis()


def guessing_line(axes: Axes, chance: float) -> None:
    """Draw a dashed horizontal line at the proportion correct by guessing, in percent."""
    axes.axhline(100 * chance, color=FAINT, lw=1, ls=(0, (4, 3)))


def draw_accuracies(axes: Axes, by: pd.DataFrame, share: str, colour: str, largest: int) -> None:
    """Draw accuracies with their intervals; larger dots have more items."""
    x, y = 100 * by[share], 100 * by["accuracy"]
    error = 100 * reach(by["accuracy"], by["low"], by["high"])
    axes.errorbar(x, y, yerr=error, fmt="none", ecolor=colour, elinewidth=1)
    axes.scatter(x, y, s=14 + 60 * by["n_items"] / largest, color=colour, zorder=3)


def write_n_items(axes: Axes, by: pd.DataFrame, share: str, noun: str) -> None:
    """Write the number of items above each dot."""
    small = {"textcoords": "offset points", "size": 8, "color": FAINT}
    for x, n_items in zip(100 * by[share], by["n_items"], strict=True):
        at = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom"}
        axes.annotate(f"{n_items}", (x, 1), (0, 3), **at, **small)
    axes.annotate(noun, (1, 1), (6, 3), xycoords="axes fraction", **small)
