"""What controlled training costs over a plain torch loop, and what two conditions side by side gain.

Both do the same: a small network on mnist-5k with random crops, an evaluation before the first epoch and
after every one.  Prints as its last line one JSON object:

`throughput_vs_plain_loop`
    Images per second of `train_conditions` (one process, one thread; checkpoints and decisions by epoch
    included, decoding excluded for both) over those of the plain loop with one thread.  Median over rounds,
    in which both are measured one right after the other.
`side_by_side_vs_one_after_other`
    Time that a plain loop with as many threads as there are cores takes for two networks, one after the
    other, over the time of `train_conditions` for two conditions (starting their processes included).
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import timm
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from model_eval.cores import n_cores
from model_eval.images.open import open_images
from model_eval.networks.device import Hardware
from model_eval.networks.preprocessing import square_pixels, training_input
from model_eval.settings import EvaluateSettings, ImageSettings
from model_eval.train.conditions import ConditionImages, train_conditions
from model_eval.train.recipe import Recipe
from tricky.core.progress import Reporter

N_TRAINING = 2000
BATCH = 32
EVALUATION = EvaluateSettings(device="cpu", batch_size=128)


class PlainDataset(Dataset[tuple[torch.Tensor, int]]):
    """Decoded images in memory, cropped by chance one by one: what a tutorial would write."""

    def __init__(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        self.images = torch.from_numpy(pixels).movedim(-1, 1)
        self.labels = labels.tolist()
        self.crop = v2.RandomCrop(32, padding=4)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> tuple[torch.Tensor, int]:
        return self.crop(self.images[row]).to(torch.float32).div(127.5).sub(1), self.labels[row]


def plain_loop(training: PlainDataset, evaluated: torch.Tensor, labels: torch.Tensor, epochs: int) -> float:
    """Train as a tutorial would, and return the seconds that it took."""
    torch.manual_seed(1)
    started = time.perf_counter()
    network = timm.create_model("test_resnet", num_classes=10)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4, fused=True)
    loader = DataLoader(training, batch_size=BATCH, shuffle=True)
    for epoch in range(epochs + 1):
        if epoch:
            network.train()
            for images, targets in loader:
                loss = F.cross_entropy(network(images), targets)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        network.eval()
        with torch.inference_mode():
            predictions = [network(batch).argmax(1) for batch in evaluated.split(EVALUATION.batch_size)]
            (torch.cat(predictions) == labels).float().mean().item()
    return time.perf_counter() - started


def tricky(epochs: int, conditions: dict[str, dict[str, list[str]]], workers: int) -> float:
    """Train by a recipe, and return the seconds that it took once the images were decoded."""
    recipe = Recipe.model_validate(
        {
            "base": {
                "network": "timm:test_resnet",
                "images": N_TRAINING,
                "epochs": epochs,
                "batch_size": BATCH,
                "augmentation": "crop",
                "optimizer": "momentum",
                "learning_rate": 0.02,
                "weight_decay": 1e-4,
                "schedule": "constant",
            },
            "conditions": conditions,
        }
    )
    decoded = time.perf_counter()

    def note(what: str, done: int, total: int) -> None:
        nonlocal decoded
        if what == "Decoding images" and done == total:
            decoded = time.perf_counter()

    with tempfile.TemporaryDirectory() as folder:
        source = open_images(ImageSettings(), Path())
        train_conditions(
            ConditionImages(source),
            recipe,
            folder=Path(folder),
            seed=1,
            batch_size=EVALUATION.batch_size,
            hardware=Hardware("cpu", workers),
            reporter=Reporter(note),
        )
        return time.perf_counter() - decoded


def main() -> None:
    """Measure both in turn, print a line for people and one for machines."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()

    source = open_images(ImageSettings(), Path())
    catalogue = source.catalogue()
    pixels = np.stack([square_pixels(source.read(image_id), 32) for image_id in catalogue["image_id"]])
    labels = catalogue["label"].to_numpy().astype(np.int64)
    shuffled = np.random.default_rng(1).permutation(len(labels))
    to_train, to_evaluate = shuffled[:N_TRAINING], shuffled[N_TRAINING:]
    training = PlainDataset(pixels[to_train], labels[to_train])
    evaluated = training_input(torch.from_numpy(pixels[to_evaluate]))
    targets = torch.from_numpy(labels[to_evaluate])

    torch.set_num_threads(1)
    plain_loop(training, evaluated, targets, 1)  # the first one fills caches
    ratios = []
    for _ in range(chosen.rounds):
        plain = plain_loop(training, evaluated, targets, chosen.epochs)
        ours = tricky(chosen.epochs, {}, workers=1)
        ratios.append(plain / ours)
        n_images = chosen.epochs * N_TRAINING
        print(f"plain loop {n_images / plain:.0f} images/s, tricky {n_images / ours:.0f}")

    torch.set_num_threads(n_cores())
    in_turn = sum(plain_loop(training, evaluated, targets, 2 * chosen.epochs) for _ in range(2))
    torch.set_num_threads(1)
    together = tricky(2 * chosen.epochs, {"order": {"new_seeds": ["order"]}}, workers=2)
    print(f"two networks: in turn {in_turn:.1f} s on {n_cores()} threads, side by side {together:.1f} s")
    figures = {
        "throughput_vs_plain_loop": round(statistics.median(ratios), 3),
        "side_by_side_vs_one_after_other": round(in_turn / together, 3),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
