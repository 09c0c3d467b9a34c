"""What a layer of a network makes of images."""

from __future__ import annotations

import difflib

import numpy as np
import torch
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

from model_eval.artefacts import InputError
from model_eval.classifiers import Classifier
from model_eval.images import ImageSource

PENULTIMATE = "penultimate"
"""The input of the last, linear layer, by whatever name an architecture has it."""


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
