"""The figures of a comparison of models: pure functions of arrays, in the style of the report's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.figures import (
    BLUE,
    DIFFICULTY_COLOURS,
    FAINT,
    INK,
    NAMES_UP_TO,
    TEXT_COLOURS,
    VERMILION,
    WIDTH_IN,
    draw_difficulties,
    styled,
)
from model_eval.records import Difficulty

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

FROM_EASY = (Difficulty.TRIVIAL, Difficulty.IN_BETWEEN, Difficulty.IMPOSSIBLE)
VALUES_UP_TO = 14
"""Larger matrices have no room for their numbers."""


@styled
def histogram_beside_independent(
    n_correct: np.ndarray, difficulty: np.ndarray, independent: np.ndarray, label_error: np.ndarray
) -> Figure:
    """Draw how many images 0, 1, 2 … models got right, over what independent models would leave.

    Parameters
    ----------
    n_correct : ndarray of int, shape (n_images,)
    difficulty : ndarray of str, shape (n_images,)
    independent : ndarray of float, shape (n_models + 1,)
        Expected number of images under independent models of the same accuracies.
    label_error : ndarray of bool, shape (n_images,)
        Images whose label is known to be wrong; they are marked where there are any.
    """
    n_models = len(independent) - 1
    at = np.arange(n_models + 1)
    figure, axes = new_axes(3.3)
    draw_difficulties(axes, n_correct, difficulty, n_models)
    handles = []
    if label_error.any():
        wrong = np.bincount(n_correct[label_error], minlength=n_models + 1)
        handles.append(axes.bar(at, wrong, width=0.82, color=INK, label="of these, labels known to be wrong"))
    handles += axes.plot(
        at, independent, "o-", color=INK, mfc="white", ms=3.5, lw=1.1, label="independent models would give"
    )
    axes.legend(handles=handles, loc="upper center", fontsize=8.5, handlelength=1.6)
    return figure


@styled
def beside_base(rows: pd.DataFrame, xlabel: str) -> Figure:
    """Draw every model as a dot beside the base network, one row a condition, the most alike on top.

    Parameters
    ----------
    rows : DataFrame
        `condition`, `values` (a sequence of float, one a model), `mean`, and, where there are intervals,
        `low` and `high`.
    xlabel : str
        What is drawn.
    """
    ordered = rows.sort_values("mean", kind="stable", na_position="first")
    figure, axes = new_axes(0.8 + 0.27 * max(len(ordered), 3))
    smallest = 1.0
    for place, row in enumerate(ordered.to_dict("records")):
        values = np.asarray(row["values"], dtype=float)
        if not np.isfinite(values).any():
            axes.annotate(
                "undefined",
                (0.01, place),
                xycoords=("axes fraction", "data"),
                va="center_baseline",
                size=8.5,
                color=FAINT,
            )
            continue
        axes.axhline(place, color="#e4e7ea", lw=1, zorder=0)
        if np.isfinite(row.get("low", np.nan)):
            axes.plot(
                [row["low"], row["high"]], [place, place], color=BLUE, alpha=0.28, lw=7, solid_capstyle="butt"
            )
        axes.plot([row["mean"]] * 2, [place - 0.3, place + 0.3], color=BLUE, lw=1.8)
        axes.plot(values, np.full(len(values), place), "o", color=INK, alpha=0.75, ms=4.2, mew=0)
        axes.annotate(
            f"{row['mean']:.2f}".replace("-", "−"),
            (1.02, place),
            xycoords=("axes fraction", "data"),
            va="center_baseline",
            size=8.5,
            color=BLUE,
        )
        smallest = min(smallest, np.nanmin(values), np.nan_to_num(row.get("low", np.nan), nan=1.0))
    axes.set_yticks(np.arange(len(ordered)), list(ordered["condition"]))
    axes.locator_params(axis="x", nbins=5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set(xlim=(np.floor(10 * smallest - 0.3) / 10, 1.0), ylim=(-0.6, len(ordered) - 0.4), xlabel=xlabel)
    return figure


@styled
def two_consistencies(below: pd.DataFrame, above: pd.DataFrame, labels: tuple[str, str]) -> Figure:
    """Draw two error consistencies of every pair of models in one matrix, one on each side of the diagonal.

    Parameters
    ----------
    below, above : DataFrame, models × models
        Symmetric, with the same models in the order to draw; NaN where κ is undefined.
    labels : tuple of str
        What the triangle below shows, and the one above.
    """
    n = len(below)
    figure, axes = new_axes(WIDTH_IN * 0.98)
    values = np.where(np.tri(n, dtype=bool), below.to_numpy(), above.to_numpy())
    np.fill_diagonal(values, np.nan)
    colours = _kappa_map()
    line = 0 if n > NAMES_UP_TO else 1
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(values), cmap=colours, vmin=-1, vmax=1, edgecolors="white", lw=line
    )
    mesh.set_rasterized(n > NAMES_UP_TO)
    if n <= VALUES_UP_TO:
        for row, column in zip(*np.nonzero(~np.eye(n, dtype=bool)), strict=True):
            value = values[row, column]
            text = "–" if np.isnan(value) else f"{value:z.2f}".replace("0.", ".").replace("-", "−")
            colour = "white" if abs(value) > 0.55 else INK
            axes.text(
                column + 0.5, row + 0.5, text, ha="center", va="center", size=7 if n > 10 else 8, color=colour
            )
    axes.plot([0, n], [0, n], color=FAINT, lw=0.8)
    if n <= NAMES_UP_TO:
        size = 8.5 if n <= 20 else 6
        axes.set_xticks(np.arange(n) + 0.5, [str(name) for name in below.columns], rotation=90, size=size)
        axes.set_yticks(np.arange(n) + 0.5, [str(name) for name in below.index], size=size)
    else:
        axes.set(xticks=[], yticks=[])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    axes.set_title(f"above the diagonal: {labels[1]}", loc="right", size=9, color=INK, pad=5)
    axes.set_xlabel(f"below the diagonal: {labels[0]}", loc="left", size=9, labelpad=6)
    bar = figure.colorbar(mesh, ax=axes, shrink=0.62, aspect=24)
    bar.ax.set_ylim(min(0.0, np.floor(10 * np.nanmin(values, initial=0)) / 10), 1)
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.set_label("error consistency κ")
    return figure


@styled
def accuracy_beside_divergence(classes: pd.DataFrame) -> Figure:
    """Draw the accuracy of classes of noise against how far the nearest class lies.

    Parameters
    ----------
    classes : DataFrame
        `sd` (some are written), `divergence` (to the nearest class, in nats per pixel), and `accuracy` with
        its range over models, `accuracy_low` and `accuracy_high`.
    """
    figure, axes = new_axes(3.2)
    divergence, mean = classes["divergence"].to_numpy(), 100 * classes["accuracy"].to_numpy()
    axes.vlines(
        divergence, 100 * classes["accuracy_low"], 100 * classes["accuracy_high"], color="#9db9cd", lw=1.2
    )
    axes.plot(divergence, mean, "o", color=BLUE, ms=4, mew=0)
    for place in np.unique(np.linspace(0, len(classes) - 1, 5).round().astype(int)):
        dense = divergence[place] < np.median(divergence)
        axes.annotate(
            f"SD {classes['sd'].iloc[place]:g}",
            (divergence[place], mean[place]),
            xytext=(9, -7) if dense else (0, 8),
            textcoords="offset points",
            ha="left" if dense else "center",
            va="center",
            size=8,
            color=INK,
        )
    axes.set_xscale("log")
    axes.set(
        xlabel="KL divergence to the nearest class (nats per pixel)",
        ylabel="accuracy on the class (%)",
        ylim=(0, 106),
    )
    return figure


@styled
def difficulty_by_class(shares: pd.DataFrame, noun: str) -> Figure:
    """Draw the share of each difficulty in each class, the class with the most impossible images on top.

    Parameters
    ----------
    shares : DataFrame, index class
        `trivial`, `in-between`, `impossible`: shares that sum to 1.
    noun : str
        What to call classes: ``classes``, ``superclasses``.
    """
    ordered = shares.sort_values(["impossible", "in-between"], kind="stable")
    n = len(ordered)
    named = n <= NAMES_UP_TO
    figure, axes = new_axes(0.9 + (0.24 * max(n, 3) if named else 4.2))
    left = np.zeros(n)
    for kind in FROM_EASY:
        part = 100 * ordered[str(kind)].to_numpy()
        bars = axes.barh(
            np.arange(n), part, left=left, height=0.74 if named else 1.0, color=DIFFICULTY_COLOURS[kind]
        )
        for bar in bars:
            bar.set_rasterized(not named)
        place = FROM_EASY.index(kind)
        axes.text(place / 2, 1.02, str(kind), transform=axes.transAxes, ha=("left", "center", "right")[place],
                  va="bottom", size=9, weight="bold", color=TEXT_COLOURS[kind])  # fmt: skip
        left += part
    if named:
        axes.set_yticks(np.arange(n), [str(name) for name in ordered.index])
    else:
        axes.set(yticks=[], ylabel=f"{n:,} {noun}, by their share of impossible images")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set(xlim=(0, 100), ylim=(-0.6, n - 0.4), xlabel="share of images (%)")
    return figure


def new_axes(height_in: float) -> tuple[Figure, Axes]:
    """Return an empty figure of the usual width."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, height_in), layout="compressed")
    return figure, figure.add_subplot()


def _kappa_map() -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    colours = ["#8a3c00", VERMILION, "#f7f8f9", "#62a5d0", "#003d63"]
    return LinearSegmentedColormap.from_list("kappa", colours).with_extremes(bad="white")
