"""Evaluating a pool of eleven on a GPU: against timm, one network after the other, and against the bound.

Eleven ImageNet architectures at 224 and 299 px, with seven preprocessings and weights of chance, see 5,000
JPEGs of 500 × 375 pixels: random parts of the photographs that scikit-learn and matplotlib bring.  All is
measured in one run, commands with their start included.  Prints as its last line one JSON object:

`gpu_pool_vs_timm`, `gpu_fast_pool_vs_timm`, `gpu_mixed_pool_vs_timm`
    `tricky evaluate` with exact, fast and mixed arithmetic over one network after the other with timm's
    `create_loader`, a worker per core, and TF32.
`gpu_pool_vs_bound`, `gpu_fast_pool_vs_bound`
    `tricky evaluate` from its first kernel on, over the larger of two times: preparing all images in
    processes on all cores, and the forward passes alone with inputs on the device.
`gpu_busy`, `gpu_fast_busy`
    Share of time in which a kernel runs, from the first kernel on, as the driver reports it.
`gpu_first_kernel_s`
    Seconds until the first kernel, with exact arithmetic.
`gpu_fast_differs`, `gpu_mixed_differs`
    Decisions that differ from exact ones, of all.
`gpu_fast_differs_clearly`, `gpu_mixed_differs_clearly`
    Those of them whose margin is no near tie.
`gpu_overhead_ms`
    Time per model and batch of 128 with networks that compute nothing.

``python -P benchmarks/gpu.py [N_IMAGES] [--without-timm]``
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import timm
import torch

sys.path.append(str(Path(__file__).resolve().parent))  # last: files here share names with packages
from evaluate import overhead_ms, photographs

from model_eval.cores import n_cores
from model_eval.evaluate.prepare_images import prepared_chunks
from model_eval.images.folder import ImageFolder
from model_eval.images.imagenet_classes import wordnet_ids
from model_eval.networks.device import Arithmetic, arithmetic, memory_format
from model_eval.networks.preprocessing import Preprocessing
from model_eval.networks.timm import preprocessing_of
from model_eval.settings import ImageSettings, ModelEntry

MODELS = (
    *("resnet50.a1_in1k", "resnet152.tv_in1k", "inception_v3.tv_in1k", "xception41.tf_in1k"),
    *("vit_base_patch16_224.augreg_in1k", "convnext_tiny.fb_in1k", "tf_efficientnet_b0.in1k"),
    *("densenet121.ra_in1k", "swin_tiny_patch4_window7_224.ms_in1k", "mobilenetv3_large_100.ra_in1k"),
    "resmlp_24_224.fb_in1k",
)
BATCH_SIZE = 256
REPOSITORY = Path(__file__).resolve().parent.parent


def write_images(folder: Path, n_images: int) -> None:
    """Write JPEGs of 500 × 375 pixels into class folders of ImageNet, on all cores."""
    for name in wordnet_ids():
        (folder / name).mkdir(parents=True)
    with ProcessPoolExecutor(n_cores()) as processes:
        list(processes.map(write_part, [(folder, rows) for rows in np.array_split(np.arange(n_images), 64)]))


def write_part(task: tuple[Path, np.ndarray]) -> None:
    """Write some of the images."""
    folder, rows = task
    originals, names = photographs(), wordnet_ids()
    for index in rows.tolist():
        rng = np.random.default_rng(index)
        image = originals[index % len(originals)]
        width = int(rng.integers(300, min(image.width, image.height * 4 // 3)))
        height = width * 3 // 4
        left, top = int(rng.integers(image.width - width)), int(rng.integers(image.height - height))
        cut = image.crop((left, top, left + width, top + height)).resize((500, 375))
        cut.save(folder / names[index % len(names)] / f"{index:05d}.jpg", quality=90)


def write_weights(folder: Path) -> None:
    """Save the networks with weights of chance."""
    folder.mkdir()
    for name in MODELS:
        torch.manual_seed(1)
        torch.save(timm.create_model(name).state_dict(), folder / f"{name}.pt")


def write_study(root: Path, arithmetic_name: str) -> Path:
    """Write a study that evaluates the pool."""
    study = root / arithmetic_name
    study.mkdir()
    models = "".join(
        f'[[pool.models]]\nname = "m{number}"\nsource = "timm:{name}"\nweights = "../weights/{name}.pt"\n'
        for number, name in enumerate(MODELS)
    )
    (study / "study.toml").write_text(
        f'[images]\nsource = "folder"\npath = "../images"\n[evaluate]\ndevice = "cuda"\n'
        f'batch_size = {BATCH_SIZE}\narithmetic = "{arithmetic_name}"\n{models}'
    )
    return study


@dataclass
class Watched:
    """A command and what the GPU did meanwhile.

    Attributes
    ----------
    seconds : float
        From its start to its end.
    samples : list of (float, float)
        Seconds since the start, and the share of time in which a kernel ran just before.
    """

    seconds: float = 0.0
    samples: list[tuple[float, float]] = field(default_factory=list)

    @property
    def first_kernel_s(self) -> float:
        """Seconds until the first kernel was seen."""
        return next((at for at, busy in self.samples if busy > 0), self.seconds)

    @property
    def busy(self) -> float:
        """Mean share of time in which a kernel ran, from the first on."""
        return float(np.mean([busy for at, busy in self.samples if at >= self.first_kernel_s] or [0.0]))


def watched(*arguments: str | Path) -> Watched:
    """Run Python with arguments while the GPU is watched."""
    found, stop = Watched(), threading.Event()
    while torch.cuda.utilization() > 0:  # of what ran before
        time.sleep(0.1)
    started = time.perf_counter()

    def watch() -> None:
        while not stop.wait(0.05):
            found.samples.append((time.perf_counter() - started, torch.cuda.utilization() / 100))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=REPOSITORY,
            check=False,
            capture_output=True,
            text=True,
        )
    finally:
        stop.set()
        thread.join()
    found.seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise RuntimeError(f"{arguments}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
    return found


def seconds(work: Callable[[], Any]) -> float:
    """Return the wall-clock time of something that runs on the GPU."""
    torch.cuda.synchronize()
    started = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - started


def preprocessings() -> list[Preprocessing]:
    """Return what the networks do to images."""
    return [preprocessing_of(ModelEntry(name="m", source=f"timm:{name}")) for name in MODELS]


def preparing_s(images: Path) -> float:
    """Return the seconds of preparing every image in processes on all cores, once they have started."""
    source = ImageFolder(ImageSettings(source="folder", path=images), images)
    ids = sorted(path.relative_to(images).as_posix() for path in images.glob("*/*.jpg"))
    ways = {str(way.step_keys): way for way in preprocessings()}
    chunks = prepared_chunks(source, [ids[:1]] * 100 + [ids], ways, n_cores())
    for _ in range(100):  # until all have started
        next(chunks)
    return seconds(lambda: list(chunks))


@torch.inference_mode()
def forward_s(n_images: int, name: Arithmetic) -> float:
    """Return the seconds of the forward passes alone."""
    total, device = 0.0, torch.device("cuda")
    with arithmetic(name, device):
        for model, way in zip(MODELS, preprocessings(), strict=True):
            network = timm.create_model(model).eval().to(device).to(memory_format=memory_format(name))
            size = way.description["input_size"]
            inputs = torch.randn(BATCH_SIZE, *size, device=device).contiguous(
                memory_format=memory_format(name)
            )
            network(inputs)
            n_batches = -(-n_images // BATCH_SIZE)
            total += seconds(lambda net=network, x=inputs, n=n_batches: [net(x) for _ in range(n)])
    return total


def rows_of(study: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Return predictions and margins of all models, and which decisions are near ties."""
    models = {
        each["name"]: each for each in json.loads((study / "decisions/pool.json").read_text())["models"]
    }
    tables = [
        pd.read_parquet(study / f"decisions/{name}.parquet").assign(noise=about["noise"])
        for name, about in models.items()
    ]
    rows = pd.concat(tables, ignore_index=True)
    return rows, (rows["margin"] < 2 * rows["noise"]).to_numpy()


