"""A few of the study's own images, on which each network is tried before it sees all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch.func import functional_call

from model_eval.images.image_source import ImageSource
from model_eval.network_source import OWN_LIBRARIES
from model_eval.networks.network import Network, one_line
from model_eval.settings import ModelEntry
from tricky.core.errors import InputError

N_IMAGES = 3

NEIGHBOUR_TOLERANCE = 1e-3
"""How far an answer may move, relative to the largest, with other images in the batch: rounding."""


@dataclass(frozen=True)
class Sample:
    """Some images of a study, which are read when they are needed first.

    Attributes
    ----------
    image_ids : tuple of str
    read : callable
        Image id → image.
    """

    image_ids: tuple[str, ...]
    read: Callable[[str], Image.Image]

    @cached_property
    def images(self) -> list[Image.Image]:
        """The image of each id.

        Raises
        ------
        InputError
            One can't be read.
        """
        return [self.read(image_id) for image_id in self.image_ids]


def draw_sample(source: ImageSource, images: pd.DataFrame) -> Sample:
    """Return `N_IMAGES` images, evenly spaced over the classes.

    Parameters
    ----------
    source : ImageSource
    images : DataFrame
        `IMAGE_COLUMNS`.
    """
    different = images.drop_duplicates("sha256").sort_values("label", kind="stable")["image_id"].tolist()
    places = np.linspace(0, len(different) - 1, min(len(different), N_IMAGES)).round().astype(int)
    return Sample(tuple(different[place] for place in places), source.read)


def count_outputs(entry: ModelEntry, network: Network, sample: Sample) -> int:
    """Run a model, and return how many outputs it has.

    A lab's own network sees images of the study, and must give each the same output whatever else is in the
    batch: one that was saved in training mode doesn't.  Of a library's network only shapes are computed,
    which takes no time, or its output for a grey image where shapes alone can't be computed.

    Parameters
    ----------
    entry : ModelEntry
    network : Network
    sample : Sample
        Real images: a network that standardises each image has no answer to one of a single colour.

    Raises
    ------
    InputError
        It can't take its own inputs, doesn't answer with one row for each image, or its answer to an image
        depends on the other images or isn't finite.
    """
    own = entry.library in OWN_LIBRARIES
    if not own and (n_outputs := _count_by_shape(network)) is not None:
        return n_outputs
    images = sample.images if own else [Image.new("RGB", (64, 64), (127, 127, 127))]
    inputs = torch.stack([network.preprocessing.transform(image) for image in images])
    together = _answer(entry, network, inputs)
    if not own:
        return together.shape[1]
    largest = together.abs().nan_to_num().max().clamp(min=1)
    for image_id, one, answer in zip(sample.image_ids, inputs, together, strict=True):
        alone = _answer(entry, network, one.expand(2, *one.shape))[0]
        if not (answer.isfinite().all() and alone.isfinite().all()):
            raise InputError(
                f"{entry.name}: the answer of {entry.source} to image {image_id} isn't finite; check its "
                "weights and `preprocessing`"
            )
        if (answer - alone).abs().max() / largest > NEIGHBOUR_TOLERANCE:
            raise InputError(
                f"{entry.name}: the answer of {entry.source} to image {image_id} depends on the other images "
                "in the batch, or on chance; save it in evaluation mode"
            )
    return together.shape[1]


def _count_by_shape(network: Network) -> int | None:
    """Return the number of outputs without computing them, None where that needs more than shapes."""
    tensors = {**dict(network.module.named_parameters()), **dict(network.module.named_buffers())}
    shapes = {name: tensor.to("meta") for name, tensor in tensors.items()}
    grey = Image.new("RGB", (64, 64), (127, 127, 127))
    inputs = network.preprocessing.transform(grey)[None].expand(2, -1, -1, -1).to("meta")
    try:
        with torch.inference_mode():
            output = functional_call(network.module, shapes, (inputs,))
    except Exception:  # such as a branch on a value: the network itself will tell whether anything is wrong
        return None
    if not isinstance(output, torch.Tensor) or output.ndim != 2 or len(output) != 2:
        return None
    return output.shape[1]


def _answer(entry: ModelEntry, network: Network, inputs: torch.Tensor) -> torch.Tensor:
    """Return a model's outputs, shape (n_images, n_outputs)."""
    try:
        with torch.inference_mode():
            answer = network.module(inputs)
    except Exception as error:  # anyone's network may raise anything
        raise InputError(
            f"{entry.name}: {entry.source} can't take a batch of inputs of shape {tuple(inputs.shape[1:])} "
            f"({one_line(error)}); correct its `preprocessing`, or save it for batches of any size"
        ) from error
    if not isinstance(answer, torch.Tensor) or answer.ndim != 2 or len(answer) != len(inputs):
        is_tensor = isinstance(answer, torch.Tensor)
        kind = f"tensor of shape {tuple(answer.shape)}" if is_tensor else type(answer).__name__
        raise InputError(
            f"{entry.name}: {entry.source} answers {len(inputs)} images with a {kind}; expected a tensor of "
            "images × classes"
        )
    return answer
