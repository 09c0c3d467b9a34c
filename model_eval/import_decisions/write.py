"""Write imported decisions as `tricky evaluate` writes its own: the folder appears whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from model_eval.columns import DECISION_DTYPES, IMAGE_DTYPES
from model_eval.import_decisions.classes import Classes, score
from model_eval.import_decisions.collect import NONE, Collected, CollectedModel
from model_eval.manifests import PoolManifest
from model_eval.settings import RESERVED_MODELS
from tricky.core.errors import InputError
from tricky.core.files import sha256_of, versions_of
from tricky.core.manifests import write_manifest
from tricky.core.names import check_dotted_file_name, first_duplicate
from tricky.core.parquet import write_arrow, write_parquet
from tricky.core.progress import Progress, no_progress
from tricky.core.whole_folder import whole_folder

UNKNOWN = "unknown"

REPETITIVE = ("label", "prediction", "label_rank")
"""Columns of decisions with few different values."""


def model_names(names: Sequence[str]) -> list[str]:
    """Return names that files can have: other characters become ``-``.

    Raises
    ------
    InputError
        Two models would have the same name, or one none.
    """
    found = []
    for name in names:
        safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")
        try:
            check_dotted_file_name(safe)
        except ValueError as error:
            raise InputError(f"model {name!r}: expected {error}") from None
        found.append(f"{safe}-model" if safe.lower() in RESERVED_MODELS else safe)
    if (twice := first_duplicate(found)) is not None:
        both = [name for name, safe in zip(names, found, strict=True) if safe.lower() == twice.lower()]
        raise InputError(f"models {both[0]!r} and {both[1]!r} would both be called {twice!r}; rename one")
    return found


@dataclass(frozen=True)
class Content:
    """What is written.

    Attributes
    ----------
    collected : Collected
    classes : Classes
    images : DataFrame
        `IMAGE_COLUMNS`, in the order of `collected`.
    """

    collected: Collected
    classes: Classes
    images: pd.DataFrame


def write_decisions(
    content: Content, folder: Path, manifest: Mapping[str, Any], *, progress: Progress = no_progress
) -> None:
    """Write ``decisions/``, in place of what was there.

    Parameters
    ----------
    content : Content
    folder : Path
        ``decisions/``.
    manifest : mapping
        Entries of ``pool.json`` other than `models`, `classes`, `versions` and the numbers of `images`.
    progress : Progress
        Counts models.

    Raises
    ------
    InputError
        Nothing says whether a model is right, or two things contradict each other; two models have the same
        name; the folder can't be written to.
    """
    collected, models = content.collected, content.collected.models
    names = model_names([model.name for model in models])
    order = np.argsort(content.images["image_id"].to_numpy(dtype=object))
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order))
    table = content.images.iloc[order].reset_index(drop=True).astype(IMAGE_DTYPES)
    with whole_folder(folder) as part:
        write_parquet(part / "images.parquet", table)
        rows = _Rows(table, content.classes)

        def write(model: CollectedModel, name: str) -> dict[str, Any]:
            correct = score(model, content.classes, collected.images.texts)
            path = part / f"{name}.parquet"
            write_arrow(path, rows.of(model, rank[model.images], correct), REPETITIVE)
            return _entry(model, name, float(correct.mean()), sha256_of(path))

        entries = []
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
            for entry in threads.map(write, models, names):
                entries.append(entry)
                progress("Writing decisions", len(entries), len(models))
        images = {"sha256": sha256_of(part / "images.parquet"), "n": len(table), **manifest["images"]}
        whole = {
            **manifest,
            "versions": versions_of("numpy", "pandas", "pyarrow"),
            "images": images,
            "classes": list(content.classes.names),
            "device": UNKNOWN,
            "models": entries,
        }
        write_manifest(part / "pool.json", PoolManifest, whole)


def _entry(model: CollectedModel, name: str, accuracy: float, sha256: str) -> dict[str, Any]:
    """Return the entry of a model in ``pool.json``."""
    unknown = dict.fromkeys(("weights_sha256", "n_parameters", "arithmetic", "noise", "near_ties"))
    return {
        **{"name": name, "source": f"import:{model.path.name}", "family": "", "weights": UNKNOWN},
        **unknown,
        **{"accuracy": accuracy, "sha256": sha256},
        **({"name_in_source": model.name} if model.name != name else {}),
    }


class _Rows:
    """Makes the tables of models; what they have in common is made once.

    Parameters
    ----------
    images : DataFrame
        `IMAGE_COLUMNS`, sorted.
    classes : Classes
    """

    def __init__(self, images: pd.DataFrame, classes: Classes) -> None:
        self._ids = pa.array(images["image_id"].tolist(), pa.string())
        self._labels = images["label"].to_numpy()
        self._classes = classes
        types = DECISION_DTYPES | {"prediction": "Int32", "label_rank": "Int32"}
        empty = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in types.items()})
        schema = pa.Schema.from_pandas(empty, preserve_index=False)
        self._schema = schema.set(0, pa.field("image_id", pa.string()))

    def of(self, model: CollectedModel, places: np.ndarray, correct: np.ndarray) -> pa.Table:
        """Return the table of a model, sorted by image.

        Parameters
        ----------
        places : ndarray of int, shape (n_answers,)
            Row of each answer's image.
        correct : ndarray of bool, shape (n_answers,)
        """
        order = np.argsort(places)
        places, correct = places[order], correct[order]
        label = self._labels[places]
        predicted = self._classes.predicted(model)
        prediction = np.full(len(places), NONE, dtype=np.int32) if predicted is None else predicted[order]
        prediction = np.where(correct & (prediction == NONE), label, prediction)
        n_rows = len(places)
        columns: dict[str, Any] = {
            "image_id": self._ids if n_rows == len(self._ids) else self._ids.take(pa.array(places)),
            "epoch": pa.nulls(n_rows, pa.int16()),
            "label": pa.array(label),
            "prediction": pa.array(prediction, mask=prediction == NONE),
            "label_rank": pa.array(np.ones(n_rows, dtype=np.int32), mask=~correct),
            **dict.fromkeys(("p_label", "p_prediction", "margin", "entropy"), pa.nulls(n_rows, pa.float32())),
        }
        if model.probability is not None:
            probability = model.probability[order]
            unknown = np.isnan(probability)
            columns["p_prediction"] = pa.array(probability, mask=unknown)
            columns["p_label"] = pa.array(probability, mask=unknown | ~correct)
        return pa.Table.from_arrays(
            [columns[name] for name in DECISION_DTYPES],
            schema=self._schema.with_metadata(self._schema.metadata),
        )
