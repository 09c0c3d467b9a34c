"""Decisions and difficulties as they stand on disk: the torch-free door of this room."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tricky.core.errors import InputError
from tricky.core.files import check_hash, read_json, replacing, told_if_unwritable


class Difficulty(StrEnum):
    """Dichotomous data difficulty of an image under a pool of models (Meding et al. 2022)."""

    TRIVIAL = "trivial"
    IN_BETWEEN = "in-between"
    IMPOSSIBLE = "impossible"


POOL_SIZE, LEAVE_ONE_OUT = "pool_size.csv", "leave_one_out.csv"
"""Tables in ``difficulty/`` of what becomes of the labels in parts of the pool."""


@dataclass(frozen=True)
class Decisions:
    """What every model of a pool answered to every image.

    Attributes
    ----------
    models : tuple of str
        Names, in the pool's order.
    families : tuple of str
        Of each model; empty where its entry names none.
    images : DataFrame, n_images rows
        `IMAGE_COLUMNS`.
    predictions : ndarray of int32, shape (n_models, n_images)
        Class index that each model put first; −1 where it didn't see the image.
    failures : dict of str to str
        Models of the pool that gave no decisions, and why.
    """

    models: tuple[str, ...]
    families: tuple[str, ...]
    images: pd.DataFrame
    predictions: np.ndarray
    failures: dict[str, str]

    @property
    def labels(self) -> np.ndarray:
        """True class index of each image, shape (n_images,)."""
        return self.images["label"].to_numpy()

    @property
    def seen(self) -> np.ndarray:
        """Whether each model saw each image, bool, shape (n_models, n_images)."""
        return self.predictions >= 0

    @property
    def correct(self) -> np.ndarray:
        """Whether each model was right on each image, bool, shape (n_models, n_images)."""
        return self.predictions == self.labels

    @property
    def accuracy(self) -> np.ndarray:
        """Top-1 accuracy of each model on the images that it saw, shape (n_models,)."""
        return self.correct.sum(axis=1) / self.seen.sum(axis=1)


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
    """Write a table whole or not at all; the same table gives the same bytes.

    Raises
    ------
    InputError
        The folder can't be written to.
    """
    with told_if_unwritable(path.parent), replacing(path) as part:
        table.to_parquet(part, index=False)


def read_decisions(folder: Path) -> Decisions:
    """Read ``decisions/``: every model that ``pool.json`` lists, each file held against its hash.

    Raises
    ------
    InputError
        The folder holds no finished evaluation, a file changed since, or speaks of other images.
    """
    manifest_path = folder / "pool.json"
    manifest = read_json(manifest_path, made_by="tricky evaluate")
    images_path = folder / "images.parquet"
    check_hash(images_path, manifest["images"]["sha256"], manifest_path, made_by="tricky evaluate")
    images = pd.read_parquet(images_path)
    image_ids = pa.array(images["image_id"].tolist(), pa.string())

    def predictions_of(model: dict[str, Any]) -> np.ndarray:
        path = folder / f"{model['name']}.parquet"
        check_hash(path, model["sha256"], manifest_path, made_by="tricky evaluate")
        return _predictions(path, image_ids)

    answered = [model for model in manifest["models"] if "failure" not in model]
    with ThreadPoolExecutor() as threads:  # hashing and reading leave the interpreter to others
        predictions = list(threads.map(predictions_of, answered))
    return Decisions(
        models=tuple(model["name"] for model in answered),
        families=tuple(model.get("family", "") for model in answered),
        images=images,
        predictions=np.stack(predictions) if predictions else np.empty((0, len(images)), dtype=np.int32),
        failures={model["name"]: model["failure"] for model in manifest["models"] if "failure" in model},
    )


def read_rows(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read some columns of ``decisions/<model>.parquet``, whose hash is checked already.

    Raises
    ------
    InputError
        An earlier version wrote the file, which had fewer columns.
    """
    if missing := [column for column in columns if column not in pq.read_schema(path).names]:
        raise InputError(f"{path}: has no column {missing[0]!r}; run `tricky evaluate` again")
    return pq.read_table(path, columns=list(columns)).to_pandas()


def _predictions(path: Path, image_ids: pa.Array) -> np.ndarray:
    """Read one model's predictions in the order of `image_ids`, −1 for images that it didn't see."""
    table = pq.read_table(path, columns=["image_id", "prediction"])
    found = table["image_id"].combine_chunks().cast(pa.string())
    prediction = table["prediction"].to_numpy()
    if found.equals(image_ids):
        return prediction
    known = pd.Index(image_ids.to_pylist())
    place = known.get_indexer(pd.Index(found.to_pylist()))
    if (place < 0).any() or len(np.unique(place)) < len(place):
        raise InputError(f"{path}: its images are not those of images.parquet; run `tricky evaluate` again")
    every = np.full(len(image_ids), -1, dtype=np.int32)
    every[place] = prediction
    return every


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


def read_label_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Read `POOL_SIZE` and `LEAVE_ONE_OUT` from ``difficulty/``; neither is there for a published table.

    Raises
    ------
    InputError
        The folder holds no finished labels, or a table changed since it was written.
    """
    manifest_path = folder / "difficulty.json"
    tables = read_json(manifest_path, made_by="tricky label").get("tables", {})
    for name, digest in tables.items():
        check_hash(folder / name, digest, manifest_path, made_by="tricky label")
    return {name: pd.read_csv(folder / name) for name in tables}
