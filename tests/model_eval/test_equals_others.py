"""Decisions held against evaluations that are written with timm's and torchvision's own parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import timm
import torch
from PIL import Image
from timm.data.config import resolve_model_data_config
from timm.data.dataset import ImageDataset
from timm.data.loader import create_loader
from torch import nn
from torchvision.datasets import ImageFolder as TorchvisionFolder
from torchvision.transforms import InterpolationMode
from torchvision.transforms._presets import ImageClassification

from model_eval.evaluate.evaluate import evaluate_pool
from model_eval.images.folder import ImageFolder
from model_eval.settings import EvaluateSettings, ImageSettings, ModelEntry

ARCHITECTURES = ("test_convnext", "test_efficientnet", "test_resnet", "test_vit")
"""Convolutional with layer norm, inverted bottlenecks, residual with batch norm, attention."""

SIZES = ((500, 375), (375, 500), (1, 1), (3, 200), (333, 17), (161, 160), (160, 160), (159, 257))
"""Width and height in pixels: smaller and larger than what models see, one pixel, odd, narrow, exact."""


@pytest.fixture(scope="module")
def odd_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Smooth colours with noise in every size and several formats, in two class folders."""
    folder = tmp_path_factory.mktemp("odd")
    rng = np.random.default_rng(11)
    for name in ("ten", "two"):
        (folder / name).mkdir()
    for index, size in enumerate(SIZES):
        coarse = Image.fromarray(rng.integers(0, 256, (3, 4, 3), dtype=np.uint8))
        pixels = np.asarray(coarse.resize(size)) + rng.integers(-30, 31, (*size[::-1], 3))
        image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        image.save(folder / "ten" / f"{index}.jpg", quality=90)
        image.convert("L").save(folder / "two" / f"{index}-grey.png")
        image.quantize(50).save(folder / "ten" / f"{index}-palette.png")
        image.convert("CMYK").save(folder / "two" / f"{index}-print.jpg", quality=90)
    return folder


def network_of(architecture: str) -> nn.Module:
    torch.manual_seed(6)
    return timm.create_model(architecture, num_classes=2).eval()


@torch.inference_mode()
def logits_with_timm(network: nn.Module, folder: Path) -> tuple[list[str], torch.Tensor]:
    dataset = ImageDataset(str(folder))
    loader: Any = create_loader(
        dataset,
        batch_size=20,
        use_prefetcher=False,
        num_workers=0,
        is_training=False,
        **resolve_model_data_config(network),
    )
    names = [Path(str(path)).relative_to(folder).as_posix() for path in dataset.filenames(absolute=True)]
    return names, torch.cat([network(images) for images, _ in loader])


@torch.inference_mode()
def logits_with_torchvision(network: nn.Module, folder: Path) -> tuple[list[str], torch.Tensor]:
    """Use the transform that torchvision's reference evaluation and its weights use."""
    config = resolve_model_data_config(network)
    size = config["input_size"][-1]
    preset = ImageClassification(
        crop_size=size,
        resize_size=int(size / config["crop_pct"]),
        mean=config["mean"],
        std=config["std"],
        interpolation=InterpolationMode(config["interpolation"]),
    )
    dataset = TorchvisionFolder(str(folder), transform=preset)
    names = [Path(path).relative_to(folder).as_posix() for path, _ in dataset.samples]
    return names, torch.cat([network(image[None]) for image, _ in dataset])


def test_every_prediction_is_that_of_evaluations_written_with_timm_and_with_torchvision(
    odd_images: Path, tmp_path: Path
) -> None:
    expected, entries = [], []
    for architecture in ARCHITECTURES:
        network = network_of(architecture)
        theirs = [logits_with_timm(network, odd_images), logits_with_torchvision(network, odd_images)]
        # An untrained head says the same of every image; without the middle of it it tells them apart.
        _, logits = theirs[0]
        change = torch.stack([torch.quantile(logits[:, 1] - logits[:, 0], 0.5), torch.tensor(0.0)])
        network.get_classifier().bias.data += change  # type: ignore[operator]
        torch.save(network.state_dict(), tmp_path / f"{architecture}.pt")
        entries.append(
            ModelEntry(
                name=architecture, source=f"timm:{architecture}", weights=f"{architecture}.pt", head="images"
            )
        )
        expected += [(architecture, image_ids, (logits + change).double()) for image_ids, logits in theirs]
    evaluate_pool(
        ImageFolder(ImageSettings(source="folder", path=odd_images), odd_images),
        entries,
        EvaluateSettings(device="cpu", batch_size=12),
        root=tmp_path,
        training=tmp_path,
        folder=tmp_path / "decisions",
    )
    for architecture, image_ids, logits in expected:
        ours = pd.read_parquet(tmp_path / "decisions" / f"{architecture}.parquet").set_index("image_id")
        assert len(ours) == len(image_ids) == 4 * len(SIZES)
        ours = ours.loc[image_ids]
        best, prediction = logits.softmax(dim=1).max(dim=1)
        assert prediction.sum() == 2 * len(SIZES)  # a network that says the same of all would test nothing
        np.testing.assert_array_equal(ours["prediction"], prediction)
        np.testing.assert_allclose(ours["p_prediction"], best, atol=1e-5)
        np.testing.assert_allclose(ours["margin"], (logits[:, 1] - logits[:, 0]).abs(), atol=1e-4)
