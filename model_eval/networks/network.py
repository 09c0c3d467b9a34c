"""A network as some library gives it, before anyone asks what the classes of the images are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from model_eval.networks.output_classes import Head
from model_eval.networks.preprocessing import Preprocessing
from model_eval.settings import ModelEntry
from tricky.core.errors import InputError


@dataclass(frozen=True)
class Network:
    """A network with its weights and what belongs to them.

    Attributes
    ----------
    module : nn.Module
        In evaluation mode, on the CPU, float32.
    preprocessing : Preprocessing
    head : Head or None
        What its outputs are called; None where the source doesn't tell.
    weights_sha256 : str
        Hash of the weight file, or of the tensors where the weights came out of a library.
    """

    module: nn.Module
    preprocessing: Preprocessing
    head: Head | None
    weights_sha256: str


def hash_of_state(state: dict[str, torch.Tensor]) -> str:
    """Hash tensors with their names, types and shapes."""
    digest = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def read_state(entry: ModelEntry, path: Path) -> dict[str, torch.Tensor]:
    """Read a checkpoint, as .safetensors or saved by torch; code in it is never run.

    Raises
    ------
    InputError
        There is no such file, or it holds no weights.
    """
    from timm.models import load_state_dict

    if not path.is_file():
        raise InputError(f"{entry.name}: no weights at {path}; correct `weights` in its [[models]] entry")
    try:
        return load_state_dict(str(path), weights_only=True)
    except Exception as error:  # a broken or foreign file may raise anything
        raise InputError(
            f"{entry.name}: {path} can't be read as weights ({one_line(error)}); "
            "expected a state dict, as .safetensors or saved by torch"
        ) from error


def load(entry: ModelEntry, module: nn.Module, state: dict[str, torch.Tensor], path: Path) -> None:
    """Give a network its weights.

    Raises
    ------
    InputError
        They are those of another architecture.
    """
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise InputError(f"{entry.name}: {path} doesn't fit {entry.source} ({one_line(error)})") from error


def one_line(error: Exception) -> str:
    """Return what an error says, in one line of 200 characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:200]} …"
