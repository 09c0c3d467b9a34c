"""Files from which interrupted training continues, and what a finished model leaves.

``conditions/.checkpoints/<identity>/`` holds the state of one network after its last epoch and its decisions
after every epoch so far.  No stage reads it.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from model_eval.networks.trained_weights import TrainedRecord, read_trained_record
from model_eval.train.recipe import Run
from model_eval.training_manifests import DivergedEpoch
from tricky.core.cache import read_memory, write_memory
from tricky.core.errors import InputError
from tricky.core.files import replacing, sha256_of
from tricky.core.manifests import read_manifest, write_manifest

_HASH_BYTES = 32
"""Length of the hash at the start of a state file."""


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one network.

    Attributes
    ----------
    models_folder : Path
        Where finished models are written.
    identity : str
        Hash of everything that determines weights and decisions at every epoch.
    """

    models_folder: Path
    identity: str

    @property
    def folder(self) -> Path:
        """Where the files of this network are."""
        return self.models_folder / ".checkpoints" / self.identity[:16]

    def read_state(self) -> dict[str, Any] | None:
        """Return the state after the last epoch; None where there is none, or where a file is damaged."""
        path = self._state
        if not path.is_file():
            return None
        digest, content = path.read_bytes()[:_HASH_BYTES], path.read_bytes()[_HASH_BYTES:]
        if hashlib.sha256(content).digest() != digest:
            return None  # damaged: training again gives the same result
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        epochs = range(1 + len(state["losses"]))
        return None if any(read_memory(self._decisions(epoch)) is None for epoch in epochs) else state

    def write_state(self, state: dict[str, Any]) -> None:
        """Write the state after an epoch, its hash first: torch does not notice a changed weight."""
        content = io.BytesIO()
        torch.save(state, content)
        with replacing(self._state) as part:
            part.write_bytes(hashlib.sha256(content.getvalue()).digest() + content.getvalue())

    def read_decisions(self, epoch: int) -> pd.DataFrame:
        """Return the decisions after an epoch.

        Raises
        ------
        InputError
            The file is missing or has changed.
        """
        path = self._decisions(epoch)
        found = read_memory(path)
        if found is None or found[1] != {"epoch": epoch}:
            raise InputError(f"{path}: changed during training; run `tricky train` again")
        return found[0]

    def write_decisions(self, epoch: int, rows: pd.DataFrame) -> None:
        """Write the decisions after an epoch."""
        write_memory(self._decisions(epoch), rows, {"epoch": epoch})

    @property
    def diverged_epoch(self) -> int | None:
        """The epoch in which this network is known to diverge."""
        path = self.folder / "diverged.json"
        return read_manifest(path, DivergedEpoch, "tricky train").epoch if path.is_file() else None

    def write_divergence(self, epoch: int) -> None:
        """Record that the network diverges: training again would give the same result."""
        write_manifest(self.folder / "diverged.json", DivergedEpoch, {"epoch": epoch})

    def remove(self) -> None:
        """Remove the checkpoints, which nothing needs once all models are written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _state(self) -> Path:
        return self.folder / "state.pt"

    def _decisions(self, epoch: int) -> Path:
        return self.folder / f"{epoch:04d}.parquet"


def model_identity(network_identity: str, run: Run) -> str:
    """Hash everything that determines the files of one model."""
    return sha256_of(f"{network_identity}/{run.last_epoch}")


def finished(folder: Path, network_identity: str, run: Run) -> TrainedRecord | None:
    """Return the record in a finished model's weights; None where the model isn't finished."""
    try:
        record = read_trained_record(folder / f"{run.name}.safetensors")
    except InputError:  # damaged: training again gives the same result
        return None
    if record is None or record.identity != model_identity(network_identity, run):
        return None
    decisions = folder / f"{run.name}.parquet"
    if record.decisions_sha256 and not (
        decisions.is_file() and sha256_of(decisions) == record.decisions_sha256
    ):
        return None
    return record
