"""Check a pool before a long evaluation: build every model and run one batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import torch

from model_eval.evaluate.batches import Batch, BatchMaker
from model_eval.evaluate.run_model import ModelFailure, RunningModel
from model_eval.images.image_source import ImageSource, class_names
from model_eval.networks.build import Classifier, build_classifier, check_head
from model_eval.networks.device import arithmetic, choose_device, memory_format
from model_eval.networks.sample_images import draw_sample
from model_eval.settings import EvaluateSettings, ModelEntry
from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_notice, no_progress


@dataclass(frozen=True)
class PoolCheck:
    """Result of running one model of a pool on one batch of images.

    Attributes
    ----------
    entry : ModelEntry
    seconds : float
        Time to build it and run the batch.
    problem : str
        What is wrong, in one line; empty where nothing is.
    """

    entry: ModelEntry
    seconds: float
    problem: str


def check_pool(
    source: ImageSource,
    entries: Sequence[ModelEntry],
    settings: EvaluateSettings,
    *,
    root: Path,
    training: Path,
    progress: Progress = no_progress,
) -> list[PoolCheck]:
    """Build every model, match its outputs with the images' classes, and run one batch of real images.

    A model that fails does not stop the others.  The classes of all models are checked before anything is
    downloaded.

    Parameters
    ----------
    source : ImageSource
    entries : sequence of ModelEntry
    settings : EvaluateSettings
        Device, batch size and arithmetic, as for the evaluation itself.
    root, training : Path
        The study's folder, and the folder of weights trained in it.
    progress : Progress
        Counts models.

    Returns
    -------
    list of PoolCheck, in the order of `entries`
    """
    device = choose_device(settings.device)
    catalogue = source.catalogue(progress)
    classes = class_names(catalogue)
    problems = {
        entry.name: _problem(entry, lambda entry=entry: check_head(entry, classes, root)) for entry in entries
    }
    sample = draw_sample(source, catalogue)
    rows = catalogue.iloc[: settings.batch_size]
    checks = []
    maker = BatchMaker(source, device, settings.batch_size, 0, memory_format(settings.arithmetic))
    with arithmetic(settings.arithmetic, device):

        def run(entry: ModelEntry) -> None:
            classifier = build_classifier(entry, classes, sample, root=root, training=training)
            with closing(maker.batches(rows, [classifier.preprocessing])) as batches:
                _run_batch(classifier, device, settings, next(batches))

        for done, entry in enumerate(entries, start=1):
            started = time.perf_counter()
            problem = problems[entry.name] or _problem(entry, lambda entry=entry: run(entry))
            checks.append(PoolCheck(entry, time.perf_counter() - started, problem))
            progress("Checking models", done, len(entries))
    return checks


def _problem(entry: ModelEntry, attempt: Callable[[], None]) -> str:
    """Return what goes wrong when `attempt` is called, in one line; empty where nothing does."""
    try:
        attempt()
    except InputError as error:
        return str(error)
    except torch.cuda.OutOfMemoryError:
        return f"{entry.name}: not enough memory for this batch; lower `batch_size` in [evaluate]"
    return ""


def _run_batch(
    classifier: Classifier, device: torch.device, settings: EvaluateSettings, batch: Batch
) -> None:
    """Run one batch, and raise InputError where the model fails or an output isn't finite."""
    name = classifier.entry.name
    try:
        model = RunningModel(classifier, device, settings, no_notice)
        logits = model.logits(batch.inputs[classifier.preprocessing.key], batch.n_images)
    except ModelFailure as failure:
        raise InputError(f"{name}: {failure}") from None
    if not logits.isfinite().all():
        raise InputError(f"{name}: an output isn't finite; check its weights, or remove it from the pool")
