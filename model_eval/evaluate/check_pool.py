"""Before the night starts: whether each of a pool's models runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from model_eval.evaluate.batches import prepared_batches
from model_eval.evaluate.run_model import AskedModel, ModelFailure
from model_eval.images.open import ImageSource, class_names
from model_eval.networks.build import build_classifier, check_head
from model_eval.networks.device import choose_device, exact_arithmetic, n_cores
from model_eval.networks.sample import Sample, draw_sample
from model_eval.settings import EvaluateSettings, ModelEntry
from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress


@dataclass(frozen=True)
class PoolCheck:
    """How one model of a pool did on one batch of images.

    Attributes
    ----------
    entry : ModelEntry
    seconds : float
        To build it and run the batch.
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

    All are tried, whatever becomes of one.  Classes are checked for all before anything is downloaded.

    Parameters
    ----------
    source : ImageSource
    entries : sequence of ModelEntry
    settings : EvaluateSettings
        The device, the size of the batch, and the arithmetic that evaluation will use.
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
    found = {entry.name: _problem_of(check_head, entry, classes, root) for entry in entries}
    sample = draw_sample(source, catalogue)
    checks = []
    with exact_arithmetic(), ThreadPoolExecutor(n_cores()) as threads:
        for done, entry in enumerate(entries, start=1):
            started = time.perf_counter()
            problem = found[entry.name]
            if not problem:
                batch = (source, catalogue, settings, device, threads)
                problem = _problem_of(_run, entry, classes, sample, root, training, *batch)
            checks.append(PoolCheck(entry, time.perf_counter() - started, problem))
            progress("Checking models", done, len(entries))
    return checks


def _problem_of(attempt: Any, *arguments: Any) -> str:
    try:
        attempt(*arguments)
    except InputError as error:
        return str(error)
    except torch.cuda.OutOfMemoryError:
        return f"{arguments[0].name}: not enough memory for this batch; lower `batch_size` in [evaluate]"
    return ""


def _run(
    entry: ModelEntry,
    classes: tuple[str, ...],
    sample: Sample,
    root: Path,
    training: Path,
    source: ImageSource,
    catalogue: Any,
    settings: EvaluateSettings,
    device: torch.device,
    threads: ThreadPoolExecutor,
) -> None:
    classifier = build_classifier(entry, classes, sample, root=root, training=training)
    asked = AskedModel(classifier, device, settings, tell=lambda _: None)
    n, way = settings.batch_size, asked.preprocessing
    rows, inputs = next(iter(prepared_batches(source, catalogue.iloc[:n], [way], n, threads)))
    try:
        logits = asked.logits(inputs[way.key].to(device), len(rows))
    except ModelFailure as failure:
        raise InputError(f"{entry.name}: {failure}") from None
    if not np.isfinite(logits).all():
        raise InputError(
            f"{entry.name}: an answer isn't finite; check its weights, or take it out of the pool"
        )
