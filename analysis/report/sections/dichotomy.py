"""How dichotomous the difficulty of the images is under the compared models."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.report.section import DynamicsReport, Section
from analysis.statistics.dichotomy import Dichotomy, measure_dichotomy


@dataclass(frozen=True)
class DichotomyOfModels:
    """The compared models, and the dichotomy of their decisions.

    Attributes
    ----------
    folder : str
        ``conditions`` or ``decisions``.
    source : str
        The image source.
    n_images, n_models : int
    n_conditions : int or None
        None for a pool.
    dichotomy : Dichotomy
    """

    folder: str
    source: str
    n_images: int
    n_models: int
    n_conditions: int | None
    dichotomy: Dichotomy


def compute(report: DynamicsReport) -> DichotomyOfModels:
    """Measure the dichotomy."""
    models = report.models
    n_models, n_images = models.correct.shape
    return DichotomyOfModels(
        folder=models.folder,
        source=models.source,
        n_images=n_images,
        n_models=n_models,
        n_conditions=None if models.conditions is None else len(set(models.conditions)),
        dichotomy=measure_dichotomy(
            models.correct, report.generator("dichotomy"), holds_for=models.holds_for, level=report.level
        ),
    )


SECTION = Section(name="dichotomy", compute=compute, results=lambda found: vars(found))
