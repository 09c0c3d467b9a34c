"""Evaluate every model of a pool on every image that none of them was trained on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from model_eval.columns import IMAGE_DTYPES
from model_eval.decisions import EVALUATE
from model_eval.evaluate.decision_files import DecisionFile, parts_folder
from model_eval.evaluate.memory_plan import (
    SHARE_FOR_WEIGHTS,
    Count,
    evaluate_together,
    free_bytes,
    plan_rounds,
    size_bytes,
)
from model_eval.evaluate.training_images import images_trained_on
from model_eval.images.check import Inspection
from model_eval.images.decode import DECODING
from model_eval.images.image_source import InspectedSource, class_names, list_images
from model_eval.images.not_counted import record_not_counted
from model_eval.manifests import PoolManifest
from model_eval.networks.build import Classifier, build_classifier, check_head
from model_eval.networks.device import choose_device, exact_arithmetic
from model_eval.networks.sample import draw_sample
from model_eval.settings import EvaluateSettings, ModelEntry
from model_eval.train.split import never_seen
from tricky.core.errors import InputError
from tricky.core.files import sha256_of, versions_of
from tricky.core.manifests import write_manifest
from tricky.core.parquet import read_parquet, write_parquet
from tricky.core.progress import SILENT, Reporter


def evaluate_pool(
    source: InspectedSource,
    entries: Sequence[ModelEntry],
    settings: EvaluateSettings,
    *,
    root: Path,
    training: Path,
    folder: Path,
    reporter: Reporter = SILENT,
) -> None:
    """Evaluate a pool and write ``decisions/``.

    Images that a model of the pool was trained on here (in ``training/``, or by a recipe), and exact copies
    of them, are excluded.  Every other image is decoded once for all models that fit in memory together.
    Decisions are written in parts, so that an interrupted run continues where it stopped.  A model is not run
    again on an image for which decisions with the same weights, preprocessing and arithmetic exist.  A model
    that gives no usable output is listed in ``pool.json`` with the reason; the next run tries it again.

    Parameters
    ----------
    source : InspectedSource
    entries : sequence of ModelEntry
        The pool, in its order.
    settings : EvaluateSettings
        Every batch has `batch_size` images (the last one is padded), so that no decision depends on the
        number of images.  The batch size itself may change the last digits of probabilities (on the CPU only
        below 32), and so may another device or number of cores.
    root : Path
        The study's folder; paths of checkpoints are relative to it.
    training : Path
        ``training/``, for the models whose weights are ``train``.
    folder : Path
        ``decisions/``.
    reporter : Reporter
        Progress counts images, in total and for each model.  Messages name groups of models that do not fit
        in memory together, failures, and batches that are halved.

    Raises
    ------
    InputError
        Weights are missing or don't fit; the training images are no longer those of the data set; an image
        can't be read and the study doesn't say to skip it; no model gives a usable output.
    """
    device = choose_device(settings.device)
    selected = _select_images(source, entries, root, training, reporter)
    images = selected.images
    for entry in entries:  # before anything is downloaded or run
        check_head(entry, selected.classes, root)
    sample = draw_sample(source, images)

    def build(entry: ModelEntry) -> Classifier:
        return build_classifier(entry, selected.classes, sample, root=root, training=training)

    budget = SHARE_FOR_WEIGHTS * free_bytes(device)
    pool = _open_pool(entries, build, selected, settings, folder, budget)
    _write_images(images, pool.missing, folder)

    groups = [[pool.missing[i] for i in members] for members in plan_rounds(pool.sizes, budget)]
    if len(groups) > 1:
        reporter.message(_describe(groups, sum(pool.sizes), budget, device))
    left = {file.entry.name: len(images) - len(file.known(images).rows) for file in pool.missing}
    count = Count(reporter.progress, left)
    failures: dict[str, str] = {}
    with exact_arithmetic():
        for members in groups:
            models = [(file, pool.loaded.pop(file.entry.name, None) or build(file.entry)) for file in members]
            failures |= evaluate_together(source, images, models, device, settings, count, reporter.message)
            del models  # its networks make way for those of the next group
    for file in pool.missing:
        if file.entry.name not in failures:
            file.finish(images)
    if len(failures) == len(pool.files):
        name, why = next(iter(failures.items()))
        raise InputError(f"no model gave a usable output; the first, {name}: {why}")

    manifest = _manifest(source, settings, selected, pool.files, failures, folder)
    write_manifest(folder / "pool.json", PoolManifest, manifest)
    if not failures:  # parts of failed models are kept for the next run
        shutil.rmtree(parts_folder(folder), ignore_errors=True)
    for unfinished in folder.glob(".*.part"):  # left by a run that was killed while it wrote
        unfinished.unlink()


@dataclass(frozen=True)
class _SelectedImages:
    """The images to evaluate, and where they come from.

    Attributes
    ----------
    images : DataFrame
        `IMAGE_COLUMNS`, without the images that a model was trained on.
    inspection : Inspection
        Of all images of the study.
    classes : tuple of str
    made_from : dict of str to str
        File that tells which images models were trained on → SHA-256.
    """

    images: pd.DataFrame
    inspection: Inspection
    classes: tuple[str, ...]
    made_from: dict[str, str]


def _select_images(
    source: InspectedSource, entries: Sequence[ModelEntry], root: Path, training: Path, reporter: Reporter
) -> _SelectedImages:
    catalogue, inspection = list_images(source, reporter)
    trained_on = images_trained_on(
        entries, catalogue, source.name, root=root, training=training, reporter=reporter
    )
    return _SelectedImages(
        images=never_seen(catalogue, trained_on.images),
        inspection=inspection,
        classes=class_names(catalogue),
        made_from={
            Path(os.path.relpath(path, root)).as_posix(): sha256_of(path) for path in trained_on.files
        },
    )


@dataclass(frozen=True)
class _Pool:
    """The models of a pool, and which of them still lack decisions.

    Attributes
    ----------
    files : list of DecisionFile
        Of every model, in the pool's order.
    missing : list of DecisionFile
        Those that lack decisions on some images.
    sizes : list of int
        Bytes that the network of each one in `missing` takes up.
    loaded : dict of str to Classifier
        Networks of the first of them, as many as fit in memory; the others are built again when needed.
    """

    files: list[DecisionFile]
    missing: list[DecisionFile]
    sizes: list[int]
    loaded: dict[str, Classifier]


def _open_pool(
    entries: Sequence[ModelEntry],
    build: Callable[[ModelEntry], Classifier],
    selected: _SelectedImages,
    settings: EvaluateSettings,
    folder: Path,
    budget: float,
) -> _Pool:
    pool = _Pool([], [], [], {})
    for entry in entries:
        classifier = build(entry)
        identity = _identity(classifier, selected.classes, settings)
        file = DecisionFile(entry, identity, classifier.n_parameters, folder)
        pool.files.append(file)
        if not file.is_finished(selected.images):
            pool.missing.append(file)
            pool.sizes.append(size_bytes(classifier.module))
            if sum(pool.sizes) <= budget:
                pool.loaded[entry.name] = classifier
    return pool


def _write_images(images: pd.DataFrame, missing: Sequence[DecisionFile], folder: Path) -> None:
    """Write ``images.parquet``; decisions on the images of an earlier run are kept as parts."""
    path = folder / "images.parquet"
    before = _images_before(path)
    if before is not None and not before.equals(images):
        for file in missing:
            file.keep(before)
    write_parquet(path, images)


def _manifest(
    source: InspectedSource,
    settings: EvaluateSettings,
    selected: _SelectedImages,
    files: Sequence[DecisionFile],
    failures: dict[str, str],
    folder: Path,
) -> dict[str, Any]:
    """Return the content of ``pool.json``."""
    return {
        "made_from": selected.made_from,
        "settings": {
            "images": source.settings.model_dump(mode="json"),
            "pool": {"models": [file.entry.model_dump() for file in files]},
            "evaluate": settings.model_dump(),
        },
        "versions": versions_of("torch", "torchvision", "timm", "numpy", "pandas", "pillow"),
        "images": {
            "sha256": sha256_of(folder / "images.parquet"),
            "n": len(selected.images),
            "source": source.name,
            "skipped": selected.inspection.problems,
            "converted": _of(selected.images, selected.inspection.conversions),
            "not_counted": record_not_counted(selected.inspection.not_counted),
        },
        "classes": list(selected.classes),
        "device": choose_device(settings.device).type,
        "models": [file.manifest_entry(failures.get(file.entry.name)) for file in files],
    }


def _images_before(path: Path) -> pd.DataFrame | None:
    """Return the images that an earlier run evaluated; None where there was none, or its table is damaged."""
    try:
        return read_parquet(path, IMAGE_DTYPES, EVALUATE) if path.is_file() else None
    except InputError:  # this run writes the table again and evaluates all images
        return None


def _of(images: pd.DataFrame, by_image: dict[str, str]) -> dict[str, str]:
    """Return the entries of images that are evaluated."""
    evaluated = set(images["image_id"])
    return {image_id: text for image_id, text in by_image.items() if image_id in evaluated}


def _identity(classifier: Classifier, classes: tuple[str, ...], settings: EvaluateSettings) -> dict[str, Any]:
    """Return everything but the image that determines a model's decisions, up to numeric noise."""
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
    groups: Sequence[Sequence[DecisionFile]], size: int, budget: float, device: torch.device
) -> str:
    """Say which models are evaluated together, and why not all at once."""
    names = " | ".join(", ".join(file.entry.name for file in members) for members in groups)
    return (
        f"{len(groups)} rounds, each of which decodes every image: the weights of all models need "
        f"{size / 1e9:.1f} GB, and {budget / 1e9:.1f} GB are free for them on {device.type}: {names}"
    )
