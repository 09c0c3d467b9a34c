"""Give the untrained models of a pool their weights, from images that are never evaluated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model_eval.artefacts import InputError, Progress, no_progress, sha256_of, versions_of, write_json
from model_eval.devices import choose_device, n_cores
from model_eval.fitting import derived_seeds
from model_eval.images import ImageSource, class_names
from model_eval.jobs import TrainingData, TrainingJob, run_jobs
from model_eval.preprocess import square_pixels
from model_eval.records import write_parquet
from model_eval.settings import ModelEntry, TrainSettings
from model_eval.split import draw_training_images
from model_eval.weights import read_trained_record

SCHEME = 1
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
    last.  Each model's weights follow from the seed, its name and source, the settings and the images alone:
    models that have them already are kept, whatever became of an earlier run.  On the CPU the number of
    cores changes the time and not the weights; on a GPU their last digits may change from run to run.

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
    rng = np.random.default_rng(derived_seeds(seed, "split"))
    images = draw_training_images(catalogue, settings.images, rng)
    write_parquet(folder / "images.parquet", images)

    jobs = []
    for entry in entries:
        identity = _identity(entry, settings, seed, classes, images)
        path = folder / f"{entry.name}.safetensors"
        jobs.append(TrainingJob(entry, settings, seed, classes, identity, path))
    missing = [job for job in jobs if not job.is_done()]
    if missing:
        pixels = [square_pixels(source.read(i), settings.input_size_px) for i in images["image_id"]]
        data = TrainingData(np.stack(pixels), images["label"].to_numpy())
        run_jobs(missing, data, target, workers or n_cores(), progress)

    write_json(
        folder / "training.json",
        {
            "made_from": {},
            "settings": {
                "images": source.settings.model_dump(mode="json"),
                "pool": {"models": [entry.model_dump() for entry in entries]},
                "train": settings.model_dump(),
            },
            "seed": seed,
            "versions": versions_of("torch", "timm", "numpy", "pillow"),
            "images": {"sha256": sha256_of(folder / "images.parquet"), "source": source.name},
            "classes": list(classes),
            "models": [_manifest_entry(job) for job in jobs],
        },
    )


def _identity(
    entry: ModelEntry, settings: TrainSettings, seed: int, classes: tuple[str, ...], images: pd.DataFrame
) -> str:
    """Hash everything that a model's weights follow from."""
    content = {
        "scheme": SCHEME,
        "name": entry.name,
        "source": entry.source,
        "settings": settings.model_dump(),
        "seed": seed,
        "classes": classes,
        "images": sha256_of(images.to_csv(index=False)),
    }
    return sha256_of(json.dumps(content, sort_keys=True))


def _manifest_entry(job: TrainingJob) -> dict[str, Any]:
    record = read_trained_record(job.path)
    if record is None:
        raise InputError(f"{job.path}: gone while others were trained; run `tricky train` again")
    return {
        "name": job.entry.name,
        "source": job.entry.source,
        "sha256": sha256_of(job.path),
        "final_loss": record.final_loss,
    }
