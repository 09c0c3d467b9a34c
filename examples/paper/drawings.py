"""Two figures of the paper's appendix that no report of tricky has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special, stats

from analysis.report.style import (
    BLUE,
    DIFFICULTY_COLOURS,
    FROM_EASY,
    GREY,
    INK,
    TEXT_COLOURS,
    VERMILION,
    WIDTH_IN,
    height_of_rows,
    new_axes,
    styled,
    without_left_axis,
)
from analysis.statistics.difficulty_models import DifficultyModel

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def distributions_of_difficulty(
    n_images: np.ndarray, beta: DifficultyModel, sigmoid: DifficultyModel
) -> Figure:
    """Draw two distributions of difficulty, and the histograms that they expect next to the observed one.

    Parameters
    ----------
    n_images : ndarray of int, shape (n_models + 1,)
    beta, sigmoid : DifficultyModel
        As `fit_beta` and `fit_sigmoid` return them.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, 5.2), layout="compressed")
    upper, lower = figure.subplots(2, 1)
    p = np.linspace(0.002, 0.998, 499)
    a, b, slope = beta.parameters["a"], beta.parameters["b"], sigmoid.parameters["slope"]
    density = special.expit(slope * (p - 0.5))
    labels = (f"beta, a = {a:.2f}, b = {b:.2f}", f"sigmoid, slope {slope:.2f}")
    upper.plot(p, stats.beta.pdf(p, a, b), color=BLUE, lw=1.8, label=labels[0])
    upper.plot(p, density / density.mean(), color=VERMILION, lw=1.8, ls=(0, (5, 2)), label=labels[1])
    upper.set(xlim=(0, 1), ylim=(0, 6), ylabel="density of images", xlabel="probability of a right answer")
    upper.legend(loc="upper center", fontsize=9)
    at = np.arange(len(n_images))
    lower.bar(at, 100 * n_images / n_images.sum(), width=0.82, color=GREY, label="images")
    lower.plot(at, 100 * beta.shares, "o-", color=BLUE, mfc="white", ms=4, lw=1.2, label="beta")
    lower.plot(at, 100 * sigmoid.shares, "s--", color=VERMILION, mfc="white", ms=4, lw=1.2, label="sigmoid")
    lower.set_xticks(range(0, len(n_images), 1 + len(n_images) // 20))
    lower.set(
        xlim=(-0.6, len(n_images) - 0.4),
        xlabel=f"number of correct models (of {len(n_images) - 1})",
        ylabel=f"images (%), n = {n_images.sum():,}",
    )
    lower.legend(loc="upper center", fontsize=9)
    return figure


@styled
def difficulty_of_groups(difficulty: np.ndarray, groups: np.ndarray) -> Figure:
    """Draw how the images of each difficulty are distributed over groups, next to all images.

    Parameters
    ----------
    difficulty, groups : ndarray of str, shape (n_images,)
    """
    counts = pd.crosstab(groups, difficulty)
    shares = 100 * counts / counts.sum()
    everything = 100 * counts.sum(axis=1) / counts.to_numpy().sum()
    order = everything.sort_values().index
    rows = np.arange(len(order))
    figure, axes = new_axes(0.55 + height_of_rows(len(order)), "constrained")
    axes.barh(rows, everything[order], height=0.7, color="#e8eaed", label="all images")
    offsets = dict(zip(FROM_EASY, (0.2, 0.0, -0.2), strict=True))
    for kind, marker in zip(FROM_EASY, "osD", strict=True):
        if str(kind) in shares:
            axes.plot(
                shares[str(kind)][order],
                rows + offsets[kind],
                marker,
                color=DIFFICULTY_COLOURS[kind],
                mec=TEXT_COLOURS[kind],
                ms=5,
                clip_on=False,
                label=str(kind),
            )
    axes.set_yticks(rows, [str(name) for name in order])
    without_left_axis(axes)
    axes.set(xlim=(0, None), xlabel="share of the images of a difficulty (%)")
    figure.legend(
        loc="outside upper left", ncols=4, fontsize=8.5, labelcolor=INK, columnspacing=1.1, handlelength=1.2
    )
    return figure
