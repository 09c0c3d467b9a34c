"""Error consistency of the models on all images, and without trivial or impossible ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.report.drawings import kappa_colours, name_subjects, write_kappas
from analysis.report.json_values import LeftOut, table_with_reasons
from analysis.report.section import DynamicsReport, Section
from analysis.report.sections import independent_models
from analysis.report.style import FAINT, INK, NAMES_UP_TO, WIDTH_IN, new_axes, styled
from analysis.report.subject_consistency import table_of_pairs
from analysis.statistics.pool_intervals import n_resamples_for
from analysis.statistics.subsets import (
    LabelledBy,
    Subset,
    SubsetConsistency,
    consistency_by_subset,
    order_of_models,
)
from model_eval.columns import Difficulty

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VALUES_UP_TO = 14
"""In larger matrices, numbers do not fit."""


@dataclass(frozen=True)
class ConsistencyBySubset:
    """Error consistency of the models by subset of images.

    Attributes
    ----------
    models : DataFrame
        `model`, `condition`, `accuracy`, `accuracy_in_between`, and the mean κ with the other models,
        `kappa_all` and `kappa_in_between`; similar models are next to each other.
    subsets : list of dict
        As `SubsetConsistency`, without the matrix.
    on_all, on_in_between : DataFrame, models × models
        κ on all images, and on those that the models other than the pair disagree about.
    """

    models: pd.DataFrame
    subsets: list[dict[str, Any]]
    on_all: LeftOut[pd.DataFrame]
    on_in_between: LeftOut[pd.DataFrame]


def compute(report: DynamicsReport) -> ConsistencyBySubset:
    """Compare every two models on each subset of images."""
    models = report.models
    subsets = consistency_by_subset(
        models.correct,
        report.tolerance,
        report.generator("subsets"),
        holds_for=models.holds_for,
        level=report.level,
        n_resamples=n_resamples_for(*models.correct.shape),
    )
    on_all = next(each for each in subsets if each.subset == Subset.ALL).kappa
    on_in_between = next(each.kappa for each in subsets if _labelled_by_others(each))
    order = order_of_models(on_in_between)
    in_between = report.of(independent_models.compute).of_image == Difficulty.IN_BETWEEN
    accuracy = models.correct[:, in_between].mean(axis=1) if in_between.any() else np.nan
    table = pd.DataFrame(
        {
            "model": models.models,
            "condition": models.conditions or None,
            "accuracy": models.correct.mean(axis=1),
            "accuracy_in_between": accuracy,
            "kappa_all": _mean_with_others(on_all),
            "kappa_in_between": _mean_with_others(on_in_between),
        }
    )
    return ConsistencyBySubset(
        table.iloc[order],
        [{name: value for name, value in asdict(each).items() if name != "kappa"} for each in subsets],
        *(
            pd.DataFrame(kappa, index=models.models, columns=models.models).iloc[order, order]
            for kappa in (on_all, on_in_between)
        ),
    )


def _labelled_by_others(each: SubsetConsistency) -> bool:
    return each.subset == Subset.IN_BETWEEN and each.labelled_by == LabelledBy.OTHERS


def _mean_with_others(kappa: np.ndarray) -> np.ndarray:
    others = ~np.eye(len(kappa), dtype=bool)
    return pd.DataFrame(np.where(others, kappa, np.nan)).mean(axis=1).to_numpy()


@styled
def two_consistencies(below: pd.DataFrame, above: pd.DataFrame, labels: tuple[str, str]) -> Figure:
    """Draw two error consistencies of every pair of models in one matrix, one on each side of the diagonal.

    Parameters
    ----------
    below, above : DataFrame, models × models
        Symmetric, with the same models in the order to draw; NaN where κ is undefined.
    labels : tuple of str
        What the triangle below shows, and the one above.
    """
    n = len(below)
    figure, axes = new_axes(WIDTH_IN * 0.98)
    values = np.where(np.tri(n, dtype=bool), below.to_numpy(), above.to_numpy())
    np.fill_diagonal(values, np.nan)
    colours = kappa_colours(undefined="white")
    line = 0 if n > NAMES_UP_TO else 1
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(values), cmap=colours, vmin=-1, vmax=1, edgecolors="white", lw=line
    )
    mesh.set_rasterized(n > NAMES_UP_TO)
    if n <= VALUES_UP_TO:
        write_kappas(axes, values, dark_from=0.55, size=7 if n > 10 else 8)
    axes.plot([0, n], [0, n], color=FAINT, lw=0.8)
    name_subjects(axes, below.index)
    axes.set_title(f"above the diagonal: {labels[1]}", loc="right", size=9, color=INK, pad=5)
    axes.set_xlabel(f"below the diagonal: {labels[0]}", loc="left", size=9, labelpad=6)
    bar = figure.colorbar(mesh, ax=axes, shrink=0.62, aspect=24)
    bar.ax.set_ylim(min(0.0, np.floor(10 * np.nanmin(values, initial=0)) / 10), 1)
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.set_label("error consistency κ")
    return figure


def _draw(found: ConsistencyBySubset, _: DynamicsReport) -> Figure:
    labels = ("all images", "in-between images only")
    return two_consistencies(found.on_all, found.on_in_between, labels)


SECTION = Section(
    name="subsets",
    compute=compute,
    results=lambda found: {"models": found.models, "subsets": found.subsets},
    figures={"consistency": _draw},
    tables={
        "models": lambda found, _: table_with_reasons(found.models),
        "subsets": lambda found, _: table_with_reasons(found.subsets),
        "consistency_all": lambda found, _: table_of_pairs(found.on_all, "model"),
        "consistency_in_between": lambda found, _: table_of_pairs(found.on_in_between, "model"),
    },
)
