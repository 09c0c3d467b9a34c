"""Similarity of the models of each condition to the base network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.data.compared_models import ComparedModels
from analysis.report.style import BLUE, FAINT, INK, new_axes, styled, without_left_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def rows_of_conditions(models: ComparedModels, matrix: np.ndarray) -> pd.DataFrame:
    """Return the similarity of each condition's models to the base network, from a matrix of all models.

    Returns
    -------
    DataFrame, one row a condition
        `condition`, `models`, `values` (one a model), `mean`; empty for a pool.
    """
    if models.conditions is None or models.base is None:
        return pd.DataFrame(columns=["condition", "models", "values", "mean"])
    rows = []
    for condition in dict.fromkeys(models.conditions):
        own = [k for k, name in enumerate(models.conditions) if name == condition and k != models.base]
        if own:
            values = matrix[models.base, own]
            rows.append(
                {
                    "condition": condition,
                    "models": [models.models[k] for k in own],
                    "values": values.tolist(),
                    "mean": values.mean(),
                }
            )
    return pd.DataFrame(rows)


@styled
def similarity_to_base(rows: pd.DataFrame, xlabel: str) -> Figure:
    """Draw the similarity of each model to the base network, one row a condition, the most similar on top.

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
    without_left_axis(axes)
    axes.set(xlim=(np.floor(10 * smallest - 0.3) / 10, 1.0), ylim=(-0.6, len(ordered) - 0.4), xlabel=xlabel)
    return figure
