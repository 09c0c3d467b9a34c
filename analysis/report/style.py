"""The style of all figures, and how they are saved.

Figures are functions of arrays that return a matplotlib Figure. They use neither pyplot nor global state; the
style applies only while a figure is drawn or saved. The same data give the same file, byte for byte.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from model_eval.columns import Difficulty
from tricky.core.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

# Okabe & Ito (2008): distinguishable with every common kind of colour blindness.
BLUE, VERMILION, GREY = "#0072b2", "#d55e00", "#b8bcc2"
INK, FAINT = "#22262b", "#6b727b"
DIFFICULTY_COLOURS = {
    Difficulty.IMPOSSIBLE: VERMILION,
    Difficulty.IN_BETWEEN: GREY,
    Difficulty.TRIVIAL: BLUE,
}
TEXT_COLOURS = {kind: FAINT if colour == GREY else colour for kind, colour in DIFFICULTY_COLOURS.items()}
"""The bars' grey is too light to read."""

FROM_EASY = (Difficulty.TRIVIAL, Difficulty.IN_BETWEEN, Difficulty.IMPOSSIBLE)

WIDTH_IN = 4.8
"""Width of a column of text on a page; still readable on a phone."""
NAMES_UP_TO = 40
"""With more rows, names do not fit."""
ROWS_UP_TO = 120
"""Of more subjects, a histogram is drawn in place of one row for each."""

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
    """Return the lengths of error bars below and above values, shape (2, n); 0 without an interval.

    Never below 0: the upper limit of 60 correct in 60 is rounded to just below 1.
    """
    value, low, high = (np.asarray(each, dtype=float) for each in (value, low, high))
    return np.nan_to_num(np.stack([value - low, high - value])).clip(min=0)


P = ParamSpec("P")
R = TypeVar("R")


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Run a function under this style, whatever the user's own is."""

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
    """Write ``stem.svg`` and ``stem.png``, without dates: the same figure gives the same files."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    # The layout is computed once, for both files. Without an engine, saving draws once and not twice.
    figure.set_dpi(72)  # of SVG
    FigureCanvasSVG(figure)
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
    figure.set_layout_engine(None)
    for suffix, metadata in ((".svg", {"Date": None}), (".png", {"Software": None})):
        with replacing(stem.with_suffix(suffix)) as part:
            figure.savefig(part, format=suffix[1:], metadata=metadata)


def new_axes(
    height_in: float, layout: Literal["compressed", "constrained"] = "compressed"
) -> tuple[Figure, Axes]:
    """Return an empty figure of the usual width, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, height_in), layout=layout)
    return figure, figure.add_subplot()


def height_of_rows(n_rows: int) -> float:
    """Return the height that rows need, in inches: a line of text each, while they have names."""
    return 0.75 + 0.25 * min(max(n_rows, 2), NAMES_UP_TO) * (1 if n_rows <= NAMES_UP_TO else 0.6)


def name_rows(axes: Axes, names: Sequence[str] | pd.Index, noun: str) -> None:
    """Write the names of rows, from the bottom to the top; or their number, if there are many."""
    if len(names) <= NAMES_UP_TO:
        axes.set_yticks(np.arange(len(names)), [str(name) for name in names])
    else:
        axes.set(yticks=[], ylabel=f"{len(names):,} {noun}, by accuracy")
    without_left_axis(axes)
    axes.set_ylim(-0.7, len(names) - 0.3)


def without_left_axis(axes: Axes) -> None:
    """Remove the line and the ticks on the left, next to the names of rows."""
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
