from __future__ import annotations

from collections import Counter
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from timm.data.transforms_factory import create_transform
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Normalize, Resize
from torchvision.transforms.functional import to_tensor

from model_eval.networks.preprocessing import (
    Preprocessing,
    fit_square,
    prepare_pixels,
    published,
    square_pixels,
    training_input,
)

CONFIG = {
    "input_size": (3, 64, 64),
    "interpolation": "bicubic",
    "mean": (0.485, 0.456, 0.406),
    "std": (0.229, 0.224, 0.225),
    "crop_pct": 0.9,
    "crop_mode": "center",
}


def test_an_image_that_fits_keeps_its_pixels_in_a_black_frame() -> None:
    pixels = np.random.default_rng(0).integers(1, 256, (28, 20, 3), dtype=np.uint8)
    square = square_pixels(Image.fromarray(pixels), 32)
    np.testing.assert_array_equal(square[2:30, 6:26], pixels)
    assert square.sum() == pixels.sum()


@pytest.mark.parametrize("size", [(40, 120), (120, 40), (64, 64), (36, 20)])
def test_a_larger_image_is_resized_and_cropped_as_torchvision_does(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    theirs = Compose([Resize(20, InterpolationMode.BICUBIC), CenterCrop(20)])(image)
    np.testing.assert_array_equal(square_pixels(image, 20), np.asarray(theirs))


def test_a_large_image_is_resized_with_antialiasing() -> None:
    # Lines of one pixel, black and white: every mean over a few of them is grey, every sample is not.
    pixels = np.zeros((160, 160), dtype=np.uint8)
    pixels[::2] = 255
    square = square_pixels(Image.fromarray(pixels), 32)
    assert np.abs(square[2:-2].astype(int) - 127).max() < 10


def test_pixels_are_scaled_to_minus_one_to_one() -> None:
    pixels = torch.tensor([[[[0, 51, 255]]]], dtype=torch.uint8)
    torch.testing.assert_close(training_input(pixels), torch.tensor([-1.0, -0.6, 1.0]).reshape(1, 3, 1, 1))


def test_training_and_evaluation_see_the_same() -> None:
    images = [Image.new("L", (28, 28), 90), Image.new("RGB", (50, 90), (1, 2, 3))]
    in_training = training_input(torch.from_numpy(np.stack([square_pixels(image, 32) for image in images])))
    in_evaluation = torch.stack([fit_square(32).transform(image) for image in images])
    assert torch.equal(in_training, in_evaluation)


def test_published_weights_are_given_what_timm_would_give_them() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (100, 150, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    theirs = create_transform(**CONFIG, is_training=False)
    assert torch.equal(published(CONFIG).transform(image), theirs(image))  # type: ignore[operator]


def test_ways_that_differ_in_anything_have_different_keys() -> None:
    keys = {
        fit_square(32).key,
        fit_square(64).key,
        published(CONFIG).key,
        published(CONFIG | {"crop_pct": 0.95}).key,
    }
    assert len(keys) == 4
    assert published(dict(reversed(CONFIG.items()))).key in keys


class Counted:
    """A step that counts how often it is applied."""

    applied: ClassVar[Counter[str]] = Counter()

    def __init__(self, name: str, size_px: int) -> None:
        self.name, self.size_px = name, size_px

    def __call__(self, image: Image.Image) -> Image.Image:
        self.applied[self.name] += 1
        return image.resize((self.size_px, self.size_px))


def test_a_step_that_preprocessings_share_is_applied_once() -> None:
    def way(*steps: Counted, mean: float = 0.5) -> Preprocessing:
        return Preprocessing({"steps": [step.name for step in steps]}, steps, (mean,) * 3, (0.2,) * 3)

    large, crop, other = Counted("resize", 64), Counted("crop", 32), Counted("other", 16)
    ways = {"a": way(large, crop), "b": way(large, crop, mean=0.4), "c": way(large), "d": way(other)}
    Counted.applied.clear()
    pixels = prepare_pixels(Image.new("L", (100, 80), 50), ways)
    assert Counted.applied == {"resize": 1, "crop": 1, "other": 1}
    assert {name: each.shape for name, each in pixels.items()} == {
        **{"a": (32, 32, 3), "b": (32, 32, 3)},
        **{"c": (64, 64, 3), "d": (16, 16, 3)},
    }


def test_scaling_8_bit_pixels_equals_torchvisions_conversion_and_normalisation_to_the_last_bit() -> None:
    pixels = torch.arange(256, dtype=torch.uint8).repeat(3 * 4).view(4, 16, 16, 3)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    ours = Preprocessing({}, (), mean, std).scale(pixels)
    for image, scaled in zip(pixels, ours, strict=True):
        theirs = Normalize(mean, std)(to_tensor(Image.fromarray(image.numpy())))
        assert torch.equal(scaled, theirs)
