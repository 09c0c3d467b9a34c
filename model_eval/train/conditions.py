"""Train a base network and its conditions, and record the decisions of each after every epoch."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from model_eval.cores import n_cores
from model_eval.epoch_decisions import ConditionModel, write_conditions
from model_eval.images.check import Inspection
from model_eval.images.image_source import InspectedSource, class_names, list_images, never_seen
from model_eval.images.uncounted_files import record_not_counted
from model_eval.networks.device import AUTOMATIC, Hardware, choose_device
from model_eval.train.checkpoints import finished
from model_eval.train.data_loading import DecodedImages, room_for_images, training_view
from model_eval.train.evaluate_epoch import EvaluationImages
from model_eval.train.parallel_jobs import run_jobs
from model_eval.train.recipe import Recipe, Run, runs_of
from model_eval.train.split import deal, draw_training_images
from model_eval.train.training_job import TrainingJob
from model_eval.training_manifests import DivergedRecord
from tricky.core.errors import InputError
from tricky.core.files import sha256_of, versions_of
from tricky.core.parquet import write_parquet
from tricky.core.progress import SILENT, Progress, Reporter
from tricky.core.randomness import generator

SCHEME = 2
"""Incremented when the same recipe would give other weights or decisions: then all are trained again."""


@dataclass(frozen=True)
class ConditionImages:
    """The images that networks are evaluated on, and those that they are trained on.

    Attributes
    ----------
    evaluated : InspectedSource
        The study's images.
    training_set : InspectedSource, optional
        Images to train on, of the same classes; by default a sample of the study's images.
    """

    evaluated: InspectedSource
    training_set: InspectedSource | None = None

    @property
    def trained_on(self) -> InspectedSource:
        """Where training images are read from."""
        return self.evaluated if self.training_set is None else self.training_set

    @property
    def training_settings(self) -> dict[str, Any] | None:
        """The section of the study file about the training set; None where there is none."""
        if self.training_set is None or self.training_set.settings == self.evaluated.settings:
            return None
        return self.training_set.settings.model_dump(mode="json")


def train_conditions(
    sources: ConditionImages,
    recipe: Recipe,
    *,
    folder: Path,
    seed: int,
    batch_size: int,
    hardware: Hardware = AUTOMATIC,
    reporter: Reporter = SILENT,
) -> None:
    """Train a recipe's models and write ``conditions/``.

    Networks are trained on a training set of its own or, without one, on a stratified sample of the images.
    After every epoch they are evaluated on all other images, except for exact copies of training images.  A
    condition is the base network with some keys changed, and each source of randomness has its own seed.
    After every epoch a checkpoint is written.  An interrupted run continues from it to the same bits (on the
    CPU; on CUDA as far as its algorithms are repeatable).  A model that diverges is named in the manifest,
    and the others continue.

    Parameters
    ----------
    sources : ConditionImages
    recipe : Recipe
    folder : Path
        ``conditions/``.
    seed : int
        The study's; a seed in the recipe overrides it.
    batch_size : int
        Number of images evaluated at a time.
    hardware : Hardware
    reporter : Reporter
        Progress as for `run_jobs`; messages say which files are not counted as images.

    Raises
    ------
    InputError
        The recipe is inconsistent, a condition is non-deterministic but there is no CUDA device, there are
        too few images, or a network can't be built.
    """
    device = choose_device(hardware.device)
    if recipe.base.seed is not None:
        seed = recipe.base.seed
    runs = runs_of(recipe, seed)
    _require_cuda(runs, device)
    tables, inspections = _images(sources, recipe, seed, reporter)
    not_counted, not_trained_on = (record_not_counted(each.not_counted) for each in inspections)
    write_parquet(folder / "images.parquet", tables.evaluated)
    write_parquet(folder / "training_images.parquet", tables.trained_on)
    jobs = _jobs(runs, sources, tables, batch_size, seed, folder)
    about = {
        "made_from": {},
        "settings": {
            "images": sources.evaluated.settings.model_dump(mode="json"),
            "evaluate": {"batch_size": batch_size},
            "train": {"training_set": sources.training_settings},
            "recipe": recipe.model_dump(mode="json", exclude_unset=True),
        },
        "seed": seed,
        "versions": versions_of("torch", "torchvision", "timm", "numpy", "pandas", "pillow"),
        "device": device.type,
        "images": {
            "n": len(tables.evaluated),
            "source": sources.evaluated.name,
            "not_counted": not_counted,
        },
        "training_images": {
            "sha256": sha256_of(folder / "training_images.parquet"),
            "n": len(tables.trained_on),
            "source": sources.trained_on.name,
            "not_counted": not_trained_on,
        },
        "classes": list(class_names(tables.trained_on)),
    }

    def write() -> None:
        models, diverged, unfinished = _found(runs, jobs)
        write_conditions(
            folder,
            conditions=recipe.differences(),
            models=models,
            diverged=diverged,
            unfinished=unfinished,
            about=about,
        )

    write()
    missing = [job for each in jobs for job in _unfinished(each)]
    with tempfile.TemporaryDirectory() as scratch:
        _decode(missing, Path(scratch), reporter.progress)
        for _ in run_jobs(missing, device, hardware.n_workers or n_cores(), reporter.progress):
            write()


def _require_cuda(runs: Sequence[Run], device: torch.device) -> None:
    for run in runs:
        if not run.recipe.deterministic and device.type != "cuda":
            raise InputError(
                f"[conditions.{run.condition}] deterministic = false: on the {device.type} the same seeds "
                "always give the same weights; train on CUDA, or remove the condition"
            )


class _ImageTables(NamedTuple):
    """The images that networks are evaluated on and trained on, each with `IMAGE_COLUMNS`."""

    evaluated: pd.DataFrame
    trained_on: pd.DataFrame


def _images(
    sources: ConditionImages, recipe: Recipe, seed: int, reporter: Reporter
) -> tuple[_ImageTables, tuple[Inspection, Inspection]]:
    """Return the images that are evaluated and those that are trained on, and the inspections of both."""
    catalogue, inspection = list_images(sources.evaluated, reporter)
    to_train, inspection_to_train = catalogue, inspection
    if sources.training_set is not None:
        to_train, inspection_to_train = list_images(sources.training_set, reporter)
        if class_names(to_train) != class_names(catalogue):
            raise InputError(
                f"{sources.evaluated.name} and {sources.training_set.name}, the training images, have "
                "different classes; their class folders must have the same names"
            )
    if recipe.base.images != "all":
        rng = generator(seed, "conditions", "split")
        to_train = draw_training_images(to_train, recipe.base.images, rng)
    elif sources.training_set is None:
        raise InputError(
            'images = "all" would leave none to evaluate; name a `training_set` in [train], or set '
            "`images` in [train.base] to a number"
        )
    return _ImageTables(never_seen(catalogue, to_train), to_train), (inspection, inspection_to_train)


def _jobs(
    runs: Sequence[Run],
    sources: ConditionImages,
    tables: _ImageTables,
    batch_size: int,
    seed: int,
    folder: Path,
) -> list[TrainingJob]:
    """Return the networks to train; models that are the same network are one job."""
    classes = class_names(tables.trained_on)
    labels = tables.trained_on["label"].to_numpy()
    evaluated_ids, training_ids = (table["image_id"].tolist() for table in tables)
    contents = [sha256_of(table.to_csv(index=False)) for table in tables]
    # One decoded set for all networks that see images in the same way.
    evaluated: dict[tuple[int, float], DecodedImages] = {}
    to_train: dict[tuple[int | None, float], DecodedImages] = {}
    jobs: dict[str, TrainingJob] = {}
    for run in sorted(runs, key=lambda run: run.last_epoch):
        content = {
            "scheme": SCHEME,
            "course": run.network_identity,
            "seed": seed,
            "classes": classes,
            "images": contents,
            "batch_size": batch_size,
        }
        identity = sha256_of(json.dumps(content, sort_keys=True))
        if identity in jobs:
            jobs[identity] = dataclasses.replace(jobs[identity], runs=(*jobs[identity].runs, run))
            continue
        recipe = run.recipe
        view = recipe.input_size_px, recipe.crop_pct
        if view not in evaluated:
            evaluated[view] = DecodedImages(sources.evaluated, evaluated_ids, *view)
        if (seen := training_view(recipe)) not in to_train:
            to_train[seen] = DecodedImages(sources.trained_on, training_ids, *seen)
        rng = np.random.default_rng(run.seeds.parts)
        jobs[identity] = TrainingJob(
            runs=(run,),
            classes=classes,
            images=to_train[seen],
            labels=labels,
            rows=np.flatnonzero(deal(labels, recipe.parts, rng) == run.part),
            evaluated=EvaluationImages(
                evaluated_ids, tables.evaluated["label"].to_numpy(), evaluated[view], batch_size
            ),
            identity=identity,
            folder=folder,
        )
    return list(jobs.values())


def _unfinished(job: TrainingJob) -> list[TrainingJob]:
    """Return the job with the models that are left to train; an empty list where there are none."""
    if job.checkpoints.diverged_epoch is not None:
        return []
    left = tuple(run for run in job.runs if finished(job.folder, job.identity, run) is None)
    return [dataclasses.replace(job, runs=left)] if left else []


def _found(
    runs: Sequence[Run], jobs: Sequence[TrainingJob]
) -> tuple[list[ConditionModel], list[DivergedRecord], list[str]]:
    """Return the models that are trained, those that diverged, and the names of the others."""
    job_of = {run: job for job in jobs for run in job.runs}
    models, diverged, unfinished = [], [], []
    for run in runs:
        job = job_of[run]
        about = {"name": run.name, "condition": run.condition, "replicate": run.replicate}
        record = finished(job.folder, job.identity, run)
        epoch = job.checkpoints.diverged_epoch
        if record is not None:
            models.append(
                ConditionModel(
                    **about, network=run.recipe.network, losses=record.losses, accuracies=record.accuracies
                )
            )
        elif epoch is not None:
            diverged.append(DivergedRecord(**about, epoch=epoch))
        else:
            unfinished.append(run.name)
    return models, diverged, unfinished


def _decode(jobs: Sequence[TrainingJob], scratch: Path, progress: Progress) -> None:
    """Decode the images of all jobs once, as far as memory allows."""
    needed = {id(job.images): job.images for job in jobs}
    needed |= {id(job.evaluated.images): job.evaluated.images for job in jobs if job.evaluated}
    for number, images in enumerate(needed.values()):
        images.keep(scratch / f"images-{number}", room_for_images(scratch), progress)
