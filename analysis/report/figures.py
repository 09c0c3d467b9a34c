"""The figures: each a pure function of arrays that returns a matplotlib Figure, all in one style.

No window, no global state: figures are made without pyplot, and the style holds only while one is drawn or
saved.  The same data give the same file, byte for byte.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from analysis.statistics.population_mean import PopulationMean
from model_eval.records import Difficulty
from tricky.core.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

# Okabe & Ito (2008): told apart with every common kind of colour blindness.
BLUE, VERMILION, GREY = "#0072b2", "#d55e00", "#b8bcc2"
INK, FAINT = "#22262b", "#6b727b"
DIFFICULTY_COLOURS = {
    Difficulty.IMPOSSIBLE: VERMILION,
    Difficulty.IN_BETWEEN: GREY,
    Difficulty.TRIVIAL: BLUE,
}
TEXT_COLOURS = {kind: FAINT if colour == GREY else colour for kind, colour in DIFFICULTY_COLOURS.items()}
"""The bars' grey is too light to read."""

WIDTH_IN = 4.8
"""As wide as a column of text on a page, and readable still on a telephone."""
NAMES_UP_TO = 40
"""More rows than these have no room for their names."""
ROWS_UP_TO = 120
"""More subjects than these are no longer told apart: how many have which value is drawn in their place."""
VALUES_UP_TO = 12
"""Larger matrices have no room for their numbers."""

STYLE: dict[Any, Any] = {
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 100,
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same on every machine
    "font.size": 9.5,
    "legend.frameon": False,
    "savefig.dpi": 200,
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "tricky",
    "text.color": INK,
    "xtick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.color": FAINT,
    "ytick.labelcolor": INK,
}


def reach(value: ArrayLike, low: ArrayLike, high: ArrayLike) -> np.ndarray:
    """Return how far intervals reach below and above their values, as error bars want it; 0 without one.

    Never below 0: the limit of 60 right answers in 60 is 1 less a last digit.
    """
    value, low, high = (np.asarray(each, dtype=float) for each in (value, low, high))
    return np.nan_to_num(np.stack([value - low, high - value])).clip(min=0)


P = ParamSpec("P")
R = TypeVar("R")


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Run a function under the style, whatever the user's own is."""

    @functools.wraps(draw)
    def under_style(*args: P.args, **kwargs: P.kwargs) -> R:
        import matplotlib as mpl

        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(STYLE)
            return draw(*args, **kwargs)

    return under_style


@styled
def save(figure: Figure, stem: Path) -> None:
    """Write ``stem.svg`` and ``stem.png``; neither holds a date, so that the same figure is the same file."""
    for suffix, metadata in ((".svg", {"Date": None}), (".png", {"Software": None})):
        with replacing(stem.with_suffix(suffix)) as part:
            figure.savefig(part, format=suffix[1:], metadata=metadata)
        figure.set_layout_engine("none")  # what the first file was laid out to holds for the second


@styled
def model_accuracies(accuracy: pd.Series, n_images: int) -> Figure:
    """Draw the top-1 accuracy of each model, the best on top.

    Parameters
    ----------
    accuracy : Series of float, index model
        Shares between 0 and 1.
    n_images : int
        Number of images that each was asked about.
    """
    ordered = accuracy.sort_values(ascending=False, kind="stable")[::-1]
    figure, axes = _axes(height_in=_rows_in(len(ordered)))
    rows = np.arange(len(ordered))
    axes.barh(rows, 100 * ordered, height=0.68, color=BLUE)
    if len(ordered) <= NAMES_UP_TO:
        for row, share in enumerate(ordered):
            inside = share > 0.15
            axes.annotate(
                f"{share:.1%}",
                (100 * share, row),
                (-4 if inside else 4, 0),
                textcoords="offset points",
                ha="right" if inside else "left",
                va="center_baseline",
                color="white" if inside else INK,
                size=8.5,
            )
    _name_rows(axes, ordered.index, "models")
    axes.set(xlim=(0, 100), xlabel=f"top-1 accuracy on {n_images:,} images (%)")
    return figure


@styled
def correct_model_histogram(n_correct: np.ndarray, difficulty: np.ndarray, n_models: int) -> Figure:
    """Draw the number of images that 0, 1, 2 … models got right, coloured by difficulty.

    Parameters
    ----------
    n_correct : ndarray of int, shape (n_images,)
        Number of models that were right.
    difficulty : ndarray of str, shape (n_images,)
        `Difficulty` of each image.
    n_models : int
        Largest number of models asked about an image.
    """
    figure, axes = _axes(height_in=3.0)
    draw_difficulties(axes, n_correct, difficulty, n_models)
    return figure


def draw_difficulties(axes: Axes, n_correct: np.ndarray, difficulty: np.ndarray, n_models: int) -> None:
    """Draw `correct_model_histogram` into axes, the name and share of each difficulty above them."""
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


