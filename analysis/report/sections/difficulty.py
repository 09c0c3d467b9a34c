"""How hard the images are for networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.drawings import draw_difficulties
from analysis.report.section import Section, key
from analysis.report.style import new_axes, styled
from analysis.report.task import StudyReport
from model_eval.columns import Difficulty

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class DifficultyOfImages:
    """Number of images of each difficulty.

    Attributes
    ----------
    images : str or None
        The image source.
    n_images, n_not_labelled : int
        Images with a difficulty, and images that too few models were evaluated on.
    n_models : int
        Largest number of models evaluated on an image.
    tolerance : int
        Models that may dissent about a trivial or an impossible image.
    counts, shares : dict of str to number
        By difficulty.
    histogram : DataFrame
        `n_correct`, `difficulty`, `n_images`.
    """

    images: str | None
    n_images: int
    n_not_labelled: int
    n_models: int
    tolerance: int
    counts: dict[str, int]
    shares: dict[str, float]
    histogram: pd.DataFrame


def compute(report: StudyReport) -> DifficultyOfImages:
    """Count the images of each difficulty."""
    manifest, images = report.data.difficulty.manifest, report.data.images
    counts = {str(kind): int((images["difficulty"] == kind).sum()) for kind in Difficulty}
    return DifficultyOfImages(
        images=manifest.images,
        n_images=len(images),
        n_not_labelled=len(report.data.difficulty.images) - len(images),
        n_models=int(images["n_models"].max()),
        tolerance=manifest.tolerance,
        counts=counts,
        shares={kind: count / len(images) for kind, count in counts.items()},
        histogram=images.groupby(["n_correct", "difficulty"]).size().rename("n_images").reset_index(),
    )


@styled
def correct_model_histogram(n_correct: np.ndarray, difficulty: np.ndarray, n_models: int) -> Figure:
    """Draw the number of images that 0, 1, 2 … models got right, coloured by difficulty.

    Parameters
    ----------
    n_correct, difficulty, n_models
        As for `analysis.report.drawings.draw_difficulties`.
    """
    figure, axes = new_axes(3.0)
    draw_difficulties(axes, n_correct, difficulty, n_models)
    return figure


def _draw(found: DifficultyOfImages, report: StudyReport) -> Figure:
    images = report.data.images
    return correct_model_histogram(
        images["n_correct"].to_numpy(), images["difficulty"].to_numpy(), found.n_models
    )


SECTION = Section(
    name="difficulty",
    compute=compute,
    results=key("difficulty"),
    figures={"histogram": _draw},
    tables={"histogram": lambda found, _: found.histogram},
    needs_labels=True,
)
