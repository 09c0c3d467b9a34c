"""The figure of studies side by side."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.figures import DIFFICULTY_COLOURS, FAINT, INK, WIDTH_IN, styled
from model_eval.records import Difficulty

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME_WIDTH = 20
"""Letters of a study's name in one line."""


@styled
def studies_beside(studies: pd.DataFrame, *, level: float, chance: float) -> Figure:
    """Draw each study's shares of difficulty, and beside them the accuracy of its observers.

    Parameters
    ----------
    studies : DataFrame
        As `analysis.data.other_studies.studies_of` returns it; the first is drawn on top.
    level : float
        Coverage of this study's interval.
    chance : float
        Proportion correct by guessing.
    """
    from matplotlib.figure import Figure

    rows = np.arange(len(studies))[::-1]
    figure = Figure(figsize=(WIDTH_IN, 1.25 + 0.5 * max(len(studies), 2)), layout="constrained")
    shares, accuracy = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    left = np.zeros(len(studies))
    for kind in (Difficulty.TRIVIAL, Difficulty.IN_BETWEEN, Difficulty.IMPOSSIBLE):
        width = 100 * studies[str(kind)].to_numpy(float)
        shares.barh(rows, width, left=left, height=0.6, color=DIFFICULTY_COLOURS[kind], label=str(kind))
        for row, start, size in zip(rows, left, width, strict=True):
            if size >= 9:
                colour = INK if kind == Difficulty.IN_BETWEEN else "white"
                shares.text(start + size / 2, row, f"{size:.0f}", ha="center", va="center", color=colour)
        left += width
    names = ["\n".join(textwrap.wrap(name, NAME_WIDTH)) for name in studies["study"].astype(str)]
    shares.set_yticks(rows, names)
    shares.set(xlim=(0, 100), xlabel="images (%)", ylim=(-0.7, len(studies) - 0.3))
    shares.tick_params(axis="y", length=0)
    shares.spines["left"].set_visible(False)
    figure.legend(loc="outside upper center", ncols=3, handlelength=1)

    centre, low, high = (
        100 * studies[name].to_numpy(float) for name in ("accuracy", "accuracy_low", "accuracy_high")
    )
    known = np.isfinite(low)
    accuracy.axvline(100 * chance, color=FAINT, lw=1, ls=(0, (4, 3)))
    accuracy.hlines(rows[known], low[known], high[known], color=INK, lw=1)
    people = (studies["kind"] == "person").to_numpy()
    for mine, filling in ((people, INK), (~people, "white")):
        accuracy.plot(centre[mine], rows[mine], "o", mec=INK, mfc=filling, ms=5)
    lowest = min(np.nanmin(np.r_[low, centre]), 100 * chance - 5)
    accuracy.set(xlim=(max(0, 5 * np.floor(lowest / 5)), 101), xlabel=f"accuracy (%),\n{level:.0%} intervals")
    accuracy.tick_params(axis="y", length=0)
    accuracy.spines["left"].set_visible(False)
    return figure