@styled
def observer_accuracies(
    observers: pd.DataFrame, population: PopulationMean, *, chance: float, noun: str = "observers"
) -> Figure:
    """Draw each observer's accuracy with its interval, over the population's, the best observer on top.

    Of more than `ROWS_UP_TO` observers, how many have which accuracy.

    Parameters
    ----------
    observers : DataFrame, index observer
        As `analysis.statistics.accuracy.observer_accuracy` returns it.
    population : PopulationMean
        Drawn as a line, and as a band where it has an interval.
    chance : float
        Proportion correct by guessing.
    noun : str
        What to call the observers.
    """
    ordered = observers.sort_values("accuracy", ascending=False, kind="stable")[::-1]
    crowd = len(ordered) > ROWS_UP_TO
    figure, axes = _axes(height_in=3.0 if crowd else _rows_in(len(ordered)) + 0.35)
    rows = np.arange(len(ordered))
    if np.isfinite(population.low):
        axes.axvspan(100 * population.low, 100 * population.high, color=BLUE, alpha=0.14, lw=0)
    axes.axvline(100 * population.estimate, color=BLUE, lw=1.4)
    axes.axvline(100 * chance, color=FAINT, lw=1, ls=(0, (4, 3)))
    if crowd:
        draw_crowd(axes, 100 * ordered["accuracy"].to_numpy(), noun)
    else:
        axes.errorbar(
            100 * ordered["accuracy"],
            rows,
            xerr=100 * reach(ordered["accuracy"], ordered["low"], ordered["high"]),
            fmt="o",
            color=INK,
            ms=4.5 if len(ordered) <= NAMES_UP_TO else 2,
            elinewidth=1 if len(ordered) <= NAMES_UP_TO else 0.5,
        )
        _name_rows(axes, ordered.index, noun)
    label = f"population {population.estimate:.1%}"
    for share, text, colour in ((chance, "chance", FAINT), (population.estimate, label, BLUE)):
        axes.annotate(
            text,
            (100 * share, 1),
            (0, 2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="bottom",
            size=9,
            color=colour,
        )
    lowest = ordered["accuracy" if crowd else "low"].min()
    low = min(lowest, chance - 0.05, np.nan_to_num(population.low, nan=1.0))
    intervals = f"{population.level:.0%} interval{' of the population' if crowd else 's'}"
    axes.set(
        xlim=(max(0, 5 * np.floor(20 * low)), 101),
        xlabel=f"accuracy (%), with {intervals}",
    )
    return figure


def draw_crowd(axes: Axes, values: np.ndarray, noun: str) -> None:
    """Draw into axes how many subjects, or pairs of them, have which value; NaN is left out."""
    defined = values[~np.isnan(values)]
    n_bins = min(40, max(10, round(np.sqrt(len(defined)))))
    # Shares of few trials are few: steps that they do not fit into would leave gaps.
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
    """Draw the error consistency of every pair of subjects; the diagonal, always 1, stays empty.

    Of more than `ROWS_UP_TO` subjects, how many pairs have which κ, and their mean.

    Parameters
    ----------
    kappa : DataFrame, subjects × subjects
        As `analysis.statistics.error_consistency.error_consistency` returns it, in the order to draw.
    noun : str
        What to call the subjects: ``observers`` or ``models``.
    """
    from matplotlib.colors import LinearSegmentedColormap, ListedColormap

    n = len(kappa)
    if n > ROWS_UP_TO:
        figure, axes = _axes(height_in=3.0)
        pairs = kappa.to_numpy()[np.triu_indices(n, k=1)]
        draw_crowd(axes, pairs, "pairs")
        axes.axvline(0, color=FAINT, lw=1, ls=(0, (4, 3)))
        if not np.isnan(pairs).all():
            axes.axvline(float(np.nanmean(pairs)), color=BLUE, lw=1.4)
        axes.set_xlabel(f"error consistency κ ({n:,} {noun})")
        return figure
    figure, axes = _axes(height_in=WIDTH_IN * 0.86)
    colours = LinearSegmentedColormap.from_list(
        "kappa", ["#8a3c00", VERMILION, "#f7f8f9", "#62a5d0", "#003d63"]
    ).with_extremes(bad="#dfe2e6")
    diagonal = np.eye(n, dtype=bool)
    off_diagonal = np.where(diagonal, np.nan, kappa.to_numpy())
    line = 0 if n > NAMES_UP_TO else 1
    mesh = axes.pcolormesh(off_diagonal, cmap=colours, vmin=-1, vmax=1, edgecolors="white", lw=line)
    hidden = np.where(diagonal, 0.0, np.nan)
    axes.pcolormesh(hidden, cmap=ListedColormap(["white"])).set_rasterized(n > NAMES_UP_TO)
    mesh.set_rasterized(n > NAMES_UP_TO)
    if n <= VALUES_UP_TO:
        for row, column in zip(*np.nonzero(~diagonal), strict=True):
            value = off_diagonal[row, column]
            text = "–" if np.isnan(value) else f"{value:z.2f}".replace("0.", ".").replace("-", "−")
            colour = "white" if abs(value) > 0.5 else INK
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", size=7.5, color=colour)
    if n <= NAMES_UP_TO:
        size = 8.5 if n <= 20 else 6
        axes.set_xticks(np.arange(n) + 0.5, kappa.columns, rotation=90, size=size)
        axes.set_yticks(np.arange(n) + 0.5, kappa.index, size=size)
    else:
        axes.set(xticks=[], yticks=[], xlabel=f"{n:,} {noun}", ylabel=f"{n:,} {noun}")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    bar = figure.colorbar(mesh, ax=axes, shrink=0.7, aspect=24)
    bar.ax.set_ylim(min(0.0, np.floor(10 * np.nanmin(off_diagonal, initial=0)) / 10), 1)
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.set_label("error consistency κ")
    return figure


def _axes(height_in: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, height_in), layout="compressed")
    return figure, figure.add_subplot()


def _rows_in(n_rows: int) -> float:
    """Return the height that rows need: a line of text each, while they have names."""
    return 0.75 + 0.25 * min(max(n_rows, 2), NAMES_UP_TO) * (1 if n_rows <= NAMES_UP_TO else 0.6)


def _name_rows(axes: Axes, names: Sequence[str] | pd.Index, noun: str) -> None:
    if len(names) <= NAMES_UP_TO:
        axes.set_yticks(np.arange(len(names)), [str(name) for name in names])
    else:
        axes.set(yticks=[], ylabel=f"{len(names):,} {noun}, by accuracy")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(-0.7, len(names) - 0.3)
