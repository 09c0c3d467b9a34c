"""The course of one network: learn an epoch, decide about every image, leave a checkpoint, until its end.

Models of a recipe that are the same network at the ends of different epochs (the base network, and with one
more epoch) share one course and are trained once.
"""

from __future__ import annotations

import hashlib
import io
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn

from model_eval.evaluate.decide import decision_rows
from model_eval.manifests import DivergedEpoch
from model_eval.networks.device import exact_arithmetic, n_cores
from model_eval.networks.weights import TrainedRecord, read_trained_record, write_trained
from model_eval.train.data_loading import DecodedImages, TrainingBatches, epoch_rows, loaded, n_batches
from model_eval.train.epoch_decisions import Diverged, write_epochs
from model_eval.train.parallel_jobs import Report
from model_eval.train.recipe import Run
from model_eval.train.training_loop import DivergedError, Learner
from tricky.core.errors import InputError
from tricky.core.files import replacing, sha256_of
from tricky.core.manifests import read_manifest, write_manifest
from tricky.core.memory import read_memory, write_memory

CHUNK_BATCHES = 16
"""Batches whose answers are turned into decisions together."""

_HASH_BYTES = 32
"""Length of the hash that a checkpoint begins with."""


@dataclass(frozen=True)
class Asked:
    """The images that a network decides about after every epoch.

    Attributes
    ----------
    image_ids : list of str
    labels : ndarray of int, shape (n_images,)
    images : DecodedImages
        In the network's input size.
    batch_size : int
        As in `EvaluateSettings`: the last batch is filled up.
    """

    image_ids: list[str]
    labels: np.ndarray
    images: DecodedImages
    batch_size: int


