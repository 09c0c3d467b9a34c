"""Ask every model of a pool about every image that none of them was trained on."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from model_eval.artefacts import (
    InputError,
    Progress,
    check_hash,
    no_progress,
    read_json,
    sha256_of,
    versions_of,
    write_json,
)
from model_eval.batches import prepared_batches
from model_eval.classifiers import Classifier, build_classifier, check_head
from model_eval.decide import decision_rows
from model_eval.devices import PRECISION, choose_device, exact_arithmetic, n_cores, threads_within_models
from model_eval.images import InspectedSource, class_names
from model_eval.records import IMAGE_COLUMNS, write_parquet
from model_eval.settings import EvaluateSettings, ModelEntry
from model_eval.store import DecisionFile, parts_folder

SHARD_IMAGES = 512
"""Images of one unit of work: what a killed run loses at most."""


def evaluate_pool(
    source: InspectedSource,
    entries: Sequence[ModelEntry],
    settings: EvaluateSettings,
    *,
    root: Path,
    training: Path,
    folder: Path,
    progress: Progress = no_progress,
) -> None:
    """Evaluate a pool and write ``decisions/``.

    Images that a model of the pool was trained on, and exact copies of them, are left out.  The rest goes in
    shards; every image of a shard is decoded once for all models.  One model's decisions on one shard are a
    unit, written when it is done, so that a run that was stopped goes on where it was.  A model whose
    weights, preprocessing and images are those of its finished file isn't asked again.

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
        Counts images times models.

    Raises
    ------
    InputError
        Weights are missing or don't fit; the training images are no longer those of the data set; an image
        can't be read and the study doesn't say to skip it; a model's answer isn't finite.
    """
    device = choose_device(settings.device)
    inspection = source.inspect(progress)
    catalogue = inspection.usable(source.settings, source.name)
    classes = class_names(catalogue)
    seen = _training_images(entries, training, catalogue)
    images = _without(catalogue, seen)

    content = sha256_of("\n".join(classes) + "\n" + images.to_csv(index=False))
    for entry in entries:  # what can't be matched is refused before anything is downloaded or run
        check_head(entry, classes, root)
    files, to_ask = [], []
    for entry in entries:
        classifier = build_classifier(entry, classes, root=root, training=training)
        file = DecisionFile(entry, _identity(classifier, content), classifier.n_parameters, folder)
        files.append(file)
        if not file.is_finished():
            to_ask.append((file, classifier))

    write_parquet(folder / "images.parquet", images)
    with exact_arithmetic():
        n_shards = _ask(source, images, to_ask, device, settings.batch_size, progress)
    for file, _ in to_ask:
        file.join_parts(n_shards, device.type)
    write_json(
        folder / "pool.json",
        {
            "made_from": _made_from(training, root) if seen is not None else {},
            "settings": {
                "images": source.settings.model_dump(mode="json"),
                "pool": {"models": [entry.model_dump() for entry in entries]},
                "evaluate": settings.model_dump(),
            },
            "versions": versions_of("torch", "torchvision", "timm", "numpy", "pandas", "pillow"),
            "images": {
                "sha256": sha256_of(folder / "images.parquet"),
                "n": len(images),
                "source": source.name,
                "skipped": inspection.problems,
                "converted": _of(images, inspection.conversions),
            },
            "classes": list(classes),
            "device": device.type,
            "models": [file.manifest_entry() for file in files],
        },
    )
    shutil.rmtree(parts_folder(folder), ignore_errors=True)


def _training_images(
    entries: Sequence[ModelEntry], training: Path, catalogue: pd.DataFrame
) -> pd.DataFrame | None:
    """Return the images that models of this pool were trained on, or None where none was trained here."""
    trained = [entry for entry in entries if entry.weights == "train"]
    if not trained:
        return None
    manifest_path, images_path = training / "training.json", training / "images.parquet"
    manifest = read_json(manifest_path, made_by="tricky train")
    check_hash(images_path, manifest["images"]["sha256"], manifest_path, made_by="tricky train")
    known = {(model["name"], model["source"]): model["sha256"] for model in manifest["models"]}
    for entry in trained:
        if (entry.name, entry.source) not in known:
            raise InputError(
                f"{entry.name}: {manifest_path} names no weights of {entry.source} for it; run `tricky train`"
            )
        weights = training / f"{entry.name}.safetensors"
        check_hash(weights, known[entry.name, entry.source], manifest_path, made_by="tricky train")
    seen = pd.read_parquet(images_path)
    matches = seen.merge(catalogue, how="left", on=list(IMAGE_COLUMNS), indicator=True)
    gone = seen.loc[(matches["_merge"] != "both").to_numpy(), "image_id"]
    if len(gone) > 0:
        raise InputError(
            f"{images_path}: {len(gone)} training images, the first {gone.iloc[0]}, are not in the data set "
            "or have changed; run `tricky train` again"
        )
    return seen


def _without(catalogue: pd.DataFrame, seen: pd.DataFrame | None) -> pd.DataFrame:
    """Return the images that aren't among `seen`, nor a copy of one under another name."""
    if seen is None:
        return catalogue
    known = catalogue["image_id"].isin(seen["image_id"]) | catalogue["sha256"].isin(seen["sha256"])
    if known.all():
        raise InputError("no image is left that no model was trained on; lower `images` in [train]")
    return catalogue[~known].reset_index(drop=True)


