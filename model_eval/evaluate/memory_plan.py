"""Ask models together, as many as fit in memory, so that each image is decoded once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import psutil
import torch
from torch import nn

from model_eval.decision_rows import decision_rows
from model_eval.evaluate.batches import prepared_batches
from model_eval.evaluate.decision_files import DecisionFile
from model_eval.evaluate.run_model import ModelFailure, RunningModel
from model_eval.images.image_source import ImageSource
from model_eval.networks.build import Classifier
from model_eval.networks.device import n_cores, threads_within_models
from model_eval.settings import EvaluateSettings
from tricky.core.progress import Notify, Progress

PART_IMAGES = 512
"""Images after which a model's decisions are written: what a killed run loses at most, but for a batch."""

SHARE_FOR_WEIGHTS = 0.5
"""Of the memory that is free; the rest is for images and for what networks compute on the way."""


def size_bytes(module: nn.Module) -> int:
    """Return the memory that a network's parameters and buffers take up."""
    return sum(tensor.nbytes for tensor in (*module.parameters(), *module.buffers()))


def free_bytes(device: torch.device) -> int:
    """Return the memory that is free for models: on the device, and on the way there in the machine."""
    machine = psutil.virtual_memory().available
    if device.type == "cuda":
        return min(machine, torch.cuda.mem_get_info(device)[0])
    return machine


def plan_rounds(sizes: Sequence[int], budget: float) -> list[list[int]]:
    """Divide models, in their order, into rounds whose sizes add up to no more than a budget.

    Parameters
    ----------
    sizes : sequence of int
        In bytes.
    budget : float
        Likewise.  A model that is larger has a round of its own.

    Returns
    -------
    list of list of int
        Indices into `sizes`.
    """
    rounds: list[list[int]] = []
    used = 0
    for index, size in enumerate(sizes):
        if not rounds or used + size > budget:
            rounds.append([])
            used = 0
        rounds[-1].append(index)
        used += size
    return rounds


class Count:
    """Counts images, in all and model by model.

    Parameters
    ----------
    progress : Progress
    expected : mapping of str to int
        Images that each model is still to be asked about.
    """

    def __init__(self, progress: Progress, expected: Mapping[str, int]) -> None:
        self._progress = progress
        self._expected = dict(expected)
        self._done = dict.fromkeys(expected, 0)

    def add(self, name: str, n_images: int) -> None:
        """Count images that a model has been asked about."""
        self._done[name] += n_images
        self._report(name)

    def drop(self, name: str) -> None:
        """Expect no more of a model."""
        self._expected[name] = self._done[name]
        self._report(name)

    def _report(self, name: str) -> None:
        self._progress("Evaluating models", sum(self._done.values()), sum(self._expected.values()))
        self._progress(name, self._done[name], self._expected[name])


def evaluate_together(
    source: ImageSource,
    images: pd.DataFrame,
    models: Sequence[tuple[DecisionFile, Classifier]],
    device: torch.device,
    settings: EvaluateSettings,
    count: Count,
    notify: Notify,
) -> dict[str, str]:
    """Ask models about the images that they haven't answered, and write their parts.

    On the CPU models run side by side: small ones gain nothing from several threads within a layer.  One
    alone is asked from here, as every thread that asked it would keep memory for its layers.

    Parameters
    ----------
    source : ImageSource
    images : DataFrame
        `IMAGE_COLUMNS`.
    models : sequence of (DecisionFile, Classifier)
    device : torch.device
    settings : EvaluateSettings
    count : Count
    notify : callable
        Told of failures and of batches that are halved.

    Returns
    -------
    dict of str to str
        Models that gave no usable answer, and why; what they answered before is kept.
    """
    # Models that lack the same images are asked together: all of them, unless some were asked before.
    groups: dict[bytes, list[_Respondent]] = {}
    for file, classifier in models:
        known = file.known(images)
        lacks = ~images["image_id"].isin(known.rows["image_id"]).to_numpy()
        if lacks.any():
            asked = RunningModel(classifier, device, settings, notify)
            groups.setdefault(lacks.tobytes(), []).append(_Respondent(file, asked, known.noise))
    failures: dict[str, str] = {}
    within = threads_within_models(max(1, n_cores() // max(1, len(models))))
    with within, ThreadPoolExecutor(n_cores()) as threads:
        for lacks, respondents in groups.items():
            missing = images[np.frombuffer(lacks, dtype=bool)]
            preprocessings = {each.asked.preprocessing.key: each.asked.preprocessing for each in respondents}
            for rows, inputs in prepared_batches(
                source, missing, list(preprocessings.values()), settings.batch_size, threads
            ):
                there = {key: batch.to(device) for key, batch in inputs.items()}
                answers = (threads.map if device.type == "cpu" and len(respondents) > 1 else map)(
                    lambda each, there=there, rows=rows: each.answer(there, rows), respondents
                )
                for each, failure in zip(list(respondents), answers, strict=True):
                    if failure is None:
                        count.add(each.asked.name, len(rows))
                        continue
                    failures[each.asked.name] = failure
                    notify(f"{each.asked.name}: failed, and is left out from here on: {failure}")
                    count.drop(each.asked.name)
                    respondents.remove(each)
                if not respondents:
                    break
            for each in respondents:
                each.write()
    return failures


class _Respondent:
    """A model that is being asked, with the answers that aren't written yet."""

    def __init__(self, file: DecisionFile, asked: RunningModel, noise: float | None) -> None:
        self.asked = asked
        self._file = file
        self._noise = noise
        self._to_tell: float | None = None
        self._answers: list[pd.DataFrame] = []
        self._hashes: list[pd.Series] = []

    def answer(self, inputs: Mapping[str, torch.Tensor], rows: pd.DataFrame) -> str | None:
        """Ask about a batch, and return None or why there is no usable answer.

        Parameters
        ----------
        inputs : mapping of str to Tensor
            By the key of each preprocessing; what they hold beyond `rows` fills up the batch.
        rows : DataFrame
            `IMAGE_COLUMNS`.
        """
        batch = inputs[self.asked.preprocessing.key]
        try:
            logits = self.asked.logits(batch, len(rows))
            finite = np.isfinite(logits).all(axis=1)
            if not finite.all():
                return f"its answer to image {rows['image_id'].iloc[int(finite.argmin())]} isn't finite"
            if self._noise is None:
                self._noise = self._to_tell = self.asked.noise(batch, logits)
        except ModelFailure as failure:
            return str(failure)
        self._answers.append(decision_rows(rows["image_id"].tolist(), rows["label"].to_numpy(), logits))
        self._hashes.append(rows["sha256"])
        if sum(map(len, self._answers)) >= PART_IMAGES:
            self.write()
        return None

    def write(self) -> None:
        """Write what was answered since the last part."""
        if self._answers:
            rows = pd.concat(self._answers, ignore_index=True)
            hashes = pd.concat(self._hashes, ignore_index=True)
            device = self.asked.device.type
            self._file.write_part(rows, hashes, device, self.asked.batch_size, self._to_tell)
            self._answers, self._hashes, self._to_tell = [], [], None
