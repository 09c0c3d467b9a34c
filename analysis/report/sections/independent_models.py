"""Difficulty of the images, in comparison with independent models of the same accuracies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.drawings import draw_difficulties
from analysis.report.json_values import LeftOut
from analysis.report.section import DynamicsReport, Section, key
from analysis.report.style import INK, new_axes, styled
from analysis.statistics.training_dynamics import independent_histogram
from model_eval.columns import Difficulty
from model_eval.label.criterion import difficulty_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class DifficultyUnderModels:
    """Difficulty of the images under the compared models.

    Attributes
    ----------
    tolerance : int
    counts, shares : dict of str to number
        Images by difficulty.
    strict : dict of str to float
        Shares of images that all models, and that no model, got right.
    independent : dict of str to float
        Expected shares under independent models.
    n_label_errors : dict of str to int
        Images with a wrong label, by difficulty.
    histogram : DataFrame
        `n_correct`, `n_images`, `n_label_errors`, and `independent`: images expected under independent
        models.
    of_image : ndarray of str, shape (n_images,)
    """

    tolerance: int
    counts: dict[str, int]
    shares: dict[str, float]
    strict: dict[str, float]
    independent: dict[str, float]
    n_label_errors: dict[str, int]
    histogram: pd.DataFrame
    of_image: LeftOut[np.ndarray]


def compute(report: DynamicsReport) -> DifficultyUnderModels:
    """Label the images by these models, and compare with independent ones."""
    models, tolerance = report.models, report.tolerance
    n_models, n_images = models.correct.shape
    n_correct, wrong = models.correct.sum(axis=0), models.label_error
    difficulty = difficulty_of(n_correct, n_models, tolerance)
    expected = n_images * independent_histogram(models.correct.mean(axis=1))
    trivial = expected[n_models - tolerance :].sum() / n_images
    impossible = expected[: tolerance + 1].sum() / n_images
    counts = {str(kind): int((difficulty == kind).sum()) for kind in Difficulty}
    histogram = pd.DataFrame(
        {
            "n_correct": np.arange(n_models + 1),
            "n_images": np.bincount(n_correct, minlength=n_models + 1),
            "n_label_errors": np.bincount(n_correct[wrong], minlength=n_models + 1),
            "independent": expected,
        }
    )
    return DifficultyUnderModels(
        tolerance=tolerance,
        counts=counts,
        shares={kind: n / n_images for kind, n in counts.items()},
        strict={
            "trivial": float((n_correct == n_models).mean()),
            "impossible": float((n_correct == 0).mean()),
        },
        independent={"trivial": trivial, "impossible": impossible, "in-between": 1 - trivial - impossible},
        n_label_errors={str(kind): int(wrong[difficulty == kind].sum()) for kind in Difficulty},
        histogram=histogram,
        of_image=difficulty,
    )


@styled
def histogram_with_independent(
    n_correct: np.ndarray, difficulty: np.ndarray, independent: np.ndarray, label_error: np.ndarray
) -> Figure:
    """Draw the number of images that 0, 1, 2 … models got right, and what independent models would give.

    Parameters
    ----------
    n_correct : ndarray of int, shape (n_images,)
    difficulty : ndarray of str, shape (n_images,)
    independent : ndarray of float, shape (n_models + 1,)
        Expected number of images under independent models of the same accuracies.
    label_error : ndarray of bool, shape (n_images,)
        Images whose label is known to be wrong; marked, if there are any.
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


def _draw(found: DifficultyUnderModels, report: DynamicsReport) -> Figure:
    n_correct, expected = report.models.correct.sum(axis=0), found.histogram["independent"].to_numpy()
    return histogram_with_independent(n_correct, found.of_image, expected, report.models.label_error)


def _images_table(found: DifficultyUnderModels, report: DynamicsReport) -> pd.DataFrame:
    models = report.models
    return models.images[["image_id", "label", "class_name"]].assign(
        n_models=len(models.models), n_correct=models.correct.sum(axis=0), difficulty=found.of_image
    )


SECTION = Section(
    name="independent_models",
    compute=compute,
    results=key("difficulty"),
    figures={"histogram": _draw},
    tables={"histogram": lambda found, _: found.histogram, "images": _images_table},
)
