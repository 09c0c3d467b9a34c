"""Give the untrained models of a pool their weights, from images that are never evaluated."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model_eval.images.listing import record_not_counted
from model_eval.images.open import InspectedSource, class_names, list_images
from model_eval.manifests import TrainingManifest
from model_eval.networks.device import choose_device, n_cores
from model_eval.settings import ModelEntry, TrainSettings
from model_eval.train.checkpoints import Course, finished
from model_eval.train.data_loading import DecodedImages, room_for_images
from model_eval.train.network_settings import NetworkRecipe
from model_eval.train.parallel_jobs import run_jobs
from model_eval.train.recipe import BASE, Run, Seeds
from model_eval.train.split import draw_training_images
from tricky.core.errors import InputError
from tricky.core.files import sha256_of, versions_of
from tricky.core.manifests import write_manifest
from tricky.core.parquet import write_parquet
from tricky.core.progress import Progress, Tell, no_progress, no_tell
from tricky.core.randomness import derived_seeds, generator

SCHEME = 2
"""Raised when the same settings would give other weights: what was trained before is then trained anew."""


def train_pool(
    source: InspectedSource,
    entries: Sequence[ModelEntry],
    settings: TrainSettings,
    *,
    folder: Path,
    seed: int,
    device: str = "auto",
    progress: Progress = no_progress,
    tell: Tell = no_tell,
    workers: int | None = None,
) -> int:
    """Train the models whose weights are ``train`` and write ``training/``.

    A stratified sample of the images is drawn, every model is trained on it (AdamW, one cycle), and the
    manifest is written last.  Each model's weights follow from the seed, its name and source, the settings
    and the images alone: models that have them already are kept, whatever became of an earlier run.  On the
    CPU the number of cores changes the time and not the weights; on a GPU their last digits may change from
    run to run.

    Parameters
    ----------
    source : InspectedSource
    entries : sequence of ModelEntry
        A pool; models with other weights are passed over.
    settings : TrainSettings
    folder : Path
        ``training/``.
    seed : int
        The study's; at least 0.
    device : str
        As in `EvaluateSettings`.
    progress : Progress
        As for `run_jobs`.
    tell : callable
        Told which files don't count as images.
    workers : int, optional
        Number of models trained at a time on the CPU; as many as there are cores by default.

    Returns
    -------
    int
        Number of models in ``training/``; without any to train nothing is written.

    Raises
    ------
    InputError
        More training images asked for than there are, a class without any, an unreadable image, a model that
        can't be built; models whose loss diverged, when the others are done.
    """
    entries = [entry for entry in entries if entry.weights == "train"]
    if not entries:
        return 0
    target = choose_device(device)
    catalogue, inspection = list_images(source, progress, tell)
    classes = class_names(catalogue)
    rng = generator(seed, "split")
    images = draw_training_images(catalogue, settings.images, rng)
    write_parquet(folder / "images.parquet", images)

    with tempfile.TemporaryDirectory() as scratch:
        decoded = DecodedImages(source, images["image_id"].tolist(), settings.input_size_px)
        labels = images["label"].to_numpy()
        courses = [
            Course(
                runs=(_run(entry, settings, seed),),
                classes=classes,
                images=decoded,
                labels=labels,
                rows=np.arange(len(labels)),
                asked=None,
                identity=_identity(entry, settings, seed, classes, images),
                folder=folder,
            )
            for entry in entries
        ]
        missing = [each for each in courses if finished(folder, each.identity, each.runs[0]) is None]
        if missing:
            decoded.keep(Path(scratch) / "images", room_for_images(Path(scratch)), progress)
        outcomes = [outcome for _, outcome in run_jobs(missing, target, workers or n_cores(), progress)]
    if diverged := sorted((each.name, each.epoch) for each in outcomes if each is not None):
        names = ", ".join(f"{name} in epoch {epoch}" for name, epoch in diverged)
        raise InputError(f"training diverged: {names}; lower `learning_rate` in [train]")

    write_manifest(
        folder / "training.json",
        TrainingManifest,
        {
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
            "models": [_manifest_entry(course) for course in courses],
        },
    )
    return len(entries)


def _of_pool(settings: TrainSettings) -> dict[str, Any]:
    """Return the settings that a pool's models are trained with."""
    return settings.model_dump(exclude={"recipe", "training_set", "base", "conditions"})


def _run(entry: ModelEntry, settings: TrainSettings, seed: int) -> Run:
    recipe = NetworkRecipe(network=entry.source, **settings.model_dump(include=_SHARED))
    states = derived_seeds(seed, "train", entry.name).generate_state(5, np.uint64).tolist()
    return Run(entry.name, BASE, 1, recipe, Seeds(*states))


_SHARED = {"epochs", "batch_size", "learning_rate", "weight_decay", "input_size_px"}


def _identity(
    entry: ModelEntry, settings: TrainSettings, seed: int, classes: tuple[str, ...], images: pd.DataFrame
) -> str:
    """Hash everything that a model's weights follow from."""
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


def _manifest_entry(course: Course) -> dict[str, Any]:
    run, path = course.runs[0], course.folder / f"{course.name}.safetensors"
    record = finished(course.folder, course.identity, run)
    if record is None:
        raise InputError(f"{path}: gone while others were trained; run `tricky train` again")
    return {
        "name": run.name,
        "source": record.source,
        "sha256": sha256_of(path),
        "final_loss": record.final_loss,
    }
