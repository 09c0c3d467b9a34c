"""One model's decisions on disk: in parts while it is being asked, then in one file that says what it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from model_eval.artefacts import InputError, sha256_of
from model_eval.records import write_parquet
from model_eval.settings import ModelEntry

_KEY = "tricky"
"""Under this name pandas keeps what a table says of itself among the metadata of its parquet file."""


@dataclass(frozen=True)
class DecisionFile:
    """The file ``<model>.parquet`` and its parts, one a shard of images.

    Attributes
    ----------
    entry : ModelEntry
    identity : dict
        Everything that the decisions follow from, in JSON's types: equal identities, equal decisions.
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

    def is_finished(self) -> bool:
        """Tell whether the finished file is there and of this identity."""
        return self._is_ours(self.path)

    def has_part(self, shard: int) -> bool:
        """Tell whether a shard's part is there and of this identity."""
        return self._is_ours(self._part(shard))

    def write_part(self, shard: int, rows: pd.DataFrame) -> None:
        """Write one shard's decisions."""
        rows.attrs[_KEY] = {"identity": self.identity}
        write_parquet(self._part(shard), rows)

    def join_parts(self, n_shards: int, device: str) -> None:
        """Write the finished file from its parts, with what `manifest_entry` tells."""
        rows = pd.concat([pd.read_parquet(self._part(shard)) for shard in range(n_shards)], ignore_index=True)
        rows.attrs[_KEY] = {
            "identity": self.identity,
            "n_parameters": self.n_parameters,
            "accuracy": float((rows["prediction"] == rows["label"]).mean()),
            "device": device,
        }
        write_parquet(self.path, rows)

    def manifest_entry(self) -> dict[str, Any]:
        """Return what ``pool.json`` says of the model."""
        about = _read_about(self.path)
        if about is None:
            raise InputError(f"{self.path}: gone during the evaluation; run `tricky evaluate` again")
        return {
            "name": self.entry.name,
            "source": self.entry.source,
            "family": self.entry.family,
            "weights": self.entry.weights,
            "weights_sha256": self.identity["weights_sha256"],
            "preprocessing": self.identity["preprocessing"],
            "readout": self.identity["readout"],
            "precision": self.identity["precision"],
            "n_parameters": about["n_parameters"],
            "accuracy": about["accuracy"],
            "device": about["device"],
            "sha256": sha256_of(self.path),
        }

    def _part(self, shard: int) -> Path:
        return parts_folder(self.folder) / self.entry.name / f"{shard:06d}.parquet"

    def _is_ours(self, path: Path) -> bool:
        about = _read_about(path)
        return about is not None and about["identity"] == self.identity


def parts_folder(folder: Path) -> Path:
    """Return where the parts of unfinished files lie: outside the format, and removed at the end."""
    return folder / ".parts"


def _read_about(path: Path) -> dict[str, Any] | None:
    """Return what a file of decisions says of itself, or None where there is no such file."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, ValueError):  # missing, or no parquet file: pyarrow's ArrowInvalid is a ValueError
        return None
    return json.loads(metadata.get(b"PANDAS_ATTRS", b"{}")).get(_KEY)
