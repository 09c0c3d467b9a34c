"""Evaluating a pool: against one evaluation a model, against the bound, and in memory.

Eleven of timm's smallest networks, with weights of chance, look at JPEGs of 500 × 375 pixels, cut at random
from the photographs that scikit-learn and matplotlib carry.  All is measured side by side in one run.  Prints
as its last line one JSON object:

`pool_vs_timm`
    `tricky evaluate` for all models over the sum of one evaluation a model as timm's validate script does
    it: a process each, `create_loader` with as many workers as cores, images decoded anew each time.
`pool_vs_timm_within`
    The same without what processes need to start, which counts for less the more images there are.
`bound_vs_timm_within`
    The least that any program could reach: the bound over the same sum.
`pool_vs_bound`
    `evaluate_pool`, everything included, over the time that can't be saved: reading, decoding and preparing
    every image once on all cores, then nothing but the forward passes.
`fast_vs_exact`
    `evaluate_pool` with fast arithmetic over the same with exact arithmetic.
`overhead_ms`
    Time per model and batch of 128 images with networks that compute nothing.
`rss_growth_mb`
    Peak memory of a process that evaluates ten times as many images, less its peak during the first tenth:
    the median of three runs (Linux tells it).

``python -P benchmarks/evaluate.py [N_IMAGES] [N_MODELS]`` runs it smaller; ``--trace N_IMAGES`` only shows
how much memory one evaluation of many small images takes, in tenths of it (`rss_mb`).
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from matplotlib import cbook
from PIL import Image
from sklearn.datasets import load_sample_images
from timm.data.config import resolve_model_data_config

from model_eval.cores import n_cores
from model_eval.evaluate.evaluate import evaluate_pool
from model_eval.images.arrays import ArrayImages
from model_eval.images.folder import ImageFolder
from model_eval.images.imagenet_classes import wordnet_ids
from model_eval.networks.device import Arithmetic, threads_within_models
from model_eval.networks.preprocessing import published
from model_eval.settings import EvaluateSettings, ImageSettings, ModelEntry
from tricky.core.progress import SILENT, Reporter

sys.path.append(str(Path(__file__).resolve().parent))  # last: files here share names with packages
from others import one_model_with_timm

MODELS = (
    *("test_byobnet", "test_convnext", "test_convnext2", "test_efficientnet", "test_efficientnet_gn"),
    *("test_efficientnet_ln", "test_mambaout", "test_resnet", "test_vit", "test_vit2", "test_vit3"),
)
BATCH_SIZE = 50


def photographs() -> list[Image.Image]:
    """Return real photographs that installed packages carry."""
    portrait = Image.open(str(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))).convert("RGB")
    return [portrait, *(Image.fromarray(pixels) for pixels in load_sample_images().images)]


def write_images(folder: Path, n_images: int, size: tuple[int, int] = (500, 375)) -> None:
    """Write JPEGs into two class folders."""
    rng = np.random.default_rng(1)
    originals = photographs()
    for index in range(n_images):
        image = originals[index % len(originals)]
        width = int(rng.integers(300, min(image.width, image.height * 4 // 3)))
        height = width * 3 // 4
        left, top = int(rng.integers(image.width - width)), int(rng.integers(image.height - height))
        path = folder / f"class-{index % 2}" / f"{index:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        cut = image.crop((left, top, left + width, top + height))
        cut.resize(size, Image.Resampling.BICUBIC).save(path, quality=90)


def write_weights(folder: Path, names: Sequence[str]) -> list[ModelEntry]:
    """Save networks with weights of chance, and return the pool of them."""
    entries = []
    for name in names:
        torch.manual_seed(1)
        torch.save(timm.create_model(name, num_classes=2).state_dict(), folder / f"{name}.pt")
        entries.append(ModelEntry(name=name, source=f"timm:{name}", weights=f"{name}.pt", head="images"))
    return entries


def load(entry: ModelEntry, root: Path) -> Any:
    """Build a network with its saved weights."""
    name = entry.source.removeprefix("timm:")
    return timm.create_model(name, num_classes=2, checkpoint_path=str(root / entry.weights)).eval()


def seconds(work: Callable[[], Any]) -> float:
    """Return the wall-clock time that something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def with_tricky(
    entries: Sequence[ModelEntry],
    images: Path,
    root: Path,
    arithmetic: Arithmetic = "fast",
    reporter: Reporter = SILENT,
) -> None:
    """Evaluate a pool as `tricky evaluate` does, once it has started."""
    with tempfile.TemporaryDirectory(dir=root) as folder:
        evaluate_pool(
            ImageFolder(ImageSettings(source="folder", path=images), images),
            entries,
            EvaluateSettings(device="cpu", batch_size=BATCH_SIZE, arithmetic=arithmetic),
            root=root,
            training=root,
            folder=Path(folder),
            reporter=reporter,
        )