@dataclass(frozen=True)
class Course:
    """A network to train, and the models that it is at the ends of some epochs.

    Attributes
    ----------
    runs : tuple of Run
        Of one `course`, by `last_epoch`.
    classes : tuple of str
    images : DecodedImages
        Training images, in the view that the recipe asks for.
    labels : ndarray of int, shape (n_images,)
    rows : ndarray of int
        Those of `images` that it learns from.
    asked : Asked, optional
        Without, only weights are kept.
    identity : str
        Hash of everything that weights and decisions follow from at any epoch.
    folder : Path
        Where ``<model>.safetensors`` and ``<model>.parquet`` go.
    """

    runs: tuple[Run, ...]
    classes: tuple[str, ...]
    images: DecodedImages
    labels: np.ndarray
    rows: np.ndarray
    asked: Asked | None
    identity: str
    folder: Path

    @property
    def name(self) -> str:
        """The model that it is first."""
        return self.runs[0].name

    @property
    def last_epoch(self) -> int:
        """The last model's last epoch."""
        return self.runs[-1].last_epoch

    @property
    def n_batches(self) -> int:
        """Batches of all epochs."""
        return self.last_epoch * n_batches(self.runs[0].recipe, len(self.rows))

    @property
    def n_epochs(self) -> int:
        """Epochs that are still to be trained."""
        state = self._checkpoint()
        return self.last_epoch - (len(state["losses"]) if state else 0)

    def run(self, device: torch.device, report: Report) -> Diverged | None:
        """Train the network from its last checkpoint, or from the start, and write its models.

        Returns
        -------
        Diverged, optional
            Where and when its loss was no longer finite; no model of a later epoch is written then.
        """
        recipe = self.runs[0].recipe
        batches = TrainingBatches(self.images, self.labels, recipe, self.runs[0].seeds.augmentation)
        per_epoch = n_batches(recipe, len(self.rows))
        on_gpu = device.type == "cuda"
        with (
            exact_arithmetic(repeatable=recipe.deterministic),
            torch.random.fork_rng(devices=[device] if on_gpu else []),
        ):
            learner = Learner(self.runs[0], len(self.classes), per_epoch, device)
            losses, accuracies = self._go_on(learner, device)
            for epoch in range(len(losses) + 1, self.last_epoch + 1):
                told = _Told(report, epoch, self.last_epoch, per_epoch, accuracies)
                rows = epoch_rows(self.runs[0], self.rows, epoch)
                workers = n_cores() if on_gpu else 0
                try:
                    loaded_batches = loaded(batches, epoch, rows, workers=workers, pin_memory=on_gpu)
                    losses.append(learner.learn(loaded_batches, told.after_batch))
                    self._decide(learner.evaluated, epoch, accuracies, device, told.again)
                except DivergedError:
                    return self._diverged(epoch)
                for run in self.runs:
                    if run.last_epoch == epoch:
                        self._write(run, learner, losses, accuracies)
                self._save(learner.state() | {"losses": losses, "accuracies": accuracies})
                told.epoch_done(losses[-1])
        shutil.rmtree(self._parts, ignore_errors=True)
        return None

    def _go_on(self, learner: Learner, device: torch.device) -> tuple[list[float], list[float]]:
        """Take up the last checkpoint, or decide with the untrained network; return losses and accuracies."""
        if state := self._checkpoint():
            learner.go_on_from(state)
            return state["losses"], state["accuracies"]
        accuracies: list[float] = []
        self._decide(learner.evaluated, 0, accuracies, device, lambda: None)
        return [], accuracies

    def _decide(
        self,
        network: nn.Module,
        epoch: int,
        accuracies: list[float],
        device: torch.device,
        after_batch: Callable[[], None],
    ) -> None:
        """Decide about every image and leave the decisions beside the checkpoint."""
        if self.asked is not None:
            rows = decide(network, self.asked, device, after_batch)
            accuracies.append(float((rows["prediction"] == rows["label"]).mean()))
            write_memory(self._part(epoch), rows, {"epoch": epoch})

    def _write(self, run: Run, learner: Learner, losses: list[float], accuracies: list[float]) -> None:
        """Write a model's decisions, then its weights, which say that all is there."""
        decisions_sha256 = None
        if self.asked is not None:
            path = self.folder / f"{run.name}.parquet"
            write_epochs(path, [self._read_part(epoch) for epoch in range(run.last_epoch + 1)])
            decisions_sha256 = sha256_of(path)
        record = TrainedRecord(
            identity=model_identity(self.identity, run),
            source=run.recipe.network,
            classes=self.classes,
            input_size_px=run.recipe.input_size_px,
            final_loss=losses[-1],
            crop_pct=run.recipe.crop_pct,
            losses=tuple(losses) if self.asked is not None else (),
            accuracies=tuple(accuracies),
            decisions_sha256=decisions_sha256,
        )
        write_trained(self.folder / f"{run.name}.safetensors", learner.evaluated.state_dict(), record)

    @property
    def _parts(self) -> Path:
        return self.folder / ".checkpoints" / self.identity[:16]

    def _part(self, epoch: int) -> Path:
        return self._parts / f"{epoch:04d}.parquet"

    def _checkpoint(self) -> dict[str, Any] | None:
        """Return the last checkpoint, unless a model ends before it."""
        path = self._parts / "state.pt"
        if self.asked is None or not path.is_file():
            return None
        digest, content = path.read_bytes()[:_HASH_BYTES], path.read_bytes()[_HASH_BYTES:]
        if hashlib.sha256(content).digest() != digest:
            return None  # damaged: the same training gives the same again
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        decided = range(1 + len(state["losses"]))
        if any(read_memory(self._part(epoch)) is None for epoch in decided):
            return None
        return state if len(state["losses"]) < self.runs[0].last_epoch else None

    def _save(self, state: dict[str, Any]) -> None:
        """Leave a checkpoint, its hash first: torch doesn't notice a changed weight."""
        if self.asked is not None:
            content = io.BytesIO()
            torch.save(state, content)
            with replacing(self._parts / "state.pt") as part:
                part.write_bytes(hashlib.sha256(content.getvalue()).digest() + content.getvalue())

    def _read_part(self, epoch: int) -> pd.DataFrame:
        found = read_memory(self._part(epoch))
        if found is None or found[1] != {"epoch": epoch}:
            raise InputError(f"{self._part(epoch)}: changed during training; run `tricky train` again")
        return found[0]

    def _diverged(self, epoch: int) -> Diverged:
        """Remember a divergence: the same training would end in it again."""
        shutil.rmtree(self._parts, ignore_errors=True)
        if self.asked is not None:
            write_manifest(self._parts / "diverged.json", DivergedEpoch, {"epoch": epoch})
        run = self.runs[0]
        return Diverged(run.name, run.condition, run.replicate, epoch)


