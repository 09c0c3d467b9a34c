"""Train a base network and its conditions, and record what each decides after every epoch."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from model_eval.images.check import Inspection
from model_eval.images.listing import record_not_counted
from model_eval.images.open import InspectedSource, class_names, list_images
from model_eval.networks.device import choose_device, n_cores
from model_eval.settings import EvaluateSettings
from model_eval.train.checkpoints import Asked, Course, diverged_epoch, finished
from model_eval.train.data_loading import DecodedImages, room_for_images, training_view
from model_eval.train.epoch_decisions import ConditionModel, Diverged, write_conditions
from model_eval.train.parallel_jobs import run_jobs
from model_eval.train.recipe import Recipe, Run, runs_of
from model_eval.train.split import deal, draw_training_images, never_seen
from tricky.core.errors import InputError
from tricky.core.files import sha256_of, versions_of
from tricky.core.parquet import write_parquet
from tricky.core.progress import Progress, Tell, no_progress, no_tell
from tricky.core.randomness import generator

SCHEME = 2
"""Raised when the same recipe would give other weights or decisions: all is then trained anew."""


def train_conditions(
    source: InspectedSource,
    recipe: Recipe,
    evaluate: EvaluateSettings,
    *,
    folder: Path,
    seed: int,
    training_source: InspectedSource | None = None,
    progress: Progress = no_progress,
    tell: Tell = no_tell,
    workers: int | None = None,
) -> None:
    """Train a recipe's models and write ``conditions/``.

    Training images are a training set of its own or, without one, a stratified sample of the images; all
    others, but exact copies of training images, are decided about after every epoch.  A condition is the base
    network with what it changes, and each source of chance has its own seed.  After every epoch a checkpoint
    is left, from which a run that was stopped goes on to the same bits (on the CPU; on CUDA as far as its
    algorithms are repeatable).  A model that diverges is named in the manifest, and the others go on.

    Parameters
    ----------
    source : InspectedSource
        The study's images.
    recipe : Recipe
    evaluate : EvaluateSettings
        Where models run, and how many images they are asked about at a time.
    folder : Path
        ``conditions/``.
    seed : int
        The study's; the recipe's own goes before it.
    training_source : InspectedSource, optional
        Images to train on, of the same classes.
    progress : Progress
        As for `run_jobs`.
    tell : callable
        Told which files don't count as images.
    workers : int, optional
        Number of models trained at a time on the CPU; as many as there are cores by default.

    Raises
    ------
    InputError
        The recipe doesn't hold together, CUDA is asked not to be deterministic where there is none, the
        images don't suffice, or a network can't be built.
    """
    device = choose_device(evaluate.device)
    if recipe.base.seed is not None:
        seed = recipe.base.seed
    runs = runs_of(recipe, seed)
    _require_cuda(runs, device)
    (images, training_images), inspections = _images(source, training_source, recipe, seed, progress, tell)
    not_counted, not_trained_on = (record_not_counted(each.not_counted) for each in inspections)
    write_parquet(folder / "images.parquet", images)
    write_parquet(folder / "training_images.parquet", training_images)
    courses = _courses(
        runs, source, training_source or source, images, training_images, evaluate.batch_size, seed, folder
    )
    about = {
        "made_from": {},
        "settings": {
            "images": source.settings.model_dump(mode="json"),
            "evaluate": {"batch_size": evaluate.batch_size},
            "train": {"training_set": _own_settings(source, training_source)},
            "recipe": recipe.model_dump(mode="json", exclude_unset=True),
        },
        "seed": seed,
        "versions": versions_of("torch", "torchvision", "timm", "numpy", "pandas", "pillow"),
        "device": device.type,
        "images": {"n": len(images), "source": source.name, "not_counted": not_counted},
        "training_images": {
            "sha256": sha256_of(folder / "training_images.parquet"),
            "n": len(training_images),
            "source": (training_source or source).name,
            "not_counted": not_trained_on,
        },
        "classes": list(class_names(training_images)),
    }

    def report() -> None:
        models, diverged, unfinished = _found(runs, courses)
        write_conditions(
            folder,
            conditions=recipe.differences(),
            models=models,
            diverged=diverged,
            unfinished=unfinished,
            about=about,
        )

    report()
    missing = [course for each in courses for course in _unfinished(each)]
    with tempfile.TemporaryDirectory() as scratch:
        _keep(missing, Path(scratch), progress)
        for _ in run_jobs(missing, device, workers or n_cores(), progress):
            report()


def _require_cuda(runs: Sequence[Run], device: torch.device) -> None:
    for run in runs:
        if not run.recipe.deterministic and device.type != "cuda":
            raise InputError(
                f"[conditions.{run.condition}] deterministic = false: on the {device.type} the same seeds "
                "give the same weights, as only CUDA chooses among algorithms; train there, or take the "
                "condition out"
            )


def _own_settings(source: InspectedSource, training_source: InspectedSource | None) -> dict[str, Any] | None:
    """Return the section that names the training set, where there is one."""
    if training_source is None or training_source.settings == source.settings:
        return None
    return training_source.settings.model_dump(mode="json")


def _images(
    source: InspectedSource,
    training_source: InspectedSource | None,
    recipe: Recipe,
    seed: int,
    progress: Progress,
    tell: Tell,
) -> tuple[tuple[pd.DataFrame, pd.DataFrame], tuple[Inspection, Inspection]]:
    """Return the images that are evaluated and those that are trained on, and what both were taken from."""
    catalogue, inspection = list_images(source, progress, tell)
    to_train, inspection_to_train = catalogue, inspection
    if training_source is not None:
        to_train, inspection_to_train = list_images(training_source, progress, tell)
    if training_source is not None and class_names(to_train) != class_names(catalogue):
        raise InputError(
            f"{source.name} and {training_source.name}, the training images, have different classes; their "
            "class folders must have the same names"
        )
    if recipe.base.images != "all":
        rng = generator(seed, "conditions", "split")
        to_train = draw_training_images(to_train, recipe.base.images, rng)
    elif training_source is None:
        raise InputError(
            'images = "all" would leave none to evaluate; name a `training_set` in [train], or set '
            "`images` in [train.base] to a number"
        )
    return (never_seen(catalogue, to_train), to_train), (inspection, inspection_to_train)


def _courses(
    runs: Sequence[Run],
    source: InspectedSource,
    training_source: InspectedSource,
    images: pd.DataFrame,
    training_images: pd.DataFrame,
    batch_size: int,
    seed: int,
    folder: Path,
) -> list[Course]:
    """Return what is to be trained: models of the same course are one network."""
    classes = class_names(training_images)
    labels = training_images["label"].to_numpy()
    asked_ids, training_ids = images["image_id"].tolist(), training_images["image_id"].tolist()
    contents = [sha256_of(table.to_csv(index=False)) for table in (images, training_images)]
    # One decoded set for all networks that see images in the same way.
    asked: dict[tuple[int, float], DecodedImages] = {}
    to_train: dict[tuple[int | None, float], DecodedImages] = {}
    courses: dict[str, Course] = {}
    for run in sorted(runs, key=lambda run: run.last_epoch):
        content = {
            "scheme": SCHEME,
            "course": run.course,
            "seed": seed,
            "classes": classes,
            "images": contents,
            "batch_size": batch_size,
        }
        identity = sha256_of(json.dumps(content, sort_keys=True))
        if identity in courses:
            courses[identity] = dataclasses.replace(courses[identity], runs=(*courses[identity].runs, run))
            continue
        recipe = run.recipe
        view = recipe.input_size_px, recipe.crop_pct
        if view not in asked:
            asked[view] = DecodedImages(source, asked_ids, *view)
        if (seen := training_view(recipe)) not in to_train:
            to_train[seen] = DecodedImages(training_source, training_ids, *seen)
        rng = np.random.default_rng(run.seeds.parts)
        courses[identity] = Course(
            runs=(run,),
            classes=classes,
            images=to_train[seen],
            labels=labels,
            rows=np.flatnonzero(deal(labels, recipe.parts, rng) == run.part),
            asked=Asked(asked_ids, images["label"].to_numpy(), asked[view], batch_size),
            identity=identity,
            folder=folder,
        )
    return list(courses.values())


def _unfinished(course: Course) -> list[Course]:
    """Return the course with those of its models that are still to be trained; nothing where all are."""
    if diverged_epoch(course.folder, course.identity) is not None:
        return []
    left = tuple(run for run in course.runs if finished(course.folder, course.identity, run) is None)
    return [dataclasses.replace(course, runs=left)] if left else []


def _found(
    runs: Sequence[Run], courses: Sequence[Course]
) -> tuple[list[ConditionModel], list[Diverged], list[str]]:
    """Return the models that are trained, those that diverged, and the names of the others."""
    course_of = {run: course for course in courses for run in course.runs}
    models, diverged, unfinished = [], [], []
    for run in runs:
        course = course_of[run]
        about = run.name, run.condition, run.replicate
        record = finished(course.folder, course.identity, run)
        epoch = diverged_epoch(course.folder, course.identity)
        if record is not None:
            models.append(ConditionModel(*about, run.recipe.network, record.losses, record.accuracies))
        elif epoch is not None:
            diverged.append(Diverged(*about, epoch))
        else:
            unfinished.append(run.name)
    return models, diverged, unfinished


def _keep(courses: Sequence[Course], scratch: Path, progress: Progress) -> None:
    """Decode once what is needed, as far as memory reaches."""
    needed = {id(course.images): course.images for course in courses}
    needed |= {id(course.asked.images): course.asked.images for course in courses if course.asked}
    for number, images in enumerate(needed.values()):
        images.keep(scratch / f"images-{number}", room_for_images(scratch), progress)
