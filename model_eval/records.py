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

from model_eval.columns import DECISION_DTYPES, DIFFICULTY_DTYPES, IMAGE_DTYPES, LABEL_TABLES
from model_eval.manifests import DifficultyManifest, ModelRecord, PoolManifest
from tricky.core.errors import InputError
from tricky.core.files import check_hash
from tricky.core.manifests import read_manifest
from tricky.core.parquet import read_arrow, read_parquet
from tricky.core.tables import read_table


class Difficulty(StrEnum):
    """Dichotomous data difficulty of an image under a pool of models (Meding et al. 2022)."""

    TRIVIAL = "trivial"
    IN_BETWEEN = "in-between"
    IMPOSSIBLE = "impossible"


EVALUATE, LABEL = "tricky evaluate", "tricky label"
"""The commands that write ``decisions/`` and ``difficulty/``."""


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
    manifest : DifficultyManifest
        The content of ``difficulty.json``.
    """

    images: pd.DataFrame
    manifest: DifficultyManifest


def read_pool(folder: Path) -> PoolManifest:
    """Read ``decisions/pool.json``.

    Raises
    ------
    InputError
        The folder holds no finished evaluation, or its manifest is damaged.
    """
    return read_manifest(folder / "pool.json", PoolManifest, EVALUATE)


def read_decisions(folder: Path) -> Decisions:
    """Read ``decisions/``: every model that ``pool.json`` lists, each file held against its hash.

    Raises
    ------
    InputError
        The folder holds no finished evaluation, a file changed since, or speaks of other images.
    """
    manifest_path = folder / "pool.json"
    manifest = read_pool(folder)
    images = read_images(folder / "images.parquet", manifest.images.sha256, manifest_path, EVALUATE)
    image_ids = pa.array(images["image_id"].tolist(), pa.string())

    def predictions_of(model: ModelRecord) -> np.ndarray:
        path = folder / f"{model.name}.parquet"
        check_hash(path, model.sha256, manifest_path, EVALUATE)
        return _predictions(path, image_ids)

    with ThreadPoolExecutor() as threads:  # hashing and reading leave the interpreter to others
        predictions = list(threads.map(predictions_of, manifest.answered))
    return Decisions(
        models=tuple(model.name for model in manifest.answered),
        families=tuple(model.family for model in manifest.answered),
        images=images,
        predictions=np.stack(predictions) if predictions else np.empty((0, len(images)), dtype=np.int32),
        failures=manifest.failures,
    )


def read_images(path: Path, sha256: str, named_in: Path, made_by: str) -> pd.DataFrame:
    """Read a table of images, `IMAGE_COLUMNS`, held against its hash.

    Raises
    ------
    InputError
        The table is missing, or not the one that the manifest `named_in` speaks of.
    """
    check_hash(path, sha256, named_in, made_by)
    images = read_parquet(path, IMAGE_DTYPES, made_by)
    _require_once(images, path, made_by)
    return images


def read_rows(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read some columns of ``decisions/<model>.parquet``, whose hash is checked already.

    Raises
    ------
    InputError
        The file is damaged, or an earlier version wrote it, which had fewer columns.
    """
    return read_parquet(path, {name: DECISION_DTYPES[name] for name in columns}, EVALUATE)


def _predictions(path: Path, image_ids: pa.Array) -> np.ndarray:
    """Read one model's predictions in the order of `image_ids`, −1 for images that it didn't see."""
    columns = {name: DECISION_DTYPES[name] for name in ("image_id", "prediction")}
    table = read_arrow(path, columns, EVALUATE)
    found = table["image_id"].combine_chunks().cast(pa.string())
    prediction = table["prediction"].to_numpy()
    if found.equals(image_ids):
        return prediction
    known = pd.Index(image_ids.to_pylist())
    place = known.get_indexer(pd.Index(found.to_pylist()))
    if (place < 0).any() or len(np.unique(place)) < len(place):
        raise InputError(f"{path}: its images are not those of images.parquet; run `{EVALUATE}` again")
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
    manifest = read_manifest(manifest_path, DifficultyManifest, LABEL)
    path = folder / "difficulty.parquet"
    check_hash(path, manifest.sha256, manifest_path, LABEL)
    table = read_parquet(path, DIFFICULTY_DTYPES, LABEL, others=True)
    _require_once(table, path, LABEL)
    if strange := set(table["difficulty"].dropna()) - set(Difficulty):
        raise InputError(
            f"{path}: difficulty {min(strange)!r} is none of {', '.join(Difficulty)}; run `{LABEL}` again"
        )
    return DifficultyTable(table, manifest)


def _require_once(table: pd.DataFrame, path: Path, made_by: str) -> None:
    if (twice := table["image_id"].duplicated()).any():
        image_id = table.loc[twice, "image_id"].iloc[0]
        raise InputError(f"{path}: image_id {image_id!r} is there twice; run `{made_by}` again")


def read_label_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Read `POOL_SIZE` and `LEAVE_ONE_OUT` from ``difficulty/``; neither is there for a published table.

    Raises
    ------
    InputError
        The folder holds no finished labels, or a table changed since it was written.
    """
    manifest_path = folder / "difficulty.json"
    tables = read_manifest(manifest_path, DifficultyManifest, LABEL).tables
    for name, digest in tables.items():
        check_hash(folder / name, digest, manifest_path, LABEL)
    return {name: _label_table(folder / name) for name in tables if name in LABEL_TABLES}


def _label_table(path: Path) -> pd.DataFrame:
    """Read a table with the types that its columns are declared with."""
    types = LABEL_TABLES[path.name]
    table = read_table(path, list(types))
    read: dict[str, Any] = {
        "str": table.texts,
        "int64": table.whole_numbers,
        "Int64": table.optional_whole_numbers,
        "float64": lambda name: table.numbers(name, missing=True),
    }
    return pd.DataFrame({name: pd.Series(read[dtype](name), dtype=dtype) for name, dtype in types.items()})
