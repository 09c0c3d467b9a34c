"""Write and read ``conditions/``: the decisions of controlled training after every epoch.

The folder holds a table of decisions for each model, in the columns of ``decisions/``, and a manifest that
says which model belongs to which condition.  Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model_eval.columns import DECISION_DTYPES
from model_eval.decisions import read_images
from model_eval.training_manifests import ConditionsManifest, DivergedRecord
from tricky.core.errors import InputError
from tricky.core.files import check_hash, sha256_of
from tricky.core.manifests import read_manifest, write_manifest
from tricky.core.parquet import read_parquet, write_parquet

MANIFEST = "conditions.json"
MADE_BY = "tricky train"


@dataclass(frozen=True)
class ConditionModel:
    """One model that was trained under a condition.

    Attributes
    ----------
    name : str
        ``CONDITION-REPLICATE``: the name of its files.
    condition : str
    replicate : int
        From 1.
    network : str
        ``timm:NAME``.
    losses : tuple of float, length n_epochs
        Mean cross-entropy on the training images in epochs 1 … n_epochs, in nats.
    accuracies : tuple of float, length 1 + n_epochs
        Top-1 accuracy on the evaluated images after epochs 0 (untrained) … n_epochs.
    """

    name: str
    condition: str
    replicate: int
    network: str
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]

    @property
    def last_epoch(self) -> int:
        """The epoch after which training ended."""
        return len(self.losses)


@dataclass(frozen=True)
class EpochDecisions:
    """The decisions of every trained model on every image after every epoch.

    Attributes
    ----------
    conditions : mapping of str to dict
        The difference of each condition from the base network, by name in the recipe's order; the first is
        `BASE`, without a difference.
    models : tuple of ConditionModel
        The models trained so far, in the order of conditions and replicates.
    images : DataFrame, n_images rows
        `IMAGE_COLUMNS`.
    predictions : tuple of ndarray of int32, each of shape (1 + last_epoch, n_images)
        Predicted class index of each model after epochs 0 (untrained) … last_epoch.
    """

    conditions: Mapping[str, dict[str, Any]]
    models: tuple[ConditionModel, ...]
    images: pd.DataFrame
    predictions: tuple[np.ndarray, ...]

    @property
    def labels(self) -> np.ndarray:
        """True class index of each image, shape (n_images,)."""
        return self.images["label"].to_numpy()

    @property
    def correct(self) -> np.ndarray:
        """Whether each model was right after each epoch that all have, (n_models, n_epochs, n_images)."""
        n_epochs = min(len(predictions) for predictions in self.predictions)
        return np.stack([predictions[:n_epochs] == self.labels for predictions in self.predictions])

    @property
    def correct_at_end(self) -> np.ndarray:
        """Whether each model was right after its own last epoch, bool, shape (n_models, n_images)."""
        return np.stack([predictions[-1] == self.labels for predictions in self.predictions])


def write_epochs(path: Path, after_epochs: Sequence[pd.DataFrame]) -> None:
    """Write one model's decisions.

    Parameters
    ----------
    path : Path
        ``conditions/<model>.parquet``.
    after_epochs : sequence of DataFrame
        The rows of `decision_rows` after epochs 0, 1, 2 …; their column `epoch` is set here.
    """
    tables = [rows.assign(epoch=epoch) for epoch, rows in enumerate(after_epochs)]
    write_parquet(path, pd.concat(tables, ignore_index=True).astype(DECISION_DTYPES))


def write_conditions(
    folder: Path,
    *,
    conditions: Mapping[str, Mapping[str, Any]],
    models: Sequence[ConditionModel],
    diverged: Sequence[DivergedRecord] = (),
    unfinished: Sequence[str] = (),
    about: Mapping[str, Any],
) -> None:
    """Write ``conditions.json`` for the models whose files exist.

    Parameters
    ----------
    folder : Path
        ``conditions/``, with ``images.parquet`` and each model's files.
    conditions : mapping
        As in `EpochDecisions`.
    models, diverged : sequences
    unfinished : sequence of str
        Names of the models that are still to be trained.
    about : mapping
        Entries of every manifest: `made_from`, `settings`, `seed`, `versions`; and further entries.
    """
    write_manifest(
        folder / MANIFEST,
        ConditionsManifest,
        {
            **about,
            "images": {"sha256": sha256_of(folder / "images.parquet"), **about.get("images", {})},
            "conditions": {name: dict(difference) for name, difference in conditions.items()},
            "models": [
                asdict(model) | {"sha256": sha256_of(folder / f"{model.name}.parquet")} for model in models
            ],
            "diverged": [each.model_dump() for each in diverged],
            "unfinished": list(unfinished),
        },
    )


def read_conditions(folder: Path) -> EpochDecisions:
    """Read ``conditions/``: every trained model.  The hash of each file is checked.

    Raises
    ------
    InputError
        No model is trained yet, a file changed since, or its rows are not those of ``images.parquet``.
    """
    path = folder / MANIFEST
    manifest = read_manifest(path, ConditionsManifest, MADE_BY)
    images = read_images(folder / "images.parquet", manifest.images.sha256, path, MADE_BY)
    models, predictions = [], []
    for entry in manifest.models:
        model = ConditionModel(
            entry.name, entry.condition, entry.replicate, entry.network, entry.losses, entry.accuracies
        )
        table = folder / f"{model.name}.parquet"
        check_hash(table, entry.sha256, path, made_by=MADE_BY)
        models.append(model)
        predictions.append(_predictions(table, images["label"].to_numpy(), 1 + model.last_epoch))
    if not models:
        raise InputError(f"{path}: no model is trained yet; run `{MADE_BY}` again")
    return EpochDecisions(manifest.conditions, tuple(models), images, tuple(predictions))


def _predictions(path: Path, labels: np.ndarray, n_epochs: int) -> np.ndarray:
    """Return predictions, (n_epochs, n_images), of a file with rows sorted by epoch, then by image."""
    columns = {name: DECISION_DTYPES[name] for name in ("epoch", "label", "prediction")}
    rows = read_parquet(path, columns, MADE_BY)
    if rows["epoch"].isna().any():
        raise InputError(f"{path}: column `epoch` has missing values; run `{MADE_BY}` again")
    expected = np.repeat(np.arange(n_epochs), len(labels))
    if not (
        np.array_equal(rows["epoch"].to_numpy(dtype="int64"), expected)
        and np.array_equal(rows["label"].to_numpy(), np.tile(labels, n_epochs))
    ):
        raise InputError(f"{path}: its rows are not epochs × images.parquet; run `{MADE_BY}` again")
    return rows["prediction"].to_numpy().reshape(n_epochs, len(labels))
