"""From a pool's entry to a network that can be run: weights, preprocessing, and what its outputs mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from model_eval.networks.network import Network, load, read_state
from model_eval.networks.output_classes import Head, Readout, named_head, read_out, stated_head
from model_eval.networks.preprocessing import Preprocessing, fit_square
from model_eval.networks.sample_images import Sample, count_outputs
from model_eval.networks.timm import new_network
from model_eval.networks.trained_weights import TrainedRecord, check_state, read_trained_record
from model_eval.networks.trust import require_trust
from model_eval.settings import ModelEntry
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

N_CLASSES_NAMED = 20
"""Classes that an error message names; of more, it gives only the number."""


@dataclass(frozen=True)
class Classifier:
    """A network ready to classify the images of a data set.

    Attributes
    ----------
    entry : ModelEntry
    module : nn.Module
        In evaluation mode, on the CPU, float32.
    preprocessing : Preprocessing
    outputs : tuple of int
        For each class of the data set, in order, the index of its output.
    weights_sha256 : str
        Hash of the weight file, or of the tensors where a library provides the weights.
    readout : dict
        How outputs were matched with classes: `head`, `n_outputs`, `policy`.
    """

    entry: ModelEntry
    module: nn.Module
    preprocessing: Preprocessing
    outputs: tuple[int, ...]
    weights_sha256: str
    readout: dict[str, Any]

    @property
    def n_parameters(self) -> int:
        """Number of trainable parameters."""
        return sum(parameter.numel() for parameter in self.module.parameters())


class EntryLevelReadout(nn.Module):
    """A network whose outputs are pooled into entry-level classes.

    The output of a class is the logarithm of the mean probability of its members (Geirhos et al. 2018).
    """

    def __init__(self, module: nn.Module, outputs: Sequence[tuple[int, ...]]) -> None:
        super().__init__()
        self.module = module
        self.outputs = [list(members) for members in outputs]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logarithms of probabilities, shape (n_images, n_classes)."""
        log_p = torch.log_softmax(self.module(images).float(), dim=1)
        means = [log_p[:, each].logsumexp(dim=1) - math.log(len(each)) for each in self.outputs]
        return torch.stack(means, dim=1)


def check_head(entry: ModelEntry, classes: tuple[str, ...], root: Path) -> None:
    """Refuse a model whose outputs can't be matched with the images' classes, before anything is downloaded.

    Raises
    ------
    InputError
        They can't, or the source knows no such model.
    """
    if head := _head_beforehand(entry, classes, root):
        read_out(entry.name, head, classes)


def check_files(entry: ModelEntry, root: Path, training: Path) -> None:
    """Refuse a model whose weights aren't there, before any model runs.

    Raises
    ------
    InputError
        The file of weights is missing.
    """
    if entry.weights == "pretrained":
        return
    path = weights_path(entry, root, training)
    if not path.is_file():
        what = (
            "run `tricky train`" if entry.weights == "train" else "correct `weights` in its [[models]] entry"
        )
        raise InputError(f"{entry.name}: no weights at {path}; {what}")


def weights_path(entry: ModelEntry, root: Path, training: Path) -> Path:
    """Return the file of a model's weights, where they aren't those that its source brings."""
    return training / f"{entry.name}.safetensors" if entry.weights == "train" else root / entry.weights


def preprocessing_before_loading(entry: ModelEntry, root: Path, training: Path) -> Preprocessing | None:
    """Return a model's preprocessing before its weights are loaded; None where only they tell.

    Raises
    ------
    InputError
        The source has no such model, the entry lacks a part, or a record of training is damaged.
    """
    from model_eval.networks import custom, timm, torchvision

    if entry.library == "openclip":
        return None
    if entry.weights != "pretrained":
        record = read_trained_record(weights_path(entry, root, training))
        if record is not None:
            return fit_square(record.input_size_px, record.crop_pct)
    library = {"timm": timm, "torchvision": torchvision}.get(entry.library, custom)
    return library.preprocessing_of(entry)


