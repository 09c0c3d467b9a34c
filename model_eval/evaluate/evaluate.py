"""Evaluate every model of a pool on every image that none of them was trained on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from model_eval.columns import IMAGE_DTYPES
from model_eval.decisions import EVALUATE
from model_eval.evaluate.allocator import keep_freed_memory
from model_eval.evaluate.batches import BatchMaker
from model_eval.evaluate.decision_files import (
    DecisionFile,
    has_decisions,
    keep_decisions,
    parts_folder,
    table_sha256,
)
from model_eval.evaluate.load_models import LoadedModel
from model_eval.evaluate.memory_plan import MemoryPlan
from model_eval.evaluate.missing_decisions import find_missing
from model_eval.evaluate.run_models import Count, Evaluation
from model_eval.evaluate.training_images import images_trained_on
from model_eval.evaluate.worker_server import start_worker_server
from model_eval.images.check import Inspection
from model_eval.images.decode import DECODING
from model_eval.images.image_source import InspectedSource, class_names, list_images, never_seen
from model_eval.images.uncounted_files import record_not_counted
from model_eval.manifests import PoolManifest
from model_eval.networks.build import (
    Classifier,
    build_classifier,
    check_files,
    check_head,
    preprocessing_before_loading,
)
from model_eval.networks.device import arithmetic, choose_device, memory_format, threads_within_models
from model_eval.networks.sample_images import draw_sample
from model_eval.networks.trust import require_trust
from model_eval.settings import EvaluateSettings, ModelEntry
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
    of them, are excluded.  Every other image is read and decoded once for all models that fit in memory
    together.  Decisions are written in parts, so that an interrupted run continues where it stopped.  A model
    is not run again on an image for which decisions with the same weights, preprocessing and arithmetic
    exist.  A model that gives no usable output is listed in ``pool.json`` with the reason; the next run tries
    it again.

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
        A model runs code, and its entry is not trusted; weights are missing or don't fit; the training images
        are no longer those of the data set; an image can't be read and the study doesn't say to skip it; no
        model gives a usable output.
    """
    keep_freed_memory()
    device = choose_device(settings.device)
    start_worker_server(settings.workers, device.type)
    selected = _select_images(source, entries, root, training, reporter)
    for entry in entries:  # before anything is downloaded or run
        require_trust(entry, root)
        check_head(entry, selected.classes, root)
        check_files(entry, root, training)
    sample = draw_sample(source, selected.images)

    def load(entry: ModelEntry) -> LoadedModel:
        if entry.name in kept:
            return kept.pop(entry.name)
        classifier = build_classifier(entry, selected.classes, sample, root=root, training=training)
        identity = _identity(classifier, selected.classes, settings)
        file = files[entry.name] = DecisionFile(entry, identity, classifier.n_parameters, folder)
        return LoadedModel(file, classifier)

    images_sha256 = table_sha256(selected.images)
    files: dict[str, DecisionFile] = {}
    kept: dict[str, LoadedModel] = {}
    _write_images(selected.images, entries, folder)
    # On a GPU several threads for an operation on the CPU would only compete with those that prepare images.
    n_threads = torch.get_num_threads() if device.type == "cpu" else 1
    with arithmetic(settings.arithmetic, device), threads_within_models(n_threads):
        early = {
            entry.name: preprocessing_before_loading(entry, root, training)
            for entry in entries
            if not has_decisions(entry, folder)
        }
        work = find_missing(entries, early, selected.images, load, kept)
        maker = BatchMaker(
            source, device, settings.batch_size, settings.workers, memory_format(settings.arithmetic)
        )
        count = Count(reporter.progress, {name: int(lacks.sum()) for lacks, tasks in work for name in tasks})
        evaluation = Evaluation(maker, settings, load, MemoryPlan.of(device), count, reporter.message)
        failures: dict[str, str] = {}
        for lacks, tasks in work:
            failures |= evaluation.run(selected.images[lacks], list(tasks.values()))
    in_order = [files[entry.name] for entry in entries]
    for file in in_order:
        if file.entry.name not in failures and not file.is_finished(images_sha256):
            file.finish(selected.images, images_sha256)
    if len(failures) == len(in_order):
        name, why = next(iter(failures.items()))
        raise InputError(f"no model gave a usable output; the first, {name}: {why}")

    manifest = _manifest(source, settings, selected, in_order, failures, folder)
    write_manifest(folder / "pool.json", PoolManifest, manifest)
    if not failures:  # parts of failed models are kept for the next run
        shutil.rmtree(parts_folder(folder), ignore_errors=True)


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


def _write_images(images: pd.DataFrame, entries: Sequence[ModelEntry], folder: Path) -> None:
    """Write ``images.parquet``; decisions on the images of an earlier run are kept as parts."""
    path = folder / "images.parquet"
    before = _images_before(path)
    if before is not None and not before.equals(images):
        sha256 = table_sha256(before)
        for entry in entries:
            keep_decisions(entry, folder, before, sha256)
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
        "arithmetic": settings.arithmetic,
        "compile": settings.compile,
    }
