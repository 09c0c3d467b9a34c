"""Weights that `tricky train` made: a safetensors file that says itself what it is.

What a network was trained on, with which settings, and how its inputs are prepared is in the file's metadata,
under one key (several would be written in no fixed order), so that a file can be recognised, kept or moved to
another study without anything else.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import torch
from pydantic import Field
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from model_eval.networks.network import hash_of_state
from tricky.core.errors import InputError
from tricky.core.files import replacing
from tricky.core.manifests import Manifest, Sha256, Share, parse_record, sealed

_KEY = "tricky"


class TrainedRecord(Manifest):
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
    decisions_sha256 : str or None
        Hash of the table of decisions by epoch; None likewise.
    state_sha256 : str or None
        Hash of the weights, which `write_trained` adds.
    """

    identity: Sha256
    source: str
    classes: tuple[str, ...]
    input_size_px: Annotated[int, Field(ge=1)]
    final_loss: float
    crop_pct: Annotated[float, Field(gt=0, le=1)] = 1.0
    losses: tuple[float, ...] = ()
    accuracies: tuple[Share, ...] = ()
    decisions_sha256: Sha256 | None = None
    state_sha256: Sha256 | None = None


def write_trained(path: Path, state: dict[str, torch.Tensor], record: TrainedRecord) -> None:
    """Write weights with their record, whole or not at all; the same weights give the same bytes."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    content = record.model_dump(mode="json") | {"state_sha256": hash_of_state(tensors)}
    with replacing(path) as part:
        try:
            save_file(tensors, part, metadata={_KEY: json.dumps(sealed(TrainedRecord, content))})
        except SafetensorError as error:  # what the library makes of a full disk
            raise OSError(str(error)) from error


def read_trained_record(path: Path) -> TrainedRecord | None:
    """Return a weight file's record, or None where there is no file or it isn't one of `write_trained`.

    Raises
    ------
    InputError
        The record is damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(_KEY)
    except (OSError, SafetensorError):
        return None
    if text is None:
        return None
    return parse_record(text, TrainedRecord, str(path), "delete the file and run `tricky train` again")


def check_state(path: Path, state: dict[str, torch.Tensor], record: TrainedRecord) -> None:
    """Raise InputError if weights are not those that were written with their record."""
    if record.state_sha256 not in (None, hash_of_state(state)):
        raise InputError(
            f"{path}: the weights have changed since they were written; delete the file and run "
            "`tricky train` again"
        )
