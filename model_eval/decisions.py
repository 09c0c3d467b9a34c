"""Read ``decisions/``: the decision of every model of a pool on every image.  Needs no torch."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from model_eval.columns import DECISION_DTYPES, IMAGE_DTYPES
from model_eval.manifests import EVALUATE, ModelRecord, PoolManifest
from tricky.core.errors import InputError
from tricky.core.files import check_hash
from tricky.core.manifests import read_manifest
from tricky.core.parquet import read_arrow, read_parquet, require_columns, stored_column

UNKNOWN = -1
"""In `Decisions`: the class that a model predicted, or the true class of an image, is not known."""


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
        Predicted class of each model (its top-1 answer); `UNKNOWN` where it did not see the image, and where
        imported decisions say only that it was wrong.
    correct : ndarray of bool, shape (n_models, n_images)
        Whether each model was right on each image.
    seen : ndarray of bool, shape (n_models, n_images)
        Whether each model saw each image.
    near_ties : ndarray of bool, shape (n_models, n_images), or None
        Whether numeric noise could turn a decision from right to wrong or back: the two best logits differ
        by less than twice the noise of the model, and one of them is that of the true class.  None where the
        noise is unknown, as of imported decisions.
    failures : dict of str to str
        Models of the pool without decisions, and why.
    """

    models: tuple[str, ...]
    families: tuple[str, ...]
    images: pd.DataFrame
    predictions: np.ndarray
    correct: np.ndarray
    seen: np.ndarray
    near_ties: np.ndarray | None
    failures: dict[str, str]

    @property
    def labels(self) -> np.ndarray:
        """True class index of each image, shape (n_images,); `UNKNOWN` where it is not known."""
        return self.images["label"].to_numpy()

    @property
    def complete(self) -> np.ndarray:
        """Whether all answers to each image are known, bool, shape (n_images,)."""
        return ((self.predictions != UNKNOWN) == self.seen).all(axis=0)

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
    made_by = manifest.made_by
    images = read_images(folder / "images.parquet", manifest.images.sha256, manifest_path, made_by)
    known = _KnownImages(pa.array(images["image_id"].tolist(), pa.string()))
    labels = images["label"].to_numpy()
    shape = len(manifest.answered), len(images)
    predictions = np.full(shape, UNKNOWN, dtype=np.int32)
    correct, seen = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    has_noise = all(model.noise is not None for model in manifest.answered)
    near_ties = np.zeros(shape, dtype=bool) if has_noise else None

    def read_model(row: int, model: ModelRecord) -> None:
        path = folder / f"{model.name}.parquet"
        check_hash(path, model.sha256, manifest_path, made_by)
        table, place = _answers(path, known, made_by)
        predicted, rank = (_filled(table[name]) for name in ("prediction", "label_rank"))
        predictions[row, place] = predicted
        correct[row, place] = np.where(predicted == UNKNOWN, rank == 1, predicted == labels[place])
        seen[row, place] = True
        if near_ties is not None:
            near_ties[row, place] = _could_turn(table["margin"].to_numpy(), rank, model.noise or 0.0)

    with ThreadPoolExecutor() as threads:  # hashing and reading release the GIL
        for _ in threads.map(read_model, *zip(*enumerate(manifest.answered), strict=True)):
            pass
    return Decisions(
        models=tuple(model.name for model in manifest.answered),
        families=tuple(model.family for model in manifest.answered),
        images=images,
        predictions=predictions,
        correct=correct,
        seen=seen,
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


def _answers(path: Path, known: _KnownImages, made_by: str) -> tuple[pa.Table, np.ndarray | slice]:
    """Read one model's predictions, with what near ties follow from, and the place of each row's image."""
    columns = ["prediction", "margin", "label_rank"]
    require_columns(path, ["image_id", *columns], made_by)
    table = read_arrow(path, columns, made_by, use_threads=False)  # models are read side by side
    # Most of the time would go into decoding the ids, which are the same bytes in nearly all files.
    stored = stored_column(path, "image_id", made_by)
    if stored == known.stored:
        return table, slice(None)
    found = read_arrow(path, ["image_id"], made_by)["image_id"].combine_chunks().cast(pa.string())
    if found.equals(known.ids):
        known.stored = stored
        return table, slice(None)
    place = pd.Index(known.ids.to_pylist()).get_indexer(pd.Index(found.to_pylist()))
    if (place < 0).any() or len(np.unique(place)) < len(place):
        raise InputError(f"{path}: its images are not those of images.parquet; run `{made_by}` again")
    return table, place


def _filled(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column of whole numbers, `UNKNOWN` where it is null."""
    return (pc.fill_null(column, UNKNOWN) if column.null_count else column).to_numpy()


def _could_turn(margin: np.ndarray, rank: np.ndarray, noise: float) -> np.ndarray:
    """Return which decisions are near ties; each of the two best logits may be off by the noise."""
    return (margin < np.float32(2 * noise)) & (rank <= 2)  # in the precision of the margins


def require_unique_images(table: pd.DataFrame, path: Path, made_by: str) -> None:
    """Raise InputError where two rows of a table have the same `image_id`."""
    if (twice := table["image_id"].duplicated()).any():
        image_id = table.loc[twice, "image_id"].iloc[0]
        raise InputError(f"{path}: image_id {image_id!r} occurs twice; run `{made_by}` again")