def build_classifier(
    entry: ModelEntry, classes: tuple[str, ...], sample: Sample, *, root: Path, training: Path
) -> Classifier:
    """Build a pool's model with its weights, and match its outputs with the classes of the images.

    A first run, on images of the study or a grey one, gives its number of outputs.

    Parameters
    ----------
    entry : ModelEntry
        Its `weights` are ``train`` (read from `training`), ``pretrained`` (provided by the source), or the
        path of a checkpoint relative to `root`.
    classes : tuple of str
        Class names of the images, in the order of their labels.
    sample : Sample
        Some of the images.
    root, training : Path
        The study's folder, and the folder of weights trained in it.

    Raises
    ------
    InputError
        The source has no such model, the weights are missing, don't fit the architecture, or were made for
        classes that can't be matched with these; the model runs code, and its entry is not trusted.
    """
    check_files(entry, root, training)
    path = weights_path(entry, root, training)
    record = None if entry.weights == "pretrained" else read_trained_record(path)
    if record is not None:
        network = _trained(entry, classes, path, record)
    else:
        check_head(entry, classes, root)
        network = _build(entry, classes, root)
    n_outputs = count_outputs(entry, network, sample)
    head = network.head
    if head is None:
        raise InputError(
            f"{entry.name}: nothing tells what its {n_outputs} outputs are called, and the images have "
            f'{len(classes)} classes; state `head`, or "images" if they are these in the order of text'
        )
    if head.n_outputs != n_outputs:
        few = entry.head == "images" and len(classes) <= N_CLASSES_NAMED
        named = f" ({', '.join(classes)})" if few else ""
        raise InputError(
            f"{entry.name}: {entry.source} has {n_outputs} outputs, but {head.name} are {head.n_outputs} "
            f"classes{named}; state another `head`"
        )
    return _classifier(entry, network, read_out(entry.name, head, classes))


def _head_beforehand(entry: ModelEntry, classes: tuple[str, ...], root: Path) -> Head | None:
    """Return what is known of a head without its weights."""
    if entry.head:
        return stated_head(entry.name, entry.head, classes, root)
    if entry.weights != "pretrained":
        return None
    if entry.library == "timm":
        from model_eval.networks.timm import published_head

        return published_head(entry)
    if entry.library == "torchvision":
        from model_eval.networks.torchvision import published_head

        return published_head(entry)
    return None


def _build(entry: ModelEntry, classes: tuple[str, ...], root: Path) -> Network:
    from model_eval.networks import custom, openclip, timm, torchvision

    require_trust(entry, root)
    if entry.library == "openclip":
        return openclip.build(entry, classes, root)
    head = stated_head(entry.name, entry.head, classes, root) if entry.head else None
    library = {"timm": timm, "torchvision": torchvision}.get(entry.library, custom)
    return library.build(entry, root, head)


def _trained(entry: ModelEntry, classes: tuple[str, ...], path: Path, record: TrainedRecord) -> Network:
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
    module = new_network(entry, len(classes), record.input_size_px)
    state = read_state(entry, path)
    check_state(path, state, record)
    load(entry, module, state, path)
    head = named_head("the classes that it was trained on here", record.classes)
    return Network(module.eval(), fit_square(record.input_size_px, record.crop_pct), head, sha256_of(path))


def _classifier(entry: ModelEntry, network: Network, readout: Readout) -> Classifier:
    """Put together a network and the outputs that are read."""
    module, outputs = network.module, [each[0] for each in readout.outputs]
    if any(len(each) > 1 for each in readout.outputs):
        module, outputs = EntryLevelReadout(module, readout.outputs).eval(), list(range(len(outputs)))
    return Classifier(
        entry,
        module,
        network.preprocessing,
        tuple(outputs),
        network.weights_sha256,
        readout.description,
    )