def _of(images: pd.DataFrame, by_image: dict[str, str]) -> dict[str, str]:
    """Return what is said of evaluated images, and not of those that models were trained on."""
    evaluated = set(images["image_id"])
    return {image_id: said for image_id, said in by_image.items() if image_id in evaluated}


def _made_from(training: Path, root: Path) -> dict[str, str]:
    paths = [training / "training.json", training / "images.parquet"]
    return {Path(os.path.relpath(path, root)).as_posix(): sha256_of(path) for path in paths}


def _identity(classifier: Classifier, images_sha256: str) -> dict[str, Any]:
    return {
        "source": classifier.entry.source,
        "weights_sha256": classifier.weights_sha256,
        "preprocessing": classifier.preprocessing.description,
        "readout": classifier.readout,
        "precision": PRECISION,
        "images_sha256": images_sha256,
    }


def _ask(
    source: InspectedSource,
    images: pd.DataFrame,
    to_ask: list[tuple[DecisionFile, Classifier]],
    device: torch.device,
    batch_size: int,
    progress: Progress,
) -> int:
    """Write the parts that are missing, shard by shard, and return the number of shards.

    On the CPU models run side by side: small ones gain nothing from several threads within a layer.
    """
    shards = [images.iloc[start : start + SHARD_IMAGES] for start in range(0, len(images), SHARD_IMAGES)]
    total, done = len(images) * len(to_ask), 0
    for _, classifier in to_ask:
        classifier.module.to(device)
    within = threads_within_models(max(1, n_cores() // max(1, len(to_ask))))
    with within, ThreadPoolExecutor(n_cores()) as threads:
        for number, shard in enumerate(shards):
            missing = [(file, classifier) for file, classifier in to_ask if not file.has_part(number)]
            done += len(shard) * (len(to_ask) - len(missing))
            if not missing:
                continue
            classifiers = [classifier for _, classifier in missing]
            preprocessings = {model.preprocessing.key: model.preprocessing for model in classifiers}
            decisions: list[list[pd.DataFrame]] = [[] for _ in missing]
            for rows, inputs in prepared_batches(
                source, shard, list(preprocessings.values()), batch_size, threads
            ):
                inputs = {key: batch.to(device) for key, batch in inputs.items()}
                decide = functools.partial(_decide, inputs=inputs, rows=rows)
                answers = (threads.map if device.type == "cpu" else map)(decide, classifiers)
                for parts, answer in zip(decisions, answers, strict=True):
                    parts.append(answer)
                    done += len(rows)
                    progress("Evaluating models", done, total)
            for parts, (file, _) in zip(decisions, missing, strict=True):
                file.write_part(number, pd.concat(parts, ignore_index=True))
    return len(shards)


@torch.inference_mode()
def _decide(classifier: Classifier, inputs: dict[str, torch.Tensor], rows: pd.DataFrame) -> pd.DataFrame:
    """Return one model's decisions on one batch; what `inputs` holds beyond `rows` fills it up."""
    if any(module.training for module in classifier.module.modules()):
        raise RuntimeError(f"{classifier.entry.name} is in training mode")
    outputs = classifier.module(inputs[classifier.preprocessing.key])
    logits = outputs[: len(rows), list(classifier.outputs)].float().cpu().numpy()
    finite = np.isfinite(logits).all(axis=1)
    if not finite.all():
        image_id = rows["image_id"].iloc[int(finite.argmin())]
        raise InputError(
            f"{classifier.entry.name}: its answer to image {image_id} isn't finite; "
            "check its weights, or take it out of the pool"
        )
    return decision_rows(rows["image_id"].tolist(), rows["label"].to_numpy(), logits)
