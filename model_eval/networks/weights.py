"""Weights that `tricky train` made: a safetensors file that says itself what it is.

What a network was trained on, with which settings, and how its inputs are prepared stands in the file's
metadata, under one key (several would be written in no fixed order), so that a file can be recognised, kept
or moved to another study without anything beside it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from tricky.core.files import replacing

_KEY = "tricky"


@dataclass(frozen=True)
class TrainedRecord:
    """What a file of trained weights says of itself.

    Attributes
    ----------
    identity : str
        Hash of everything that the weights follow from: source, settings, seed and images.
    source : str
        ``timm:NAME``.
    classes : tuple of str
        Names, in the order of the outputs.
    input_size_px : int
        Side of the square that inputs are fitted into.
    final_loss : float
        Mean cross-entropy over the last epoch, in nats.
    crop_pct : float
        Share of the resized image's side that the square takes.
    losses, accuracies : tuple of float
        As in `ConditionModel`; empty where decisions were not recorded.
    decisions_sha256 : str
        Hash of the table of decisions by epoch; empty likewise.
    """

    identity: str
    source: str
    classes: tuple[str, ...]
    input_size_px: int
    final_loss: float
    crop_pct: float = 1.0
    losses: tuple[float, ...] = ()
    accuracies: tuple[float, ...] = ()
    decisions_sha256: str = ""


def write_trained(path: Path, state: dict[str, torch.Tensor], record: TrainedRecord) -> None:
    """Write weights with their record, whole or not at all; the same weights give the same bytes."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    with replacing(path) as part:
        save_file(tensors, part, metadata={_KEY: json.dumps(asdict(record))})


def read_trained_record(path: Path) -> TrainedRecord | None:
    """Return a weight file's record, or None where there is no file or it isn't one of `write_trained`."""
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(_KEY)
    except (OSError, SafetensorError):
        return None
    if text is None:
        return None
    content = json.loads(text)
    lists = {key: tuple(value) for key, value in content.items() if isinstance(value, list)}
    return TrainedRecord(**content | lists)
