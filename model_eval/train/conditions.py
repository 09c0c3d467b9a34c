"""Train a base network and its conditions, and record what each decides after every epoch."""

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

from model_eval.images.check import Inspection
from model_eval.images.listing import record_not_counted
from model_eval.images.open import InspectedSource, class_names, list_images
from model_eval.networks.device import AUTOMATIC, Hardware, choose_device, n_cores
from model_eval.train.checkpoints import Asked, Course, diverged_epoch, finished
from model_eval.train.data_loading import DecodedImages, room_for_images, training_view
from model_eval.train.epoch_decisions import ConditionModel, Diverged, write_conditions
from model_eval.train.parallel_jobs import run_jobs
from model_eval.train.recipe import Recipe, Run, runs_of
from model_eval.train.split import deal, draw_training_images, never_seen
from tricky.core.errors import InputError
from tricky.core.files import sha256_of, versions_of
from tricky.core.parquet import write_parquet
from tricky.core.progress import SILENT, Progress, Reporter
from tricky.core.randomness import generator

SCHEME = 2
"""Raised when the same recipe would give other weights or decisions: all is then trained anew."""


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
        """The section of the study file that names the training set, None where it names none."""
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
        Progress as for `run_jobs`; messages say which files don't count as images.

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
    courses = _courses(runs, sources, tables, batch_size, seed, folder)
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
        models, diverged, unfinished = _found(runs, courses)
        write_conditions(
            folder,
            conditions=recipe.differences(),
            models=models,
            diverged=diverged,
            unfinished=unfinished,
            about=about,
        )

    write()
    missing = [course for each in courses for course in _unfinished(each)]
    with tempfile.TemporaryDirectory() as scratch:
        _decode(missing, Path(scratch), reporter.progress)
        for _ in run_jobs(missing, device, hardware.n_workers or n_cores(), reporter.progress):
            write()


def _require_cuda(runs: Sequence[Run], device: torch.device) -> None:
    for run in runs:
        if not run.recipe.deterministic and device.type != "cuda":
            raise InputError(
                f"[conditions.{run.condition}] deterministic = false: on the {device.type} the same seeds "
                "give the same weights, as only CUDA chooses among algorithms; train there, or take the "
                "condition out"
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


def _courses(
    runs: Sequence[Run],
    sources: ConditionImages,
    tables: _ImageTables,
    batch_size: int,
    seed: int,
    folder: Path,
) -> list[Course]:
    """Return what is to be trained: models of the same course are one network."""
    classes = class_names(tables.trained_on)
    labels = tables.trained_on["label"].to_numpy()
    asked_ids, training_ids = (table["image_id"].tolist() for table in tables)
    contents = [sha256_of(table.to_csv(index=False)) for table in tables]
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
            asked[view] = DecodedImages(sources.evaluated, asked_ids, *view)
        if (seen := training_view(recipe)) not in to_train:
            to_train[seen] = DecodedImages(sources.trained_on, training_ids, *seen)
        rng = np.random.default_rng(run.seeds.parts)
        courses[identity] = Course(
            runs=(run,),
            classes=classes,
            images=to_train[seen],
            labels=labels,
            rows=np.flatnonzero(deal(labels, recipe.parts, rng) == run.part),
            asked=Asked(asked_ids, tables.evaluated["label"].to_numpy(), asked[view], batch_size),
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


def _decode(courses: Sequence[Course], scratch: Path, progress: Progress) -> None:
    """Decode once the images that are needed, as far as memory allows."""
    needed = {id(course.images): course.images for course in courses}
    needed |= {id(course.asked.images): course.asked.images for course in courses if course.asked}
    for number, images in enumerate(needed.values()):
        images.keep(scratch / f"images-{number}", room_for_images(scratch), progress)
