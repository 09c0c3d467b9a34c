"""From an image to what a model sees, and how that is told to a reader.

Two ways: a square that fits small images (models trained here, in training and evaluation alike), and the
transform that belongs to published weights.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps


@dataclass(frozen=True)
class Preprocessing:
    """One way from an image to a tensor.

    Attributes
    ----------
    description : dict
        Everything it depends on, in JSON's types: equal descriptions mean equal tensors.
    transform : callable
        PIL image → float32 tensor of shape (3, height, width), the same shape for every image.
    """

    description: dict[str, Any]
    transform: Callable[[Image.Image], torch.Tensor]

    @property
    def key(self) -> str:
        """The description as text: models that share it share their inputs."""
        return json.dumps(self.description, sort_keys=True)


def fit_square(size_px: int, crop_pct: float = 1.0) -> Preprocessing:
    """Fit images into a square and scale pixels to −1 … 1: what models trained here see."""
    description = {"kind": "fit_square", "size_px": size_px, "mean": 0.5, "std": 0.5}
    if crop_pct != 1:
        description["crop_pct"] = crop_pct
    return Preprocessing(description, lambda image: scale(square_pixels(image, size_px, crop_pct)))


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


def scale(pixels: np.ndarray) -> torch.Tensor:
    """Turn uint8 of shape (…, height, width, 3) into float32 of shape (…, 3, height, width) in −1 … 1."""
    return torch.from_numpy(pixels).movedim(-1, -3).to(torch.float32).div(127.5).sub(1).contiguous()


def published(config: dict[str, Any]) -> Preprocessing:
    """Return the evaluation transform that timm gives for a data configuration.

    Parameters
    ----------
    config : dict
        From ``timm.data.resolve_model_data_config``: input size, crop, interpolation, mean and SD belong to
        the weights, not to the architecture.
    """
    from timm.data.transforms_factory import create_transform

    transform: Any = create_transform(**config, is_training=False)
    description = {"kind": "timm"} | json.loads(json.dumps(config))
    return Preprocessing(description, lambda image: transform(image.convert("RGB")))
