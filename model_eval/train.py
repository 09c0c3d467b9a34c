"""Give the untrained models of a pool their weights, from images that are never evaluated."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from model_eval.artefacts import InputError, Progress, no_progress, sha256_of, versions_of, write_json
from model_eval.devices import choose_device, exact_arithmetic
from model_eval.fitting import derived_seeds, fit_network
from model_eval.images import ImageSource, class_names
from model_eval.preprocess import square_pixels
from model_eval.records import write_parquet
from model_eval.settings import ModelEntry, TrainSettings
from model_eval.weights import TrainedRecord, read_trained_record, write_trained

_SCHEME = 1
"""Raised when the same settings would give other weights: what was trained before is then trained anew."""


def train_pool(
    source: ImageSource,
    entries: Sequence[ModelEntry],
    settings: TrainSettings,
    *,
    folder: Path,
    seed: int,
    device: str = "auto",
    progress: Progress = no_progress,
    workers: int | None = None,
) -> None:
    """Train the models whose weights are ``train`` and write ``training/``.

    A stratified sample of the images is drawn, every model is trained on it, and the manifest is written
    last.  Each model's weights follow from the seed, its name, source, settings and the images alone: models
    that have them already are kept, whatever happened to the rest of an earlier run.  On the CPU every model
    is trained by one thread, several at a time in processes of their own, so the number of cores changes the
    time and not the weights; on a GPU weights may differ in their last digits from run to run.

    Parameters
    ----------
    source : ImageSource
    entries : sequence of ModelEntry
        A pool; models with other weights are passed over, and without any to train nothing is written.
    settings : TrainSettings
    folder : Path
        ``training/``.
    seed : int
        The study's; at least 0.
    device : str
        As in `EvaluateSettings`.
    progress : Progress
        Counts epochs.
    workers : int, optional
        Number of models trained at a time on the CPU; as many as there are cores by default.

    Raises
    ------
    InputError
        More training images asked for than there are, a class without any, an unreadable image, a model
        that can't be built or whose loss diverges.
    """
    entries = [entry for entry in entries if entry.weights == "train"]
    if not entries:
        return
    target = choose_device(device)
    catalogue = source.catalogue(progress)
    classes = class_names(catalogue)
    images = draw_training_images(
        catalogue, settings.images, np.random.default_rng(derived_seeds(seed, "split"))
    )
    write_parquet(folder / "images.parquet", images)

    jobs = [
        _Job(
            entry,
            settings,
            seed,
            classes,
            _identity(entry, settings, seed, classes, images),
            folder / f"{entry.name}.safetensors",
        )
        for entry in entries
    ]
    missing = [job for job in jobs if not job.is_done()]
    if missing:
        pixels = np.stack([square_pixels(source.read(i), settings.input_size_px) for i in images["image_id"]])
        data = _Data(pixels, images["label"].to_numpy())
        if target.type == "cpu":
            _train_in_processes(missing, data, workers or _n_cores(), progress)
        else:
            _train_here(missing, data, target, progress)
    write_json(folder / "training.json", _manifest(source, jobs, settings, seed))


def draw_training_images(catalogue: pd.DataFrame, n_images: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw images at random, from each class the same share.

    Shares that are no whole numbers are rounded by the largest remainder (of equal ones, the first class's).

    Parameters
    ----------
    catalogue : DataFrame
        `IMAGE_COLUMNS`.
    n_images : int
    rng : Generator

    Returns
    -------
    DataFrame, n_images rows
        Rows of `catalogue`, in its order.

    Raises
    ------
    InputError
        No image would be left to evaluate, or a class would have none in training.
    """
    if n_images >= len(catalogue):
        raise InputError(
            f"[train] images = {n_images}, but there are only {len(catalogue)} images, and some must be left "
            "to evaluate; ask for fewer"
        )
    labels = catalogue["label"].to_numpy()
    shares = np.bincount(labels) * n_images / len(labels)
    quotas = np.floor(shares).astype(int)
    by_remainder = np.argsort(quotas - shares, kind="stable")
    quotas[by_remainder[: n_images - quotas.sum()]] += 1
    if quotas.min() == 0:
        name = class_names(catalogue)[quotas.argmin()]
        raise InputError(
            f"[train] images = {n_images} leaves class {name!r} without a training image; ask for more"
        )
    chosen = [
        rng.choice(np.flatnonzero(labels == label), size=quota, replace=False)
        for label, quota in enumerate(quotas)
    ]
    return catalogue.iloc[np.sort(np.concatenate(chosen))].reset_index(drop=True)


