"""Figures about what the labels owe to the pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.figures import (
    BLUE,
    DIFFICULTY_COLOURS,
    FAINT,
    TEXT_COLOURS,
    VERMILION,
    WIDTH_IN,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEFT_OUT_UP_TO = 24
"""More models than these have no room; those that change most are drawn."""
STYLES = {"trivial": "o-", "in-between": "s--", "impossible": "^:"}


@styled
def shares_by_pool_size(by_size: pd.DataFrame) -> Figure:
    """Draw the share of each difficulty in sub-pools of growing size.

    Parameters
    ----------
    by_size : DataFrame
        `n_models`, `difficulty`, `share`, `low`, `high`: ``pool_size.csv``.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(WIDTH_IN, 3.0), layout="constrained")
    axes = figure.add_subplot()
    for kind, colour in DIFFICULTY_COLOURS.items():
        rows = by_size[(by_size["difficulty"] == kind) & by_size["share"].notna()].sort_values("n_models")
        if rows.empty:
            continue
        axes.fill_between(
            rows["n_models"], 100 * rows["low"], 100 * rows["high"], color=colour, alpha=0.2, lw=0
        )
        axes.plot(
            rows["n_models"],
            100 * rows["share"],
            STYLES[kind],
            color=TEXT_COLOURS[kind],
            ms=3.5,
            lw=1.3,
            label=str(kind),
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), labelcolor="linecolor", borderaxespad=0.2)
    axes.set(ylim=(0, None), xlabel="models in the sub-pool", ylabel="images (%)")
    return figure


@styled
def leave_one_out(left_out: pd.DataFrame) -> Figure:
    """Draw how the shares change without each model and each family, the largest change on top.

    Parameters
    ----------
    left_out : DataFrame
        `what`, `left_out`, `trivial_change`, `impossible_change`: ``leave_one_out.csv``.
    """
    from matplotlib.figure import Figure

    rows = left_out.dropna(subset=["trivial_change", "impossible_change"])
    size = rows[["trivial_change", "impossible_change"]].abs().sum(axis=1)
    rows = rows.loc[size.sort_values(ascending=False, kind="stable").index[:LEFT_OUT_UP_TO]][::-1]
    figure = Figure(figsize=(WIDTH_IN, 1.2 + 0.24 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    at = np.arange(len(rows))
    axes.axvline(0, color=FAINT, lw=1, ls=(0, (4, 3)))
    for name, marker, colour, shift in (("trivial", "o", BLUE, 0.12), ("impossible", "^", VERMILION, -0.12)):
        axes.scatter(100 * rows[f"{name}_change"], at + shift, s=24, marker=marker, color=colour, label=name)
    names = [
        str(name) if what == "model" else f"family {name}"
        for what, name in zip(rows["what"], rows["left_out"], strict=True)
    ]
    axes.set_yticks(at, names)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    figure.legend(loc="outside upper right", ncols=2, labelcolor="linecolor", handletextpad=0.2)
    axes.set(ylim=(-0.7, len(rows) - 0.3), xlabel="change of the share without it (percentage points)")
    return figure
