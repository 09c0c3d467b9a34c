"""Which images the models of a pool learned from, as far as `tricky train` gave them their weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from model_eval.columns import IMAGE_COLUMNS
from model_eval.decisions import read_images
from model_eval.epoch_decisions import MADE_BY, MANIFEST
from model_eval.networks.trained_weights import TrainedRecord, read_trained_record
from model_eval.settings import ModelEntry
from model_eval.training_manifests import ConditionsManifest, TrainingManifest
from tricky.core.errors import InputError
from tricky.core.files import check_hash
from tricky.core.manifests import read_manifest
from tricky.core.progress import Reporter

POOL_MANIFEST = "training.json"


@dataclass(frozen=True)
class TrainedOn:
    """Images that models were trained on, and where that stands.

    Attributes
    ----------
    images : DataFrame
        `IMAGE_COLUMNS`; the same image may stand there more than once.
    files : tuple of Path
        What this follows from.
    """

    images: pd.DataFrame
    files: tuple[Path, ...]


def images_trained_on(
    entries: Sequence[ModelEntry],
    catalogue: pd.DataFrame,
    source: str,
    *,
    root: Path,
    training: Path,
    reporter: Reporter,
) -> TrainedOn:
    """Return the images that models of a pool were trained on by `tricky train`.

    Their weights lie in ``training/``, or are a file that controlled training or another study left; what it
    was trained on stands beside it.

    Parameters
    ----------
    entries : sequence of ModelEntry
    catalogue : DataFrame
        The study's images, `IMAGE_COLUMNS`.
    source : str
        What they are called.
    root, training : Path
        The study's folder, and its ``training/``.
    reporter : Reporter
        Its messages name weights that `tricky train` made but whose training images are not known.

    Raises
    ------
    InputError
        Weights or training images are missing, are not those of their manifest, or are images of this study
        that have changed since.
    """
    tables, files = [pd.DataFrame(columns=list(IMAGE_COLUMNS))], []

    def add(path: Path, manifest_path: Path, digest: str, of_study: bool) -> None:
        tables.append(read_images(path, digest, manifest_path, MADE_BY))
        if of_study:
            _require_unchanged(tables[-1], catalogue, path)

    if own := [entry for entry in entries if entry.weights == "train"]:
        manifest_path, images_path = training / POOL_MANIFEST, training / "images.parquet"
        manifest = read_manifest(manifest_path, TrainingManifest, MADE_BY)
        known = {(model.name, model.source): model.sha256 for model in manifest.models}
        for entry in own:
            if (entry.name, entry.source) not in known:
                raise InputError(
                    f"{entry.name}: {manifest_path} names no weights of {entry.source} for it; "
                    f"run `{MADE_BY}`"
                )
            weights = training / f"{entry.name}.safetensors"
            check_hash(weights, known[entry.name, entry.source], manifest_path, made_by=MADE_BY)
        add(images_path, manifest_path, manifest.images.sha256, of_study=True)
        files += [manifest_path, images_path]

    for entry in entries:
        path = root / entry.weights
        if entry.weights in ("train", "pretrained") or (record := read_trained_record(path)) is None:
            continue
        here = path.parent.resolve().parent == root.resolve()  # then the same name is the same set of images
        if (path.parent / MANIFEST).is_file():
            manifest_path, images_path = path.parent / MANIFEST, path.parent / "training_images.parquet"
            conditions = read_manifest(manifest_path, ConditionsManifest, MADE_BY)
            about = conditions.training_images
            drawn = about.source == source and conditions.settings.train.training_set is None
            _require_named(path, record, manifest_path, conditions)
        elif (path.parent / POOL_MANIFEST).is_file():
            manifest_path, images_path = path.parent / POOL_MANIFEST, path.parent / "images.parquet"
            manifest = read_manifest(manifest_path, TrainingManifest, MADE_BY)
            about = manifest.images
            drawn = about.source == source
            named = {f"{model.name}.safetensors": model.sha256 for model in manifest.models}
            check_hash(path, named.get(path.name, ""), manifest_path, made_by=MADE_BY)
        else:
            reporter.message(
                f"{entry.name}: `{MADE_BY}` made {path}, but nothing beside it says which images it learned "
                "from; none is left out for it"
            )
            continue
        files += [path, images_path]
        add(images_path, manifest_path, about.sha256, of_study=here and drawn)
    return TrainedOn(pd.concat(tables, ignore_index=True), tuple(dict.fromkeys(files)))


def _require_named(path: Path, record: TrainedRecord, where: Path, manifest: ConditionsManifest) -> None:
    """Refuse weights of controlled training that are not those that the manifest beside them speaks of."""
    named = {f"{model.name}.safetensors": model.sha256 for model in manifest.models}
    if named.get(path.name) != record.decisions_sha256:
        raise InputError(
            f"{path}: {where.name} beside it speaks of other weights, so that it isn't known which images "
            f"these learned from; run `{MADE_BY}` again"
        )


def _require_unchanged(trained: pd.DataFrame, catalogue: pd.DataFrame, path: Path) -> None:
    """Refuse training images that were drawn from the study's own and aren't among them any more."""
    matches = trained.merge(catalogue, how="left", on=list(IMAGE_COLUMNS), indicator=True)
    gone = trained.loc[(matches["_merge"] != "both").to_numpy(), "image_id"]
    if len(gone) > 0:
        raise InputError(
            f"{path}: {len(gone)} training images, the first {gone.iloc[0]}, are not in the data set "
            f"or have changed; run `{MADE_BY}` again"
        )