@dataclass(frozen=True)
class _Data:
    """Training images, uint8 (n, size, size, 3), and labels (n,)."""

    pixels: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class _Job:
    """One model to train; `identity` hashes everything that its weights follow from."""

    entry: ModelEntry
    settings: TrainSettings
    seed: int
    classes: tuple[str, ...]
    identity: str
    path: Path

    def is_done(self) -> bool:
        record = read_trained_record(self.path)
        return record is not None and record.identity == self.identity

    def run(self, data: _Data, device: torch.device, after_epoch: Callable[[], None]) -> None:
        with exact_arithmetic():
            state, final_loss = fit_network(
                self.entry,
                data.pixels,
                data.labels,
                len(self.classes),
                self.settings,
                self.seed,
                device,
                after_epoch,
            )
        record = TrainedRecord(
            self.identity, self.entry.source, self.classes, self.settings.input_size_px, final_loss
        )
        write_trained(self.path, state, record)


def _identity(
    entry: ModelEntry, settings: TrainSettings, seed: int, classes: tuple[str, ...], images: pd.DataFrame
) -> str:
    content = {
        "scheme": _SCHEME,
        "name": entry.name,
        "source": entry.source,
        "settings": settings.model_dump(),
        "seed": seed,
        "classes": classes,
        "images": sha256_of(images.to_csv(index=False)),
    }
    return sha256_of(json.dumps(content, sort_keys=True))


def _manifest(source: ImageSource, jobs: list[_Job], settings: TrainSettings, seed: int) -> dict[str, Any]:
    folder = jobs[0].path.parent
    models = []
    for job in jobs:
        record = read_trained_record(job.path)
        if record is None:
            raise InputError(f"{job.path}: gone while others were trained; run `tricky train` again")
        models.append(
            {
                "name": job.entry.name,
                "source": job.entry.source,
                "sha256": sha256_of(job.path),
                "final_loss": record.final_loss,
            }
        )
    return {
        "made_from": {},
        "settings": {
            "images": source.settings.model_dump(mode="json"),
            "pool": {"models": [job.entry.model_dump() for job in jobs]},
            "train": settings.model_dump(),
        },
        "seed": seed,
        "versions": versions_of("torch", "timm", "numpy", "pillow"),
        "images": {"sha256": sha256_of(folder / "images.parquet"), "source": source.name},
        "classes": list(jobs[0].classes),
        "models": models,
    }


def _n_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def _train_here(jobs: list[_Job], data: _Data, device: torch.device, progress: Progress) -> None:
    total = sum(job.settings.epochs for job in jobs)
    done = 0
    for job in jobs:

        def count() -> None:
            nonlocal done
            done += 1
            progress("Training models", done, total)

        job.run(data, device, count)


# Training in processes: small networks keep one core busy and no more, so models are trained side by side.

_epochs_done: Any = None  # in a worker: the counter shared with the process that reports
_data: Any = None  # in a worker: the training images, sent once and not with each job


def _train_in_processes(jobs: list[_Job], data: _Data, n_workers: int, progress: Progress) -> None:
    context = multiprocessing.get_context("spawn")  # a fork of a process that has run torch may hang
    epochs_done = context.Value("i", 0)
    total = sum(job.settings.epochs for job in jobs)
    with ProcessPoolExecutor(
        min(n_workers, len(jobs)), context, initializer=_start_worker, initargs=(epochs_done, data)
    ) as pool:
        running: set[Future[None]] = {pool.submit(_run_in_worker, job) for job in jobs}
        try:
            while running:
                finished, running = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
                progress("Training models", epochs_done.value, total)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start_worker(epochs_done: Any, data: _Data) -> None:
    global _epochs_done, _data
    _epochs_done, _data = epochs_done, data
    torch.set_num_threads(1)
    # Should the parent be killed, nobody would end this process: it would wait for work for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


def _run_in_worker(job: _Job) -> None:
    def count() -> None:
        with _epochs_done.get_lock():
            _epochs_done.value += 1

    job.run(_data, torch.device("cpu"), count)
