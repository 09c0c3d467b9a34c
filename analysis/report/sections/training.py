"""How decisions change while networks are trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report.epoch_figures import accuracy_and_flips, decisions_by_epoch, learning
from analysis.report.json_values import LeftOut, table_with_reasons
from analysis.report.section import DynamicsReport, Section
from analysis.report.sections import independent_models
from analysis.report.style import FROM_EASY
from analysis.statistics.training_dynamics import (
    accuracy_by_epoch,
    flip_share,
    forgetting_events,
    right_for_good,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORGOTTEN = ("0", "1", "2", "3+")
"""Classes of the number of forgetting events."""


@dataclass(frozen=True)
class Training:
    """Decisions by epoch, from the untrained networks on, over the epochs that all networks have.

    Attributes
    ----------
    last_common_epoch : int or None
        None, as everything else, for a pool.
    epochs : DataFrame or None
        `epoch`, `accuracy_mean`, `accuracy_base`, and the share of decisions that changed since the epoch
        before: `flips_mean`, `flips_base`.
    right_for_good, forgetting : DataFrame or None
        As `analysis.report.epoch_figures.learning` takes them.
    accuracy, flips : ndarray of float, shapes (n_models, n_epochs) and (n_models, n_epochs − 1), or None
    """

    last_common_epoch: int | None
    epochs: pd.DataFrame | None
    right_for_good: pd.DataFrame | None
    forgetting: pd.DataFrame | None
    accuracy: LeftOut[np.ndarray | None]
    flips: LeftOut[np.ndarray | None]


def compute(report: DynamicsReport) -> Training:
    """Describe the training of all networks."""
    correct = report.models.by_epoch
    if correct is None:
        return Training(None, None, None, None, None, None)
    accuracy, flips = accuracy_by_epoch(correct), flip_share(correct)
    curves, forgotten = learning_curves(correct, report.of(independent_models.compute).of_image)
    return Training(
        last_common_epoch=correct.shape[1] - 1,
        epochs=_epochs(accuracy, flips, report.models.base),
        right_for_good=curves,
        forgetting=forgotten,
        accuracy=accuracy,
        flips=flips,
    )


def _epochs(accuracy: np.ndarray, flips: np.ndarray, base: int | None) -> pd.DataFrame:
    flips = np.column_stack([np.full(len(flips), np.nan), flips])
    return pd.DataFrame(
        {
            "epoch": np.arange(accuracy.shape[1]),
            "accuracy_mean": accuracy.mean(axis=0),
            "accuracy_base": None if base is None else accuracy[base],
            "flips_mean": flips.mean(axis=0),
            "flips_base": None if base is None else flips[base],
        }
    )


def learning_curves(correct: np.ndarray, difficulty: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return from which epoch on images stay right, and how often they were forgotten, by difficulty.

    Parameters
    ----------
    correct : ndarray of bool, shape (n_models, n_epochs, n_images)
    difficulty : ndarray of str, shape (n_images,)

    Returns
    -------
    right_for_good : DataFrame, index epoch, columns difficulty
        Share of images that stay right from that epoch or an earlier one, mean over models.
    forgetting : DataFrame, index `FORGOTTEN`, columns difficulty
        Share of images with so many forgetting events, mean over models.
    """
    n_epochs = correct.shape[1]
    settled = right_for_good(correct)
    events = np.minimum(forgetting_events(correct), len(FORGOTTEN) - 1)
    curves, forgotten = {}, {}
    for kind in FROM_EASY:
        of_kind = difficulty == kind
        if of_kind.any():
            since = settled[:, of_kind]
            curves[str(kind)] = [((since >= 0) & (since <= epoch)).mean() for epoch in range(n_epochs)]
            counts = np.bincount(events[:, of_kind].ravel(), minlength=len(FORGOTTEN))
            forgotten[str(kind)] = counts / counts.sum()
    return (
        pd.DataFrame(curves).rename_axis("epoch"),
        pd.DataFrame(forgotten, index=pd.Index(FORGOTTEN, name="forgetting_events")),
    )


def _draw_epochs(found: Training, report: DynamicsReport) -> Figure | None:
    if found.accuracy is None or found.flips is None:
        return None
    return accuracy_and_flips(found.accuracy, found.flips, report.models.base)


def _draw_decisions(_: Training, report: DynamicsReport) -> Figure | None:
    models = report.models
    if models.by_epoch is None:
        return None
    difficulty = report.of(independent_models.compute).of_image
    return decisions_by_epoch(models.by_epoch.mean(axis=0), difficulty, len(models.models))


def _draw_learning(found: Training, _: DynamicsReport) -> Figure | None:
    if found.right_for_good is None or found.forgetting is None:
        return None
    return learning(found.right_for_good, found.forgetting)


def _table(table: pd.DataFrame | None) -> pd.DataFrame | None:
    return None if table is None else table_with_reasons(table)


SECTION = Section(
    name="training",
    compute=compute,
    results=lambda found: {
        "last_common_epoch": found.last_common_epoch,
        "epochs": found.epochs,
        "right_for_good": found.right_for_good,
        "forgetting": found.forgetting,
    },
    figures={"epochs": _draw_epochs, "decisions": _draw_decisions, "learning": _draw_learning},
    tables={
        "epochs": lambda found, _: _table(found.epochs),
        "right_for_good": lambda found, _: _table(found.right_for_good),
        "forgetting": lambda found, _: _table(found.forgetting),
    },
)