def with_timm(entry: ModelEntry, images: Path, root: Path) -> None:
    """Evaluate one model with timm's parts."""
    name = entry.source.removeprefix("timm:")
    one_model_with_timm.n_correct(name, root / str(entry.weights), images, BATCH_SIZE, n_cores())


def start_tricky(entries: Sequence[ModelEntry], images: Path, root: Path) -> None:
    """Evaluate a pool with one command."""
    models = "".join(
        f'[[pool.models]]\nname = "{each.name}"\nsource = "{each.source}"\n'
        f'weights = "{each.weights}"\nhead = "images"\n'
        for each in entries
    )
    (root / "study.toml").write_text(
        f'[images]\nsource = "folder"\npath = "{images.relative_to(root)}"\n'
        f'[evaluate]\ndevice = "cpu"\nbatch_size = {BATCH_SIZE}\n{models}'
    )
    start("-m", "tricky", "-C", str(root), "evaluate")


def start_timm(entry: ModelEntry, images: Path, root: Path) -> None:
    """Evaluate one model with timm's parts, in a process of its own."""
    name, weights = entry.source.removeprefix("timm:"), root / str(entry.weights)
    start("-P", str(one_model_with_timm.__file__), name, str(weights), str(images), str(BATCH_SIZE))


def start(*arguments: str) -> str:
    """Run Python with arguments, and return what it prints."""
    return subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True).stdout


