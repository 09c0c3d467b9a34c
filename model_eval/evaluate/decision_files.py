"""One model's decisions on disk: in parts while it runs, then in one file.

A row is identified by its model's identity and the hash of its image.  Whatever else changes (other images,
another pool, a run that was killed), rows that are still valid are used again.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from model_eval.columns import DECISION_DTYPES
from model_eval.settings import ModelEntry
from tricky.core.cache import read_memory, write_memory
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

_IMAGE = ["image_id", "label", "image_sha256"]
"""What a row is about, in parts; in finished files ``images.parquet`` says it."""

_RUN = ("device", "batch_size", "noise")
"""How rows were made."""


@dataclass(frozen=True)
class ExistingRows:
    """The decisions that a model already has.

    Attributes
    ----------
    rows : DataFrame
        `DECISION_DTYPES`.
    runs : tuple of dict
        How they were made: `device`, `batch_size`, and `noise` where it was measured.
    """

    rows: pd.DataFrame
    runs: tuple[dict[str, Any], ...]

    @property
    def noise(self) -> float | None:
        """The largest difference that arithmetic alone made to a logit, None before it was measured."""
        return max((run["noise"] for run in self.runs if run["noise"] is not None), default=None)


@dataclass(frozen=True)
class DecisionFile:
    """The file ``<model>.parquet`` and its parts.

    Attributes
    ----------
    entry : ModelEntry
    identity : dict
        Everything but the image that determines a decision, in JSON's types.
    n_parameters : int
    folder : Path
        ``decisions/``.
    """

    entry: ModelEntry
    identity: dict[str, Any]
    n_parameters: int
    folder: Path

    @property
    def path(self) -> Path:
        """The finished file."""
        return self.folder / f"{self.entry.name}.parquet"

    @property
    def parts(self) -> Path:
        """Where parts lie until the file is finished."""
        return parts_folder(self.folder) / self.entry.name

    def is_finished(self, images_sha256: str) -> bool:
        """Return whether the finished file exists, undamaged, with this identity and for these images.

        Parameters
        ----------
        images_sha256 : str
            `table_sha256` of the images.
        """
        found = _read(self.path, self.identity)
        return found is not None and found[1].get("images_sha256") == images_sha256

    def write_part(
        self, rows: pd.DataFrame, hashes: pd.Series, device: str, batch_size: int, noise: float | None
    ) -> None:
        """Write decisions on some images, with the images' hashes and how they were made."""
        rows = rows.assign(image_sha256=hashes.to_numpy())
        run = {"device": device, "batch_size": batch_size, "noise": noise}
        path = self.parts / f"{table_sha256(rows[_IMAGE])[:16]}.parquet"
        write_memory(path, rows, {"identity": self.identity, **run})

    def existing(self, images: pd.DataFrame) -> ExistingRows:
        """Return the rows for these images from undamaged parts with this identity."""
        tables, runs = [], []
        for path in sorted(self.parts.glob("*.parquet")):
            found = _read(path, self.identity)
            if found is not None:
                tables.append(found[0])
                runs.append({key: found[1][key] for key in _RUN})
        if not tables:
            return ExistingRows(pd.DataFrame(columns=list(DECISION_DTYPES)).astype(DECISION_DTYPES), ())
        rows = pd.concat(tables, ignore_index=True).drop_duplicates(_IMAGE)
        wanted = images.rename(columns={"sha256": "image_sha256"})[_IMAGE]
        return ExistingRows(wanted.merge(rows, on=_IMAGE)[list(DECISION_DTYPES)], tuple(runs))

    def finish(self, images: pd.DataFrame, images_sha256: str) -> None:
        """Write the finished file from the parts, with what `manifest_entry` returns, and remove them."""
        found = self.existing(images)
        rows = found.rows.astype(DECISION_DTYPES)
        if not rows["image_id"].equals(images["image_id"]):
            raise InputError(f"{self.parts}: changed during the evaluation; run `tricky evaluate` again")
        noise = found.noise or 0.0
        about = {
            "identity": self.identity,
            "images_sha256": images_sha256,
            "n_parameters": self.n_parameters,
            "accuracy": float((rows["prediction"] == rows["label"]).mean()),
            "device": ", ".join(sorted({run["device"] for run in found.runs})),
            "batch_size": min(run["batch_size"] for run in found.runs),
            "noise": noise,
            "near_ties": int((rows["margin"] < 2 * noise).sum()),
        }
        write_memory(self.path, rows, about)
        shutil.rmtree(self.parts)

    def manifest_entry(self, failure: str | None = None) -> dict[str, Any]:
        """Return the entry of ``pool.json`` for the model, or for its failure."""
        entry = {
            "name": self.entry.name,
            "source": self.entry.source,
            "family": self.entry.family,
            "weights": self.entry.weights,
            **{key: value for key, value in self.identity.items() if key not in ("source", "classes_sha256")},
            "n_parameters": self.n_parameters,
        }
        if failure is not None:
            return entry | {"failure": failure}
        found = _read(self.path, self.identity)
        if found is None:
            raise InputError(f"{self.path}: gone during the evaluation; run `tricky evaluate` again")
        results = ("accuracy", "device", "batch_size", "noise", "near_ties")
        return entry | {key: found[1][key] for key in results} | {"sha256": sha256_of(self.path)}


def has_decisions(entry: ModelEntry, folder: Path) -> bool:
    """Return whether there are decisions of a model, or parts of them, whatever their identity."""
    return (folder / f"{entry.name}.parquet").is_file() or (parts_folder(folder) / entry.name).is_dir()


def keep_decisions(entry: ModelEntry, folder: Path, images: pd.DataFrame, images_sha256: str) -> None:
    """Keep as a part what a finished file contains, before other images take the place of `images`."""
    found = read_memory(folder / f"{entry.name}.parquet")
    if found is None or found[1].get("images_sha256") != images_sha256:
        return
    rows, about = found
    if {"identity", "n_parameters", *_RUN}.issubset(about) and set(DECISION_DTYPES).issubset(rows.columns):
        file = DecisionFile(entry, about["identity"], about["n_parameters"], folder)
        file.write_part(rows, images["sha256"], *(about[key] for key in _RUN))


def parts_folder(folder: Path) -> Path:
    """Return the folder of temporary parts, which are not part of the documented format."""
    return folder / ".parts"


def table_sha256(table: pd.DataFrame) -> str:
    """Hash a table by its content."""
    return sha256_of(table.to_csv(index=False))


def _read(path: Path, identity: dict[str, Any]) -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """Return a file's rows and its metadata, or None unless it is undamaged and of this identity."""
    found = read_memory(path)
    if found is None or not set(DECISION_DTYPES).issubset(found[0].columns):
        return None  # missing, damaged, or of an earlier version, which had fewer columns
    return found if found[1].get("identity") == identity else None
