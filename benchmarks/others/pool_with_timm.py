"""Evaluate networks one after the other with timm's parts: `create_loader` with its prefetcher, and TF32.

``python -P benchmarks/others/pool_with_timm.py IMAGES WEIGHTS N_WORKERS BATCH_SIZE NAME…`` prints how many
images each network gets right.
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
def n_correct(images: Path, checkpoint: Path, name: str, n_workers: int, batch_size: int) -> int:
    """Return how many images a network gets right."""
    network: Any = timm.create_model(name, checkpoint_path=str(checkpoint)).eval().cuda()
    loader: Any = create_loader(
        ImageDataset(str(images)),  # type: ignore[arg-type]
        batch_size=batch_size,
        use_prefetcher=True,
        num_workers=n_workers,
        is_training=False,
        pin_memory=True,
        **resolve_model_data_config(network),
    )
    correct = torch.zeros((), dtype=torch.int64, device="cuda")
    for batch, label in loader:
        correct += (network(batch).argmax(dim=1) == label).sum()
    return int(correct)


if __name__ == "__main__":
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.allow_tf32 = True
    images, weights, n_workers, batch_size, *names = sys.argv[1:]
    for name in names:
        checkpoint = Path(weights) / f"{name}.pt"
        print(name, n_correct(Path(images), checkpoint, name, int(n_workers), int(batch_size)), flush=True)
