"""From an image to the input of a network: steps that give pixels, then scaling, on any device.

Steps turn one PIL image into another and need a processor; models that share the first of them share their
results.  Scaling turns 8-bit pixels into numbers, and is cheap where the network runs.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torchvision.transforms import Normalize, ToTensor

Step = Callable[[Image.Image], Image.Image]
"""One step from an image to another; it can be pickled, and equal pickles mean equal steps."""


@dataclass(frozen=True)
class Preprocessing:
    """One way from an image to the input of a network.

    Attributes
    ----------
    description : dict
        Everything it depends on, in JSON's types: equal descriptions mean equal inputs.
    steps : tuple of Step
        Applied to the image in mode ``RGB``; the size of the last one's result is the same for every image.
    mean, std : tuple of float, length 3
        The input is (pixels / `divisor` - mean) / std, for each colour.
    divisor : float
    """

    description: dict[str, Any]
    steps: tuple[Step, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    divisor: float = 255.0

    @cached_property
    def key(self) -> str:
        """The description as text: models that share it share their inputs."""
        return json.dumps(self.description, sort_keys=True)

    @cached_property
    def step_keys(self) -> tuple[bytes, ...]:
        """What identifies each step: preprocessings with equal keys share their pixels."""
        return tuple(pickle.dumps(step) for step in self.steps)

    def scale(self, pixels: torch.Tensor) -> torch.Tensor:
        """Turn pixels into the input of a network, where they are.

        Every operation is rounded as on the CPU: the divisors are tensors, because CUDA multiplies by the
        reciprocal of a plain number instead.

        Parameters
        ----------
        pixels : Tensor of uint8, shape (n_images, height, width, 3)

        Returns
        -------
        Tensor of float32, shape (n_images, 3, height, width)
            In torch's layout ``channels_last``.
        """
        divisor, mean, std = _constants(self.divisor, self.mean, self.std, pixels.device)
        return pixels.permute(0, 3, 1, 2).to(torch.float32).div_(divisor).sub_(mean).div_(std)

    def transform(self, image: Image.Image) -> torch.Tensor:
        """Return the input for one image, float32 of shape (3, height, width)."""
        pixels = np.array(prepare_pixels(image, {"": self})[""])
        return self.scale(torch.from_numpy(pixels)[None])[0].contiguous()


def prepare_pixels(image: Image.Image, ways: Mapping[str, Preprocessing]) -> dict[str, np.ndarray]:
    """Apply the steps of several preprocessings to one image; a step that they share is applied once.

    Parameters
    ----------
    image : Image
    ways : mapping of str to Preprocessing

    Returns
    -------
    dict of str to ndarray of uint8, shape (height, width, 3)
        Under the keys of `ways`.
    """
    done: dict[tuple[bytes, ...], Image.Image] = {(): image.convert("RGB")}
    for way in ways.values():
        for n, step in enumerate(way.steps):
            if way.step_keys[: n + 1] not in done:
                done[way.step_keys[: n + 1]] = step(done[way.step_keys[:n]])
    return {name: np.asarray(done[way.step_keys]) for name, way in ways.items()}


@cache
def _constants(
    divisor: float, mean: tuple[float, ...], std: tuple[float, ...], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return constants of `Preprocessing.scale` on a device, copied there once."""
    with torch.inference_mode(False):
        return (
            torch.tensor(divisor, device=device),
            torch.tensor(mean, device=device).view(3, 1, 1),
            torch.tensor(std, device=device).view(3, 1, 1),
        )


@dataclass(frozen=True)
class FitSquare:
    """The step that fits images into a square: see `square_pixels`."""

    size_px: int
    crop_pct: float

    def __call__(self, image: Image.Image) -> Image.Image:
        """Return the square."""
        return Image.fromarray(square_pixels(image, self.size_px, self.crop_pct))


def fit_square(size_px: int, crop_pct: float = 1.0) -> Preprocessing:
    """Fit images into a square and scale pixels to −1 … 1: the inputs of models trained here."""
    description = {"kind": "fit_square", "size_px": size_px, "mean": 0.5, "std": 0.5}
    if crop_pct != 1:
        description["crop_pct"] = crop_pct
    steps = (FitSquare(size_px, crop_pct),)
    return Preprocessing(description, steps, mean=(1.0,) * 3, std=(1.0,) * 3, divisor=127.5)


def square_pixels(image: Image.Image, size_px: int, crop_pct: float = 1.0) -> np.ndarray:
    """Return an image as a square, uint8 of shape (size_px, size_px, 3).

    An image that fits into the square keeps its pixels and is padded with black, so that small images are
    not blurred.  A larger one is resized (bicubic, antialiased) until its shorter side is `size_px` /
    `crop_pct`, and its centre is taken.
    """
    image = image.convert("RGB")
    if max(image.size) > size_px:
        border = (1 - crop_pct) / 2
        image = ImageOps.fit(image, (size_px, size_px), method=Image.Resampling.BICUBIC, bleed=border)
    square = np.zeros((size_px, size_px, 3), dtype=np.uint8)
    top, left = (size_px - image.height) // 2, (size_px - image.width) // 2
    square[top : top + image.height, left : left + image.width] = np.asarray(image)
    return square


def training_input(pixels: torch.Tensor) -> torch.Tensor:
    """Scale training images as `fit_square` scales them in evaluation.

    Parameters
    ----------
    pixels : Tensor of uint8, shape (n_images, height, width, 3)

    Returns
    -------
    Tensor of float32, shape (n_images, 3, height, width)
        In −1 … 1, contiguous.
    """
    return fit_square(size_px=1).scale(pixels).contiguous()


def published(config: dict[str, Any]) -> Preprocessing:
    """Return the evaluation transform that timm gives for a data configuration.

    Parameters
    ----------
    config : dict
        From ``timm.data.resolve_data_config``: input size, crop, interpolation, mean and SD belong to the
        weights, not to the architecture.
    """
    from timm.data.transforms_factory import create_transform

    transform: Any = create_transform(**config, is_training=False)
    description = {"kind": "timm"} | json.loads(json.dumps(config))
    return from_transforms(description, transform.transforms)


def from_transforms(description: dict[str, Any], transforms: Sequence[Any]) -> Preprocessing:
    """Return the preprocessing that a library describes as a list of torchvision's transforms.

    Parameters
    ----------
    description : dict
    transforms : sequence of callable
        Steps from image to image, then the conversion to a tensor (``ToTensor``), then ``Normalize``.
    """
    *steps, to_tensor, normalize = transforms
    if type(to_tensor).__name__ not in (ToTensor.__name__, "MaybeToTensor"):
        raise TypeError(f"expected ToTensor before the last transform, got {to_tensor!r}")
    if not isinstance(normalize, Normalize):
        raise TypeError(f"expected Normalize as the last transform, got {normalize!r}")
    mean, std = (
        torch.as_tensor(each, dtype=torch.float32).tolist() for each in (normalize.mean, normalize.std)
    )
    return Preprocessing(description, tuple(steps), tuple(mean), tuple(std))
