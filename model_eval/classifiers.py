"""From a pool's entry to a network that can be asked: weights, preprocessing, and what its outputs mean.

Networks are timm's.  Another library is another function beside `_build_timm`, chosen by the entry's source.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import timm
import torch
from timm.data.config import resolve_model_data_config
from timm.models import get_pretrained_cfg, load_state_dict
from torch import nn

from model_eval.artefacts import InputError, sha256_of
from model_eval.heads import outputs_by_order, outputs_by_wordnet_id
from model_eval.preprocess import Preprocessing, fit_square, published
from model_eval.settings import ModelEntry
from model_eval.weights import TrainedRecord, read_trained_record


@dataclass(frozen=True)
class Classifier:
    """A network ready to be asked about the classes of a data set.

    Attributes
    ----------
    entry : ModelEntry
    module : nn.Module
        In evaluation mode, on the CPU, float32.
    preprocessing : Preprocessing
    outputs : tuple of int
        For each class of the data set, in order, the output that stands for it.
    weights_sha256 : str
        Hash of the weight file, or of the tensors where the weights came from timm.
    """

    entry: ModelEntry
    module: nn.Module
    preprocessing: Preprocessing
    outputs: tuple[int, ...]
    weights_sha256: str

    @property
    def n_parameters(self) -> int:
        """Number of trainable parameters."""
        return sum(parameter.numel() for parameter in self.module.parameters())


def build_classifier(
    entry: ModelEntry, classes: tuple[str, ...], *, root: Path, training: Path
) -> Classifier:
    """Build a pool's model with its weights.

    Parameters
    ----------
    entry : ModelEntry
        Its `weights` are ``train`` (then they are read from `training`), ``pretrained`` (timm's own), or
        the path of a checkpoint relative to `root`.
    classes : tuple of str
        Class names of the images, in the order of their labels.
    root, training : Path
        The study's folder, and the folder of weights trained in it.

    Raises
    ------
    InputError
        timm knows no such model, the weights are missing, don't fit the architecture, or were made for
        classes that can't be matched with these.
    """
    if entry.weights == "pretrained":
        return _build_pretrained(entry, classes)
    if entry.weights == "train":
        path, hint = training / f"{entry.name}.safetensors", "run `tricky train`"
    else:
        path, hint = root / entry.weights, "correct `weights` in its [[models]] entry"
    if not path.is_file():
        raise InputError(f"{entry.name}: no weights at {path}; {hint}")
    record = read_trained_record(path)
    if record is not None:
        return _build_trained(entry, classes, path, record)
    return _build_checkpoint(entry, classes, path)


def new_network(entry: ModelEntry, n_classes: int, input_size_px: int) -> nn.Module:
    """Return an untrained network for square inputs; torch's global generator decides its weights.

    Raises
    ------
    InputError
        timm knows no such architecture, or it can't take inputs of this size.
    """
    config = get_pretrained_cfg(_name(entry), allow_unregistered=True)
    # Networks with position embeddings must be told the size that they are built for.
    size = {"img_size": input_size_px} if config is not None and config.fixed_input_size else {}
    network = _build_timm(entry, num_classes=n_classes, in_chans=3, **size)
    try:
        with torch.inference_mode():
            network.eval()(torch.zeros(1, 3, input_size_px, input_size_px))
    except (RuntimeError, AssertionError, ValueError) as error:
        raise InputError(
            f"{entry.name}: {entry.source} can't take {input_size_px} × {input_size_px} px "
            f"({_one_line(error)}); change `input_size_px` in [train]"
        ) from error
    return network


def _build_trained(
    entry: ModelEntry, classes: tuple[str, ...], path: Path, record: TrainedRecord
) -> Classifier:
    if record.source != entry.source:
        raise InputError(
            f"{entry.name}: {path} holds weights of {record.source}, not of {entry.source}; "
            "run `tricky train` again"
        )
    if record.classes != classes:
        raise InputError(
            f"{entry.name}: {path} was trained on other classes than those of the images; "
            "run `tricky train` again"
        )
    network = new_network(entry, len(classes), record.input_size_px)
    _load(entry, network, _read_state(entry, path), path)
    preprocessing = fit_square(record.input_size_px, record.crop_pct)
    return Classifier(entry, network.eval(), preprocessing, tuple(range(len(classes))), sha256_of(path))


def _build_checkpoint(entry: ModelEntry, classes: tuple[str, ...], path: Path) -> Classifier:
    state = _read_state(entry, path)
    n_outputs = _n_outputs(entry, state, path)
    outputs = outputs_by_order(n_outputs, classes) or outputs_by_wordnet_id(entry.name, n_outputs, classes)
    network = _build_timm(entry, num_classes=n_outputs)
    _load(entry, network, state, path)
    preprocessing = published(resolve_model_data_config(network))
    return Classifier(entry, network.eval(), preprocessing, outputs, sha256_of(path))


def _build_pretrained(entry: ModelEntry, classes: tuple[str, ...]) -> Classifier:
    # What can't be matched is refused before anything is downloaded.
    config = get_pretrained_cfg(_name(entry), allow_unregistered=True)
    if config is not None:
        outputs_by_wordnet_id(entry.name, config.num_classes, classes)
    network = _build_timm(entry, pretrained=True)
    outputs = outputs_by_wordnet_id(entry.name, getattr(network, "num_classes", 0), classes)
    preprocessing = published(resolve_model_data_config(network))
    return Classifier(entry, network.eval(), preprocessing, outputs, _hash_of_state(network.state_dict()))


def _build_timm(entry: ModelEntry, **arguments: Any) -> nn.Module:
    name = _name(entry)
    architecture = name.split(".")[0]
    if not timm.is_model(architecture):
        nearest = timm.list_models(f"*{architecture.split('_')[0]}*")[:3]
        hint = f", such as {', '.join(nearest)}" if nearest else ""
        raise InputError(
            f"{entry.name}: timm has no model {architecture!r}; choose one of timm.list_models(){hint}"
        )
    try:
        return timm.create_model(name, **arguments)
    # Downloads and constructors fail in as many ways as there are hubs and architectures.
    except Exception as error:
        raise InputError(f"{entry.name}: timm can't build {name} ({_one_line(error)})") from error


def _read_state(entry: ModelEntry, path: Path) -> dict[str, torch.Tensor]:
    try:
        return load_state_dict(str(path), weights_only=True)
    except Exception as error:  # a broken or foreign file may raise anything
        raise InputError(
            f"{entry.name}: {path} can't be read as weights ({_one_line(error)}); "
            "expected a state dict, as .safetensors or saved by torch"
        ) from error


def _load(entry: ModelEntry, network: nn.Module, state: dict[str, torch.Tensor], path: Path) -> None:
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise InputError(f"{entry.name}: {path} doesn't fit {entry.source} ({_one_line(error)})") from error


def _n_outputs(entry: ModelEntry, state: dict[str, torch.Tensor], path: Path) -> int:
    """Return the number of outputs of a checkpoint's head, whose name timm knows."""
    config = get_pretrained_cfg(_name(entry), allow_unregistered=True)
    heads = config.classifier if config is not None else None
    head = heads[0] if isinstance(heads, tuple | list) else heads
    weight = state.get(f"{head}.weight")
    if weight is None:
        raise InputError(
            f"{entry.name}: {path} holds no `{head}.weight`, the head of {entry.source}; "
            "are these the weights of a whole classifier of this architecture?"
        )
    return weight.shape[0]


def _hash_of_state(state: dict[str, torch.Tensor]) -> str:
    """Hash tensors with their names, types and shapes."""
    digest = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _name(entry: ModelEntry) -> str:
    return entry.source.removeprefix("timm:")


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:200]} …"
