"""Small images, and small networks trained on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from model_eval.images.check import Inspection
from model_eval.images.folder import ImageFolder
from model_eval.settings import ImageSettings, ModelEntry, TrainSettings
from tricky.core.progress import Progress, no_progress

CLASSES = ("disc", "noise", "stripes")


def draw(kind: str, rng: np.random.Generator) -> Image.Image:
    """Draw an image of a class, of random size, position and colour: 20 to 40 px a side."""
    height, width = rng.integers(20, 41, 2)
    pixels = rng.integers(0, 60, (height, width, 3))
    colour = rng.integers(120, 255, 3)
    y, x = np.mgrid[:height, :width]
    if kind == "disc":
        inside = (y - rng.integers(8, 13)) ** 2 + (x - rng.integers(8, 13)) ** 2 < 36
        pixels[inside] = colour
    elif kind == "stripes":
        pixels[(y + rng.integers(0, 4)) % 4 < 2] = colour
    else:
        pixels = rng.integers(0, 256, (height, width, 3))
    return Image.fromarray(pixels.astype(np.uint8))


@pytest.fixture(scope="session")
def drawn_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty images in three class folders; not to be changed."""
    folder = tmp_path_factory.mktemp("drawn")
    rng = np.random.default_rng(20)
    for name in CLASSES:
        (folder / name).mkdir()
        for index in range(20):
            draw(name, rng).save(folder / name / f"{index:02d}.png")
    return folder


class CountingSource:
    """A folder of images that counts how often each one is read."""

    def __init__(self, folder: Path) -> None:
        self._source = ImageFolder(ImageSettings(source="folder", path=folder), folder)
        self.name = self._source.name
        self.settings = self._source.settings
        self.reads: Counter[str] = Counter()

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:
        return self._source.catalogue(progress)

    def inspect(self, progress: Progress = no_progress) -> Inspection:
        return self._source.inspect(progress)

    def read(self, image_id: str) -> Image.Image:
        self.reads[image_id] += 1
        return self._source.read(image_id)


@pytest.fixture
def open_folder() -> Callable[[Path], CountingSource]:
    return CountingSource


@pytest.fixture
def drawn(drawn_folder: Path) -> CountingSource:
    return CountingSource(drawn_folder)


@pytest.fixture(scope="session")
def two_entries() -> tuple[ModelEntry, ...]:
    return (
        ModelEntry(name="resnet", source="timm:test_resnet", family="residual"),
        ModelEntry(name="mambaout", source="timm:test_mambaout", family="gated"),
    )


@pytest.fixture(scope="session")
def quick_training() -> TrainSettings:
    return TrainSettings(images=24, epochs=2, batch_size=8)


@pytest.fixture(scope="session")
def trained_folder(
    drawn_folder: Path,
    two_entries: tuple[ModelEntry, ...],
    quick_training: TrainSettings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """``training/`` of the two entries; not to be changed."""
    from model_eval.networks.device import Hardware
    from model_eval.train.pool_training import train_pool

    folder = tmp_path_factory.mktemp("study") / "training"
    source, one = CountingSource(drawn_folder), Hardware(n_workers=1)
    train_pool(source, two_entries, quick_training, folder=folder, seed=7, hardware=one)
    return folder