def bound(entries: Sequence[ModelEntry], images: Path, root: Path) -> tuple[float, float]:
    """Return the seconds of preparing every image once, and of the forward passes alone."""
    networks = [load(entry, root) for entry in entries]
    ways = {way.key: way for way in (published(resolve_model_data_config(each)) for each in networks)}
    keys = [published(resolve_model_data_config(each)).key for each in networks]
    paths = sorted(images.glob("*/*.jpg"))
    prepared: dict[str, list[torch.Tensor]] = {key: [] for key in ways}

    def prepare(path: Path) -> dict[str, torch.Tensor]:
        image = Image.open(path).convert("RGB")
        return {key: way.transform(image) for key, way in ways.items()}

    def prepare_all() -> None:
        with ThreadPoolExecutor(n_cores()) as threads:
            for tensors in threads.map(prepare, paths):
                for key, tensor in tensors.items():
                    prepared[key].append(tensor)

    decoding = seconds(prepare_all)
    batches = {
        key: [torch.stack(all_[i : i + BATCH_SIZE]) for i in range(0, len(all_), BATCH_SIZE)]
        for key, all_ in prepared.items()
    }

    @torch.inference_mode()
    def ask(index: int) -> None:
        for batch in batches[keys[index]]:
            networks[index](batch)

    def ask_all() -> None:
        within = max(1, n_cores() // len(networks))
        with threads_within_models(within), ThreadPoolExecutor(n_cores()) as threads:
            list(threads.map(ask, range(len(networks))))

    return decoding, seconds(ask_all)


def memory_growth_mb(images: Path, root: Path) -> float:
    """Return how much the peak memory of a process grows after the first tenth of the images."""
    with tempfile.TemporaryDirectory(dir=root) as study:
        tenths = json.loads(start("-P", __file__, "--memory", str(images), study))
    print("largest memory in each tenth of the images, in MB:", *map(round, tenths))
    return max(tenths) - tenths[0]


def memory_by_tenth(images: Path, root: Path) -> list[float]:
    """Evaluate one model; return the largest memory of this process in each tenth of the images, in MB."""
    entries = write_weights(root, ["test_resnet"])
    largest = [0.0] * 11
    tenth, done = 0, threading.Event()

    def progress(what: str, n_done: int, n_expected: int) -> None:
        nonlocal tenth
        if what == "Evaluating models":
            tenth = 10 * n_done // n_expected

    def watch() -> None:
        pages = Path("/proc/self/statm")
        while not done.wait(0.02):
            rss_mb = int(pages.read_text().split()[1]) * resource.getpagesize() / 2**20
            largest[tenth] = max(largest[tenth], rss_mb)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        with_tricky(entries, images, root, reporter=Reporter(progress))
    finally:
        done.set()
        watching.join()
    return largest[:10]


def show_trace(n_images: int) -> None:
    """Evaluate one model on many small images, and print the largest memory during each tenth of them."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        few, images = root / "few", root / "images"
        write_images(few, min(n_images, 500), (160, 120))
        multiply(few, images, -(-n_images // 500))
        largest = memory_by_tenth(images, root)
    for number, value in enumerate(largest):
        print(f"images {number * n_images // 10:6,} to {(number + 1) * n_images // 10:6,}: {value:.0f} MB")
    print(json.dumps({"rss_mb": [round(value) for value in largest]}))


def multiply(images: Path, folder: Path, n_copies: int) -> None:
    """Give each image several names in another folder, without copies on the disk."""
    for path in images.glob("*/*.jpg"):
        (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
        for copy in range(n_copies):
            (folder / path.parent.name / f"{path.stem}-{copy}.jpg").hardlink_to(path)


NO_OP = """
import torch


class NoOp(torch.nn.Module):
    def forward(self, images):
        return torch.zeros(len(images), 1000, device=images.device)


def network():
    return NoOp()
"""


def overhead_ms(root: Path, device: str) -> float:
    """Return the time per model and batch of 128 that networks without any arithmetic take."""
    (root / "no_op.py").write_text(NO_OP)
    preprocessing = {
        **{"size_px": 8, "crop_pct": 1.0, "interpolation": "nearest"},
        **{"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)},
    }

    def run(n_models: int, n_batches: int) -> float:
        pixels = np.zeros((128 * n_batches, 8, 8), dtype=np.uint8)
        pixels[:, 0, :2] = np.stack([np.arange(len(pixels)) % 256, np.arange(len(pixels)) // 256], axis=1)
        classes = [wordnet_ids()[number % 1000] for number in range(len(pixels))]
        source = ArrayImages(ImageSettings(), "no-op", pixels, classes)
        entries = [
            ModelEntry.model_validate(
                {"name": f"m{number}", "source": "python:no_op:network", "head": "imagenet-1k"}
                | {"preprocessing": preprocessing}
            ).as_trusted()
            for number in range(n_models)
        ]
        settings = EvaluateSettings(device=device, batch_size=128, workers=0)
        with tempfile.TemporaryDirectory(dir=root) as folder:
            there = Path(folder)
            return seconds(
                lambda: evaluate_pool(source, entries, settings, root=root, training=root, folder=there)
            )

    run(2, 8)
    few, many = (2, 8), (22, 40)
    per_batch = {n: (run(n, many[1]) - run(n, few[1])) / (many[1] - few[1]) for n in (few[0], many[0])}
    return 1000 * (per_batch[many[0]] - per_batch[few[0]]) / (many[0] - few[0])


def main() -> None:
    """Measure everything, print lines for people and one for machines."""
    parser = argparse.ArgumentParser(description="Measure the evaluation of a pool.")
    parser.add_argument("n_images", type=int, nargs="?", default=600)
    parser.add_argument("n_models", type=int, nargs="?", default=len(MODELS))
    parser.add_argument("--trace", type=int, metavar="N_IMAGES", help="only show memory over so many images")
    parser.add_argument("--memory", type=Path, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        print(json.dumps(memory_by_tenth(*options.memory)))
        return
    if options.trace:
        show_trace(options.trace)
        return
    n_images, n_models = options.n_images, options.n_models
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        images = root / "images"
        write_images(images, n_images)
        entries = write_weights(root, MODELS[:n_models])
        ours_started = seconds(lambda: start_tricky(entries, images, root))
        theirs_started = sum(
            seconds(lambda entry=entry: start_timm(entry, images, root)) for entry in entries
        )
        ours = seconds(lambda: with_tricky(entries, images, root))
        theirs = sum(seconds(lambda each=each: with_timm(each, images, root)) for each in entries)
        decoding, forward = bound(entries, images, root)
        exact = seconds(lambda: with_tricky(entries, images, root, "exact"))
        overhead = overhead_ms(root, "cpu")
        print(f"{n_images} images, {n_models} models, {n_cores()} cores")
        print(f"overhead per model and batch of 128: {overhead:.2f} ms")
        print(f"as commands: tricky {ours_started:.1f} s; timm, a process a model {theirs_started:.1f} s")
        print(f"within a process: tricky {ours:.1f} s; timm, one model after the other {theirs:.1f} s")
        print(f"bound {decoding + forward:.1f} s: decoding once {decoding:.1f} s, forward {forward:.1f} s")
        print(f"tricky with exact arithmetic {exact:.1f} s")

        many = root / "many"
        multiply(images, many, 10)
        growth = statistics.median(memory_growth_mb(many, root) for _ in range(3))
    figures = {
        "pool_vs_timm": ours_started / theirs_started,
        "pool_vs_timm_within": ours / theirs,
        "bound_vs_timm_within": (decoding + forward) / theirs,
        "pool_vs_bound": ours / (decoding + forward),
        "fast_vs_exact": ours / exact,
        "overhead_ms": overhead,
        "rss_growth_mb": growth,
    }
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
