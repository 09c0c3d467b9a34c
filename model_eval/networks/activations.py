"""What a layer of a network makes of images."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

from model_eval.epoch_decisions import EpochDecisions
from model_eval.images.image_source import ImageSource, class_names
from model_eval.networks.build import Classifier, build_classifier
from model_eval.networks.device import choose_device
from model_eval.networks.sample_images import draw_sample
from model_eval.settings import ModelEntry
from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress

PENULTIMATE = "penultimate"
"""The input of the last, linear layer, by whatever name an architecture has it."""

IMAGES_AT_MOST = 500
"""Images that networks are compared on: 124,750 pairs."""


def activations_of_each(
    decisions: EpochDecisions,
    layer: str,
    source: ImageSource,
    folder: Path,
    device: str = "auto",
    progress: Progress = no_progress,
) -> Iterator[np.ndarray | None]:
    """Yield a layer's activations in each network of ``conditions/``, after its last epoch.

    Parameters
    ----------
    decisions : EpochDecisions
        Of the folder.
    layer : str
        As for `activations`.
    source : ImageSource
        The images that the networks were asked about; at most `IMAGES_AT_MOST` are used, evenly spaced over
        the classes.
    folder : Path
        ``conditions/``, with the networks' weights.
    device : str
        As in `EvaluateSettings`.
    progress : Progress
        Counts networks.

    Yields
    ------
    ndarray of float32, shape (n_images, n_units), or None
        In the order of `decisions.models`; None for networks of an architecture without that layer.

    Raises
    ------
    InputError
        The base network has no such layer, its weights are missing, or an image can't be read.
    """
    target = choose_device(device)
    by_class = decisions.images.sort_values("label", kind="stable")["image_id"].tolist()
    chosen = np.linspace(0, len(by_class) - 1, min(len(by_class), IMAGES_AT_MOST)).round().astype(int)
    image_ids = [by_class[place] for place in chosen]
    classes, sample = class_names(decisions.images), draw_sample(source, decisions.images)
    for row, model in enumerate(decisions.models):
        entry = ModelEntry(name=model.name, source=model.network)
        classifier = build_classifier(entry, classes, sample, root=folder, training=folder)
        expected = model.network == decisions.models[0].network or has_layer(classifier, layer)
        yield activations(classifier, layer, source, image_ids, target) if expected else None
        progress(f"Representations: {layer}", row + 1, len(decisions.models))


def has_layer(classifier: Classifier, layer: str) -> bool:
    """Tell whether a network has a layer of that name."""
    return layer == PENULTIMATE or layer in get_graph_node_names(classifier.module)[1]


def activations(
    classifier: Classifier,
    layer: str,
    source: ImageSource,
    image_ids: list[str],
    device: torch.device,
    batch_size: int = 64,
) -> np.ndarray:
    """Return a layer's activations to images.

    Parameters
    ----------
    classifier : Classifier
    layer : str
        `PENULTIMATE`, or the name of a node as torchvision's feature extraction has it, such as
        ``layer3.0.conv1``.
    source : ImageSource
    image_ids : list of str
    device : torch.device
    batch_size : int

    Returns
    -------
    ndarray of float32, shape (n_images, n_units)

    Raises
    ------
    InputError
        The network has no such layer, or an image can't be read.
    """
    extract = _extractor(classifier, layer).to(device).eval()
    found = []
    with torch.inference_mode():
        for start in range(0, len(image_ids), batch_size):
            inputs = [
                classifier.preprocessing.transform(source.read(each))
                for each in image_ids[start : start + batch_size]
            ]
            found.append(extract(torch.stack(inputs).to(device)).flatten(1).float().cpu().numpy())
    return np.concatenate(found)


class _Penultimate(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.network.forward_head(self.network.forward_features(inputs), pre_logits=True)  # type: ignore[operator]


class _Node(nn.Module):
    def __init__(self, network: nn.Module, node: str) -> None:
        super().__init__()
        self.extractor = create_feature_extractor(network, return_nodes={node: "node"})

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.extractor(inputs)["node"]


def _extractor(classifier: Classifier, layer: str) -> nn.Module:
    if layer == PENULTIMATE:
        return _Penultimate(classifier.module)
    _, nodes = get_graph_node_names(classifier.module)
    if layer not in nodes:
        near = difflib.get_close_matches(layer, nodes, n=5, cutoff=0.3) or nodes[-5:]
        raise InputError(
            f"{classifier.entry.name}: {classifier.entry.source} has no layer {layer!r}; "
            f"give {PENULTIMATE}, or a name such as {', '.join(near)}"
        )
    return _Node(classifier.module, layer)