def differences(exact: Path, other: Path) -> tuple[int, int]:
    """Return how many decisions differ, and how many of them are no near tie."""
    reference, _ = rows_of(exact)
    rows, near = rows_of(other)
    differs = (rows["prediction"] != reference["prediction"]).to_numpy()
    return int(differs.sum()), int((differs & ~near).sum())


def machine() -> dict[str, Any]:
    """Describe the machine and the versions."""
    commit = os.environ.get("COMMIT", "")
    if not commit:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        commit = done.stdout.strip()
    return {
        "card": torch.cuda.get_device_name(),
        "cores": n_cores(),
        "torch": torch.__version__,
        "timm": timm.__version__,
        "python": sys.version.split()[0],
        "commit": commit,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure everything, print lines for people and one for machines."""
    parser = argparse.ArgumentParser()
    parser.add_argument("n_images", type=int, nargs="?", default=5000)
    parser.add_argument("--without-timm", action="store_true")
    options = parser.parse_args(arguments)
    n = options.n_images
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write_images(root / "images", n)
        write_weights(root / "weights")
        prepare, forward, forward_fast = (
            preparing_s(root / "images"),
            forward_s(n, "exact"),
            forward_s(n, "fast"),
        )
        torch.cuda.empty_cache()
        print(
            f"{n} images, {len(MODELS)} networks, {len({way.key for way in preprocessings()})} preprocessings"
        )
        print(
            f"preparing {prepare:.1f} s; forward passes {forward:.1f} s exact, {forward_fast:.1f} s fast",
            flush=True,
        )
        runs: dict[str, Watched] = {}
        for level in ("exact", "fast", "mixed"):
            one = runs[level] = watched("-m", "tricky", "-C", write_study(root, level), "evaluate")
            seen = f"first kernel after {one.first_kernel_s:.1f} s, then busy {one.busy:.0%}"
            print(f"tricky, {level}: {one.seconds:.1f} s; {seen}", flush=True)
        for level in ("fast", "mixed"):
            differ, clearly = differences(root / "exact", root / level)
            print(f"{level}: {differ} of {n * len(MODELS)} decisions differ, {clearly} of them no near tie")
            figures |= {f"gpu_{level}_differs": differ, f"gpu_{level}_differs_clearly": clearly}
        figures["gpu_overhead_ms"] = overhead_ms(root, "cuda")
        for level, key, passes in (("exact", "gpu", forward), ("fast", "gpu_fast", forward_fast)):
            after = runs[level].seconds - runs[level].first_kernel_s
            figures[f"{key}_pool_vs_bound"] = after / max(prepare, passes)
            figures[f"{key}_busy"] = runs[level].busy
        figures["gpu_first_kernel_s"] = runs["exact"].first_kernel_s
        if not options.without_timm:
            script = REPOSITORY / "benchmarks/others/pool_with_timm.py"
            theirs = watched(
                "-P", script, root / "images", root / "weights", str(n_cores()), str(BATCH_SIZE), *MODELS
            )
            print(f"timm, one network after the other: {theirs.seconds:.1f} s, busy {theirs.busy:.0%}")
            for level, key in (("exact", "gpu"), ("fast", "gpu_fast"), ("mixed", "gpu_mixed")):
                figures[f"{key}_pool_vs_timm"] = runs[level].seconds / theirs.seconds
        figures |= {
            **{f"gpu_{level}_s": one.seconds for level, one in runs.items()},
            "gpu_preparing_s": prepare,
            "gpu_forward_s": forward,
            "gpu_fast_forward_s": forward_fast,
        }
    print(json.dumps({key: round(value, 3) for key, value in figures.items()} | {"machine": machine()}))


if __name__ == "__main__":
    main()
