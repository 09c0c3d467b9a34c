"""Ask every model of a pool about every image that none of them was trained on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from model_eval.columns import IMAGE_DTYPES
from model_eval.evaluate.decision_files import DecisionFile, parts_folder
from model_eval.evaluate.memory_plan import (
    SHARE_FOR_WEIGHTS,
    Count,
    ask_together,
    free_bytes,
    plan_rounds,
    size_bytes,
)
from model_eval.evaluate.training_images import images_trained_on
from model_eval.images.decode import DECODING
from model_eval.images.listing import record_not_counted
from model_eval.images.open import InspectedSource, class_names, list_images
from model_eval.manifests import PoolManifest
from model_eval.networks.build import Classifier, build_classifier, check_head
from model_eval.networks.device import choose_device, exact_arithmetic
from model_eval.networks.sample import draw_sample
from model_eval.records import EVALUATE
from model_eval.settings import EvaluateSettings, ModelEntry
from model_eval.train.split import never_seen
from tricky.core.errors import InputError
from tricky.core.files import sha256_of, told_if_unwritable, versions_of
from tricky.core.manifests import write_manifest
from tricky.core.parquet import read_parquet, write_parquet
from tricky.core.progress import Progress, Tell, no_progress, no_tell


def evaluate_pool(
    source: InspectedSource,
    entries: Sequence[ModelEntry],
    settings: EvaluateSettings,
    *,
    root: Path,
    training: Path,
    folder: Path,
    progress: Progress = no_progress,
    tell: Tell = no_tell,
) -> None:
    """Evaluate a pool and write ``decisions/``.

    Images that a model of the pool was trained on here (in ``training/``, or by a recipe), and exact copies
    of them, are left out.  Of the rest every one is decoded once for all models that fit in memory together.
    Decisions are written in parts, so that a run that was stopped goes on where it was; a model isn't asked
    again about an image that it has answered with these weights, this preprocessing and this arithmetic.  A
    model that gives no usable answer stands in ``pool.json`` with the reason, and is tried again by the next
    run.

    Parameters
    ----------
    source : InspectedSource
    entries : sequence of ModelEntry
        The pool, in its order.
    settings : EvaluateSettings
        Models are always given `batch_size` images, the last batch filled up, so that no decision depends
        on how many images there are.  The size itself may change the last digits of probabilities (on the
        CPU it does so below 32), and so may another device or number of cores.
    root : Path
        The study's folder, which checkpoints are relative to.
    training : Path
        ``training/``, for the models whose weights are ``train``.
    folder : Path
        ``decisions/``.
    progress : Progress
        Counts images, in all and model by model.
    tell : callable
        Told in one line what a person should know meanwhile: rounds, failures, batches that are halved.

    Raises
    ------
    InputError
        Weights are missing or don't fit; the training images are no longer those of the data set; an image
        can't be read and the study doesn't say to skip it; no model gives a usable answer.
    """
    device = choose_device(settings.device)
    catalogue, inspection = list_images(source, progress, tell)
    classes = class_names(catalogue)
    trained_on = images_trained_on(entries, catalogue, source.name, root=root, training=training, tell=tell)
    images = never_seen(catalogue, trained_on.images)

    for entry in entries:  # what can't be matched is refused before anything is downloaded or run
        check_head(entry, classes, root)

    sample = draw_sample(source, images)

    def build(entry: ModelEntry) -> Classifier:
        return build_classifier(entry, classes, sample, root=root, training=training)

    budget = SHARE_FOR_WEIGHTS * free_bytes(device)
    files, to_ask, sizes = [], [], []
    loaded: dict[str, Classifier] = {}
    for entry in entries:
        classifier = build(entry)
        identity = _identity(classifier, classes, settings)
        files.append(DecisionFile(entry, identity, classifier.n_parameters, folder))
        if not files[-1].is_finished(images):
            to_ask.append(files[-1])
            sizes.append(size_bytes(classifier.module))
            if sum(sizes) <= budget:  # what doesn't fit beside the others is built again in its round
                loaded[entry.name] = classifier

    images_path = folder / "images.parquet"
    before = _images_before(images_path)
    if before is not None and not before.equals(images):
        for file in to_ask:
            file.keep(before)
    write_parquet(images_path, images)

    rounds = [[to_ask[i] for i in members] for members in plan_rounds(sizes, budget)]
    if len(rounds) > 1:
        tell(_describe(rounds, sum(sizes), budget, device))
    count = Count(progress, {file.entry.name: len(images) - len(file.known(images).rows) for file in to_ask})
    failures: dict[str, str] = {}
    with exact_arithmetic():
        for members in rounds:
            models = ((file, loaded.pop(file.entry.name, None) or build(file.entry)) for file in members)
            failures |= ask_together(source, images, list(models), device, settings, count, tell)
    for file in to_ask:
        if file.entry.name not in failures:
            file.finish(images)
    if len(failures) == len(files):
        name, why = next(iter(failures.items()))
        raise InputError(f"no model gave a usable answer; the first, {name}: {why}")

    manifest = {
        "made_from": {
            Path(os.path.relpath(path, root)).as_posix(): sha256_of(path) for path in trained_on.files
        },
        "settings": {
            "images": source.settings.model_dump(mode="json"),
            "pool": {"models": [entry.model_dump() for entry in entries]},
            "evaluate": settings.model_dump(),
        },
        "versions": versions_of("torch", "torchvision", "timm", "numpy", "pandas", "pillow"),
        "images": {
            "sha256": sha256_of(images_path),
            "n": len(images),
            "source": source.name,
            "skipped": inspection.problems,
            "converted": _of(images, inspection.conversions),
            "not_counted": record_not_counted(inspection.not_counted),
        },
        "classes": list(classes),
        "device": device.type,
        "models": [file.manifest_entry(failures.get(file.entry.name)) for file in files],
    }
    with told_if_unwritable(folder):
        write_manifest(folder / "pool.json", PoolManifest, manifest)
    if not failures:  # parts of failed models are kept for the run that tries them again
        shutil.rmtree(parts_folder(folder), ignore_errors=True)
    for unfinished in folder.glob(".*.part"):  # what a killed run was just writing
        unfinished.unlink()


def _images_before(path: Path) -> pd.DataFrame | None:
    """Return the images that an earlier run evaluated; None where there was none, or its table is damaged."""
    try:
        return read_parquet(path, IMAGE_DTYPES, EVALUATE) if path.is_file() else None
    except InputError:  # this run writes the table again; models are asked about all images
        return None


def _of(images: pd.DataFrame, by_image: dict[str, str]) -> dict[str, str]:
    """Return what is said of evaluated images, and not of those that models were trained on."""
    evaluated = set(images["image_id"])
    return {image_id: said for image_id, said in by_image.items() if image_id in evaluated}


def _identity(classifier: Classifier, classes: tuple[str, ...], settings: EvaluateSettings) -> dict[str, Any]:
    """Return everything but the image that a model's decisions follow from, up to numeric noise."""
    return {
        "source": classifier.entry.source,
        "weights_sha256": classifier.weights_sha256,
        "preprocessing": classifier.preprocessing.description | {"decoding": DECODING},
        "readout": classifier.readout,
        "classes_sha256": sha256_of("\n".join(classes)),
        "precision": settings.precision,
        "channels_last": settings.channels_last,
        "compile": settings.compile,
    }


def _describe(
    rounds: Sequence[Sequence[DecisionFile]], size: int, budget: float, device: torch.device
) -> str:
    """Say which models are asked in which round, and why not all at once."""
    names = " | ".join(", ".join(file.entry.name for file in members) for members in rounds)
    return (
        f"{len(rounds)} rounds, each of which decodes every image: the weights of all models take up "
        f"{size / 1e9:.1f} GB, and {budget / 1e9:.1f} GB are free for them on {device.type}: {names}"
    )
