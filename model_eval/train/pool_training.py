"""Train the untrained models of a pool, on images that are never evaluated."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model_eval.cores import n_cores
from model_eval.images.image_source import InspectedSource, class_names, list_images
from model_eval.images.uncounted_files import record_not_counted
from model_eval.networks.device import AUTOMATIC, Hardware, choose_device
from model_eval.recipe_settings import BASE, NetworkRecipe
from model_eval.settings import ModelEntry, TrainSettings
from model_eval.train.checkpoints import finished
from model_eval.train.data_loading import DecodedImages, room_for_images
from model_eval.train.parallel_jobs import run_jobs
from model_eval.train.recipe import Run, Seeds
from model_eval.train.split import draw_training_images
from model_eval.train.training_job import TrainingJob
from model_eval.training_manifests import TrainingManifest
from tricky.core.errors import InputError
from tricky.core.files import sha256_of, versions_of
from tricky.core.manifests import write_manifest
from tricky.core.parquet import write_parquet
from tricky.core.progress import SILENT, Reporter
from tricky.core.randomness import derived_seeds, generator

SCHEME = 3
"""Incremented when the same settings would give other weights: then all models are trained again."""


def train_pool(
    source: InspectedSource,
    entries: Sequence[ModelEntry],
    settings: TrainSettings,
    *,
    folder: Path,
    seed: int,
    hardware: Hardware = AUTOMATIC,
    reporter: Reporter = SILENT,
) -> int:
    """Train the models whose weights are ``train`` and write ``training/``.

    A stratified sample of the images is drawn, every model is trained on it (AdamW, one-cycle schedule), and
    the manifest is written last.  The weights of a model depend only on the seed, its name and source, the
    settings and the images; models that have such weights already are kept, even if an earlier run was
    interrupted.  On the CPU the number of cores changes the time and not the weights; on a GPU the last
    digits may change from run to run.

    Parameters
    ----------
    source : InspectedSource
    entries : sequence of ModelEntry
        A pool; models with other weights are ignored.
    settings : TrainSettings
    folder : Path
        ``training/``.
    seed : int
        The study's; at least 0.
    hardware : Hardware
    reporter : Reporter
        Progress as for `run_jobs`; messages say which files are not counted as images.

    Returns
    -------
    int
        Number of models in ``training/``.  Where no model needs training, nothing is written.

    Raises
    ------
    InputError
        There are fewer images than training images wanted, a class would have none, an image can't be read,
        a model can't be built, or the loss of a model diverged (raised after the others are done).
    """
    entries = [entry for entry in entries if entry.weights == "train"]
    if not entries:
        return 0
    device = choose_device(hardware.device)
    catalogue, inspection = list_images(source, reporter)
    classes = class_names(catalogue)
    images = draw_training_images(catalogue, settings.images, generator(seed, "split"))
    write_parquet(folder / "images.parquet", images)
    decoded = DecodedImages(source, images["image_id"].tolist(), settings.input_size_px)
    labels = images["label"].to_numpy()
    jobs = [
        TrainingJob(
            runs=(_run(entry, settings, seed),),
            classes=classes,
            images=decoded,
            labels=labels,
            rows=np.arange(len(labels)),
            evaluated=None,
            identity=_identity(entry, settings, seed, classes, images),
            folder=folder,
            channels_last=device.type == "cpu",
        )
        for entry in entries
    ]
    missing = [each for each in jobs if finished(folder, each.identity, each.runs[0]) is None]
    with tempfile.TemporaryDirectory() as scratch:
        if missing:
            decoded.keep(Path(scratch) / "images", room_for_images(Path(scratch)), reporter.progress)
        n_workers = hardware.n_workers or n_cores()
        outcomes = [outcome for _, outcome in run_jobs(missing, device, n_workers, reporter.progress)]
    if diverged := sorted((each.name, each.epoch) for each in outcomes if each is not None):
        names = ", ".join(f"{name} in epoch {epoch}" for name, epoch in diverged)
        raise InputError(f"training diverged: {names}; lower `learning_rate` in [train]")

    content = {
        "made_from": {},
        "settings": {
            "images": source.settings.model_dump(mode="json"),
            "pool": {"models": [entry.model_dump() for entry in entries]},
            "train": _of_pool(settings),
        },
        "seed": seed,
        "versions": versions_of("torch", "timm", "numpy", "pillow"),
        "images": {
            "sha256": sha256_of(folder / "images.parquet"),
            "source": source.name,
            "not_counted": record_not_counted(inspection.not_counted),
        },
        "classes": list(classes),
        "models": [_manifest_entry(job) for job in jobs],
    }
    write_manifest(folder / "training.json", TrainingManifest, content)
    return len(entries)


def _of_pool(settings: TrainSettings) -> dict[str, Any]:
    """Return the settings for training the models of a pool."""
    return settings.model_dump(exclude={"recipe", "training_set", "base", "conditions"})


def _run(entry: ModelEntry, settings: TrainSettings, seed: int) -> Run:
    recipe = NetworkRecipe(network=entry.source, **settings.model_dump(include=_SHARED))
    states = derived_seeds(seed, "train", entry.name).generate_state(5, np.uint64).tolist()
    return Run(entry.name, BASE, 1, recipe, Seeds(*states))


_SHARED = {"epochs", "batch_size", "learning_rate", "weight_decay", "input_size_px"}


def _identity(
    entry: ModelEntry, settings: TrainSettings, seed: int, classes: tuple[str, ...], images: pd.DataFrame
) -> str:
    """Hash everything that the weights of a model depend on."""
    content = {
        "scheme": SCHEME,
        "name": entry.name,
        "source": entry.source,
        "settings": _of_pool(settings),
        "seed": seed,
        "classes": classes,
        "images": sha256_of(images.to_csv(index=False)),
    }
    return sha256_of(json.dumps(content, sort_keys=True))


def _manifest_entry(job: TrainingJob) -> dict[str, Any]:
    run, path = job.runs[0], job.folder / f"{job.name}.safetensors"
    record = finished(job.folder, job.identity, run)
    if record is None:
        raise InputError(f"{path}: removed while others were trained; run `tricky train` again")
    return {
        "name": run.name,
        "source": record.source,
        "sha256": sha256_of(path),
        "final_loss": record.final_loss,
    }
