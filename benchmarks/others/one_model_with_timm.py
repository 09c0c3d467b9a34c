"""Evaluate one network on class folders as timm's validate script does, with timm's parts alone.

``python -P benchmarks/others/one_model_with_timm.py NAME CHECKPOINT IMAGES BATCH_SIZE``
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import timm
import torch
from timm.data.config import resolve_model_data_config
from timm.data.dataset import ImageDataset
from timm.data.loader import create_loader


@torch.inference_mode()
def n_correct(name: str, checkpoint: Path, images: Path, batch_size: int, n_workers: int) -> int:
    """Return how many images a network gets right; worker processes decode them."""
    data: Any = ImageDataset(str(images))
    n_classes = len(data.reader.class_to_idx)
    network = timm.create_model(name, num_classes=n_classes, checkpoint_path=str(checkpoint)).eval()
    loader: Any = create_loader(
        data,
        batch_size=batch_size,
        use_prefetcher=False,
        num_workers=n_workers,
        is_training=False,
        **resolve_model_data_config(network),
    )
    return sum(int((network(batch).argmax(dim=1) == label).sum()) for batch, label in loader)


if __name__ == "__main__":
    name, checkpoint, images, batch_size = sys.argv[1:]
    print(n_correct(name, Path(checkpoint), Path(images), int(batch_size), torch.get_num_threads()))
