"""Decisions and difficulties as they stand on disk: the torch-free door of this room."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model_eval.artefacts import InputError, check_hash, read_json, replacing


class Difficulty(StrEnum):
    """Dichotomous data difficulty of an image under a pool of models (Meding et al. 2022)."""

    TRIVIAL = "trivial"
    IN_BETWEEN = "in-between"
    IMPOSSIBLE = "impossible"


DECISION_DTYPES = {
    "image_id": "str",
    "epoch": "Int16",
    "label": "int32",
    "prediction": "int32",
    "label_rank": "int32",
    "p_label": "float32",
    "p_prediction": "float32",
    "margin": "float32",
}
"""Columns of ``decisions/<model>.parquet``: one row an image (and an epoch, where there are several)."""

IMAGE_COLUMNS = ("image_id", "path", "label", "class_name", "sha256")
"""Columns of ``decisions/images.parquet``."""

DIFFICULTY_COLUMNS = (
    "image_id",
    "label",
    "class_name",
    "n_models",
    "n_correct",
    "difficulty",
    "label_error",
    "stability",
    "modal_prediction",
    "modal_share",
)
"""Columns of ``difficulty/difficulty.parquet``."""


@dataclass(frozen=True)
class Decisions:
    """What every model of a pool answered to every image.

    Attributes
    ----------
    models : tuple of str
        Names, in the pool's order.
    images : DataFrame, n_images rows
        `IMAGE_COLUMNS`.
    predictions : ndarray of int32, shape (n_models, n_images)
        Class index that each model put first.
    """

    models: tuple[str, ...]
    images: pd.DataFrame
    predictions: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        """True class index of each image, shape (n_images,)."""
        return self.images["label"].to_numpy()

    @property
    def correct(self) -> np.ndarray:
        """Whether each model was right on each image, bool, shape (n_models, n_images)."""
        return self.predictions == self.labels

    @property
    def accuracy(self) -> np.ndarray:
        """Top-1 accuracy of each model, shape (n_models,)."""
        return self.correct.mean(axis=1)


@dataclass(frozen=True)
class DifficultyTable:
    """The difficulty of each image, and the manifest that says where it comes from.

    Attributes
    ----------
    images : DataFrame, n_images rows
        `DIFFICULTY_COLUMNS`.
    manifest : dict
        The content of ``difficulty.json``.
    """

    images: pd.DataFrame
    manifest: dict[str, Any]


def write_parquet(path: Path, table: pd.DataFrame) -> None:
    """Write a table whole or not at all; the same table gives the same bytes."""
    with replacing(path) as part:
        table.to_parquet(part, index=False)


def read_decisions(folder: Path) -> Decisions:
    """Read ``decisions/``: every model that ``pool.json`` lists, each file held against its hash.

    Raises
    ------
    InputError
        The folder holds no finished evaluation, a file changed since, or a file lacks an image.
    """
    manifest_path = folder / "pool.json"
    manifest = read_json(manifest_path, made_by="tricky evaluate")
    images_path = folder / "images.parquet"
    check_hash(images_path, manifest["images"]["sha256"], manifest_path, made_by="tricky evaluate")
    images = pd.read_parquet(images_path)
    names, predictions = [], []
    for model in manifest["models"]:
        path = folder / f"{model['name']}.parquet"
        check_hash(path, model["sha256"], manifest_path, made_by="tricky evaluate")
        rows = pd.read_parquet(path, columns=["image_id", "prediction"])
        if not rows["image_id"].equals(images["image_id"]):
            raise InputError(
                f"{path}: its images are not those of images.parquet; run `tricky evaluate` again"
            )
        names.append(model["name"])
        predictions.append(rows["prediction"].to_numpy())
    return Decisions(tuple(names), images, np.stack(predictions))


def read_difficulty(folder: Path) -> DifficultyTable:
    """Read ``difficulty/``, held against the hash in its manifest.

    Raises
    ------
    InputError
        The folder holds no finished table, or the table changed since it was written.
    """
    manifest_path = folder / "difficulty.json"
    manifest = read_json(manifest_path, made_by="tricky label")
    path = folder / "difficulty.parquet"
    check_hash(path, manifest["sha256"], manifest_path, made_by="tricky label")
    return DifficultyTable(pd.read_parquet(path), manifest)
