"""Accuracy on classes of Gaussian noise, by their divergence from the nearest class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.json_values import table_with_reasons
from analysis.report.section import DynamicsReport, Section
from analysis.report.style import BLUE, INK, new_axes, styled
from model_eval.images.gaussian import divergence_to_neighbour

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOISE = "gaussian:"
"""Start of the names of image sources of Gaussian noise; their classes are named by standard deviation."""


@dataclass(frozen=True)
class Noise:
    """Classes of Gaussian noise.

    Attributes
    ----------
    noise : DataFrame or None, index class_name
        `sd`, `divergence` (Kullback–Leibler, from the nearest class, in nats per pixel), `accuracy` (mean
        over models), `accuracy_low`, `accuracy_high` (range). None for other images.
    """

    noise: pd.DataFrame | None


def compute(report: DynamicsReport) -> Noise:
    """Compute the accuracy of each class and its divergence."""
    models = report.models
    if not models.source.startswith(NOISE):
        return Noise(None)
    accuracy = pd.DataFrame(models.correct.T).groupby(models.images["class_name"].to_numpy()).mean()
    sd = accuracy.index.to_numpy().astype(float)
    return Noise(
        pd.DataFrame(
            {
                "sd": sd,
                "divergence": divergence_to_neighbour(sd),
                "accuracy": accuracy.mean(axis=1),
                "accuracy_low": accuracy.min(axis=1),
                "accuracy_high": accuracy.max(axis=1),
            },
            index=accuracy.index.rename("class_name"),
        )
    )


@styled
def accuracy_by_divergence(classes: pd.DataFrame) -> Figure:
    """Draw the accuracy of classes of noise against their divergence from the nearest class.

    Parameters
    ----------
    classes : DataFrame
        `sd` (written for some), `divergence` (to the nearest class, in nats per pixel), and `accuracy` with
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


SECTION = Section(
    name="noise",
    compute=compute,
    results=lambda found: {"noise": found.noise},
    figures={"noise": lambda found, _: None if found.noise is None else accuracy_by_divergence(found.noise)},
    tables={"noise": lambda found, _: None if found.noise is None else table_with_reasons(found.noise)},
)
