"""Read ``decisions/``: the decision of every model of a pool on every image.  Needs no torch."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from model_eval.columns import DECISION_DTYPES, IMAGE_DTYPES
from model_eval.manifests import ModelRecord, PoolManifest
from tricky.core.errors import InputError
from tricky.core.files import check_hash
from tricky.core.manifests import read_manifest
from tricky.core.parquet import read_arrow, read_parquet, require_columns, stored_column

EVALUATE = "tricky evaluate"
"""The command that writes ``decisions/``."""


@dataclass(frozen=True)
class Decisions:
    """The decisions of every model of a pool on every image.

    Attributes
    ----------
    models : tuple of str
        Names, in the pool's order.
    families : tuple of str
        Family of each model; empty where its entry names none.
    images : DataFrame, n_images rows
        `IMAGE_COLUMNS`.
    predictions : ndarray of int32, shape (n_models, n_images)
        Predicted class of each model (its top-1 answer); −1 where it did not see the image.
    near_ties : ndarray of bool, shape (n_models, n_images)
        Whether numeric noise could turn a decision from right to wrong or back: the two best logits differ
        by less than twice the noise of the model, and one of them is that of the true class.
    failures : dict of str to str
        Models of the pool without decisions, and why.
    """

    models: tuple[str, ...]
    families: tuple[str, ...]
    images: pd.DataFrame
    predictions: np.ndarray
    near_ties: np.ndarray
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


def read_pool(folder: Path) -> PoolManifest:
    """Read ``decisions/pool.json``.

    Raises
    ------
    InputError
        The folder holds no finished evaluation, or its manifest is damaged.
    """
    return read_manifest(folder / "pool.json", PoolManifest, EVALUATE)


def read_decisions(folder: Path) -> Decisions:
    """Read ``decisions/``: every model that ``pool.json`` lists.  The hash of each file is checked.

    Raises
    ------
    InputError
        The folder holds no finished evaluation, a file has changed since, or has rows for other
        images.
    """
    manifest_path = folder / "pool.json"
    manifest = read_pool(folder)
    images = read_images(folder / "images.parquet", manifest.images.sha256, manifest_path, EVALUATE)
    known = _KnownImages(pa.array(images["image_id"].tolist(), pa.string()))
    shape = len(manifest.answered), len(images)
    predictions = np.full(shape, -1, dtype=np.int32)
    near_ties = np.zeros(shape, dtype=bool)

    def read_model(row: int, model: ModelRecord) -> None:
        path = folder / f"{model.name}.parquet"
        check_hash(path, model.sha256, manifest_path, EVALUATE)
        table, place = _answers(path, known)
        predictions[row, place] = table["prediction"].to_numpy()
        near_ties[row, place] = _could_turn(table, model.noise)

    with ThreadPoolExecutor() as threads:  # hashing and reading release the GIL
        for _ in threads.map(read_model, *zip(*enumerate(manifest.answered), strict=True)):
            pass
    return Decisions(
        models=tuple(model.name for model in manifest.answered),
        families=tuple(model.family for model in manifest.answered),
        images=images,
        predictions=predictions,
        near_ties=near_ties,
        failures=manifest.failures,
    )


def read_images(path: Path, sha256: str, named_in: Path, made_by: str) -> pd.DataFrame:
    """Read a table of images, `IMAGE_COLUMNS`, and check its hash.

    Raises
    ------
    InputError
        The table is missing, or is not the one that the manifest `named_in` describes.
    """
    check_hash(path, sha256, named_in, made_by)
    images = read_parquet(path, IMAGE_DTYPES, made_by)
    require_unique_images(images, path, made_by)
    return images


def read_rows(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read some columns of ``decisions/<model>.parquet``, whose hash has been checked.

    Raises
    ------
    InputError
        The file is damaged, or was written by an earlier version with fewer columns.
    """
    return read_parquet(path, {name: DECISION_DTYPES[name] for name in columns}, EVALUATE)


@dataclass
class _KnownImages:
    """The images of a pool, and how their ids are stored in a file that lists them in the same order."""

    ids: pa.Array
    stored: object = None


def _answers(path: Path, known: _KnownImages) -> tuple[pa.Table, np.ndarray | slice]:
    """Read one model's predictions, with what near ties follow from, and the place of each row's image."""
    columns = ["prediction", "margin", "label_rank"]
    require_columns(path, ["image_id", *columns], EVALUATE)
    table = read_arrow(path, columns, EVALUATE, use_threads=False)  # models are read side by side
    # Most of the time would go into decoding the ids, which are the same bytes in nearly all files.
    stored = stored_column(path, "image_id", EVALUATE)
    if stored == known.stored:
        return table, slice(None)
    found = read_arrow(path, ["image_id"], EVALUATE)["image_id"].combine_chunks().cast(pa.string())
    if found.equals(known.ids):
        known.stored = stored
        return table, slice(None)
    place = pd.Index(known.ids.to_pylist()).get_indexer(pd.Index(found.to_pylist()))
    if (place < 0).any() or len(np.unique(place)) < len(place):
        raise InputError(f"{path}: its images are not those of images.parquet; run `{EVALUATE}` again")
    return table, place


def _could_turn(table: pa.Table, noise: float) -> np.ndarray:
    """Return which decisions are near ties; each of the two best logits may be off by the noise."""
    margin, rank = table["margin"].to_numpy(), table["label_rank"].to_numpy()
    return (margin < np.float32(2 * noise)) & (rank <= 2)  # in the precision of the margins


def require_unique_images(table: pd.DataFrame, path: Path, made_by: str) -> None:
    """Raise InputError where two rows of a table have the same `image_id`."""
    if (twice := table["image_id"].duplicated()).any():
        image_id = table.loc[twice, "image_id"].iloc[0]
        raise InputError(f"{path}: image_id {image_id!r} occurs twice; run `{made_by}` again")