def model_identity(course_identity: str, run: Run) -> str:
    """Hash everything that one model's files follow from."""
    return sha256_of(f"{course_identity}/{run.last_epoch}")


def finished(folder: Path, course_identity: str, run: Run) -> TrainedRecord | None:
    """Return what a finished model's weights say of themselves; None where it isn't finished."""
    try:
        record = read_trained_record(folder / f"{run.name}.safetensors")
    except InputError:  # damaged: the same training gives the same again
        return None
    if record is None or record.identity != model_identity(course_identity, run):
        return None
    decisions = folder / f"{run.name}.parquet"
    if record.decisions_sha256 and not (
        decisions.is_file() and sha256_of(decisions) == record.decisions_sha256
    ):
        return None
    return record


def diverged_epoch(folder: Path, course_identity: str) -> int | None:
    """Return the epoch in which a course is known to diverge."""
    path = folder / ".checkpoints" / course_identity[:16] / "diverged.json"
    return read_manifest(path, DivergedEpoch, "tricky train").epoch if path.is_file() else None


@torch.inference_mode()
def decide(
    network: nn.Module, asked: Asked, device: torch.device, after_batch: Callable[[], None]
) -> pd.DataFrame:
    """Return a network's decisions on all images, as `evaluate_pool` would make them.

    Raises
    ------
    DivergedError
        An answer isn't finite.
    """
    network.eval()
    tables, answers, first = [], [], 0
    n_images, size = len(asked.labels), asked.batch_size
    for start in range(0, n_images, size):
        images = asked.images.batch(range(start, min(start + size, n_images)))
        inputs = F.pad(images, (0, 0, 0, 0, 0, 0, 0, size - len(images))) if len(images) < size else images
        answers.append(network(inputs.to(device))[: len(images)].float().cpu().numpy())
        end = start + len(images)
        if len(answers) == CHUNK_BATCHES or end == n_images:
            logits = np.concatenate(answers)
            if not np.isfinite(logits).all():
                raise DivergedError
            tables.append(decision_rows(asked.image_ids[first:end], asked.labels[first:end], logits))
            answers, first = [], end
        after_batch()
    return pd.concat(tables, ignore_index=True)


@dataclass
class _Told:
    """What a course says of itself within one epoch."""

    report: Report
    epoch: int
    last_epoch: int
    n_batches: int
    accuracies: list[float]
    done: int = 0
    loss: float = math.nan

    def after_batch(self, loss: float) -> None:
        self.done += 1
        self.loss = loss
        self.again()

    def again(self) -> None:
        """Say the same again: time has passed."""
        self.report((self.epoch - 1) * self.n_batches + self.done, self._detail())

    def epoch_done(self, loss: float) -> None:
        self.loss = loss
        self.report(self.epoch * self.n_batches, self._detail(), epoch_done=True)

    def _detail(self) -> str:
        known = [f"epoch {self.epoch} of {self.last_epoch}"]
        if not math.isnan(self.loss):
            known.append(f"loss {self.loss:.3f}")
        if self.accuracies:
            known.append(f"{self.accuracies[-1]:.1%} right")
        return ", ".join(known)
