"""The models of the pool and their accuracy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.report.section import Section, key
from analysis.report.style import BLUE, INK, NAMES_UP_TO, height_of_rows, name_rows, new_axes, styled
from analysis.report.task import StudyReport
from model_eval.manifests import PoolManifest

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Models:
    """Models, each evaluated on all images.

    Attributes
    ----------
    images : str
        The image source.
    n_images : int
    device : str or None
    accuracy_mean, accuracy_low, accuracy_high : float
        Top-1 accuracy: mean and range over models.
    models : list of dict
        `name`, `source`, `family`, `weights`, `n_parameters`, `weights_sha256`, `arithmetic`, `accuracy`.
    failures : dict of str to str
        Models that failed → why.
    n_skipped : int
        Images that could not be read.
    imported : dict or None
        `format`, `labels` (where they are from) and `n_unknown_predictions` of imported decisions; None where
        models were evaluated here.
    """

    images: str | None
    n_images: int
    device: str | None
    accuracy_mean: float
    accuracy_low: float
    accuracy_high: float
    models: list[dict[str, Any]] = field(repr=False)
    failures: dict[str, str]
    n_skipped: int
    imported: dict[str, Any] | None


def compute(report: StudyReport) -> Models | None:
    """Return what is known of the models; None where a published table was labelled."""
    decisions = report.data.decisions
    if decisions is None:
        return None
    manifest = report.data.manifests["decisions/pool.json"]
    assert isinstance(manifest, PoolManifest)
    about = ("name", "source", "family", "weights", "n_parameters", "weights_sha256", "arithmetic")
    accuracy = pd.Series(decisions.accuracy, index=list(decisions.models))
    return Models(
        images=manifest.images.source,
        n_images=len(decisions.images),
        device=None if manifest.imported else manifest.device,
        accuracy_mean=float(accuracy.mean()),
        accuracy_low=float(accuracy.min()),
        accuracy_high=float(accuracy.max()),
        models=[
            {name: getattr(model, name) for name in about} | {"accuracy": accuracy[model.name]}
            for model in manifest.models
            if model.name in accuracy.index
        ],
        failures=decisions.failures,
        n_skipped=len(manifest.images.skipped),
        imported=manifest.imported
        and {
            name: getattr(manifest.imported, name) for name in ("format", "labels", "n_unknown_predictions")
        },
    )


@styled
def model_accuracies(accuracy: pd.Series, n_images: int) -> Figure:
    """Draw the top-1 accuracy of each model, the best at the top.

    Parameters
    ----------
    accuracy : Series of float, index model
        Shares between 0 and 1.
    n_images : int
        Number of images that each model was evaluated on.
    """
    ordered = accuracy.sort_values(ascending=False, kind="stable")[::-1]
    figure, axes = new_axes(height_of_rows(len(ordered)))
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
    name_rows(axes, ordered.index, "models")
    axes.set(xlim=(0, 100), xlabel=f"top-1 accuracy on {n_images:,} images (%)")
    return figure


def _draw(found: Models | None, report: StudyReport) -> Figure | None:
    decisions = report.data.decisions
    if found is None or decisions is None:
        return None
    return model_accuracies(pd.Series(decisions.accuracy, index=list(decisions.models)), found.n_images)


SECTION = Section(
    name="models",
    compute=compute,
    results=key("pool"),
    figures={"models": _draw},
    tables={"models": lambda found, _: None if found is None else pd.DataFrame(found.models)},
)
