"""Train one network: after each epoch evaluate it, write a checkpoint, and write the models that end there.

Models of a recipe that are the same network after different numbers of epochs (the base network, and the base
network with one more epoch) are one job and are trained once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from model_eval.cores import n_cores
from model_eval.epoch_decisions import write_epochs
from model_eval.networks.device import exact_arithmetic
from model_eval.networks.trained_weights import TrainedRecord, write_trained
from model_eval.train.checkpoints import Checkpoints, model_identity
from model_eval.train.data_loading import DecodedImages, TrainingBatches, epoch_rows, loaded, n_batches
from model_eval.train.evaluate_epoch import EvaluationImages, evaluate_epoch
from model_eval.train.parallel_jobs import Report
from model_eval.train.recipe import Run
from model_eval.train.training_loop import DivergedError, Learner
from model_eval.training_manifests import DivergedRecord
from tricky.core.files import sha256_of


@dataclass(frozen=True)
class TrainingJob:
    """A network to train, and the models that are written after some of its epochs.

    Attributes
    ----------
    runs : tuple of Run
        The models: runs with the same `network_identity`, sorted by `last_epoch`.
    classes : tuple of str
    images : DecodedImages
        Training images, decoded as the recipe needs them.
    labels : ndarray of int, shape (n_images,)
    rows : ndarray of int
        Rows of `images` that the network is trained on.
    evaluated : EvaluationImages, optional
        By default the network is not evaluated and only its weights are written.
    identity : str
        Hash of everything that determines weights and decisions at every epoch.
    folder : Path
        Where ``<model>.safetensors`` and ``<model>.parquet`` are written.
    channels_last : bool
        Whether the network stores images pixel by pixel: convolutions are faster on the CPU, with other last
        digits.
    """

    runs: tuple[Run, ...]
    classes: tuple[str, ...]
    images: DecodedImages
    labels: np.ndarray
    rows: np.ndarray
    evaluated: EvaluationImages | None
    identity: str
    folder: Path
    channels_last: bool = False

    @property
    def name(self) -> str:
        """The name of the first model."""
        return self.runs[0].name

    @property
    def last_epoch(self) -> int:
        """The last epoch of the last model."""
        return self.runs[-1].last_epoch

    @property
    def n_batches(self) -> int:
        """Number of batches in all epochs."""
        return self.last_epoch * n_batches(self.runs[0].recipe, len(self.rows))

    @property
    def n_epochs(self) -> int:
        """Number of epochs that are left to train."""
        state = self._read_state()
        return self.last_epoch - (len(state["losses"]) if state else 0)

    @property
    def checkpoints(self) -> Checkpoints:
        """The checkpoints of the network."""
        return Checkpoints(self.folder, self.identity)

    def run(self, device: torch.device, report: Report) -> DivergedRecord | None:
        """Train the network from its last checkpoint, or from the start, and write its models.

        Returns
        -------
        DivergedRecord, optional
            The model and the epoch in which its loss was no longer finite; no model of a later epoch is
            written.
        """
        recipe = self.runs[0].recipe
        batches = TrainingBatches(self.images, self.labels, recipe, self.runs[0].seeds.augmentation)
        per_epoch = n_batches(recipe, len(self.rows))
        on_gpu = device.type == "cuda"
        with (
            exact_arithmetic(repeatable=recipe.deterministic),
            torch.random.fork_rng(devices=[device] if on_gpu else []),
        ):
            learner = Learner(
                self.runs[0], len(self.classes), per_epoch, device, channels_last=self.channels_last
            )
            history = self._start(learner, device)
            for epoch in range(len(history.losses) + 1, self.last_epoch + 1):
                progress = _EpochProgress(report, epoch, self.last_epoch, per_epoch, history.accuracies)
                rows = epoch_rows(self.runs[0], self.rows, epoch)
                workers = n_cores() if on_gpu else 0
                try:
                    loaded_batches = loaded(batches, epoch, rows, workers=workers, pin_memory=on_gpu)
                    history.losses.append(learner.learn(loaded_batches, progress.after_batch))
                    self._evaluate(learner.evaluated, epoch, history, device, progress.report_again)
                except DivergedError:
                    return self._diverged(epoch)
                for run in self.runs:
                    if run.last_epoch == epoch:
                        self._write(run, learner, history)
                if self.evaluated is not None:
                    self.checkpoints.write_state(
                        learner.state() | {"losses": history.losses, "accuracies": history.accuracies}
                    )
                progress.epoch_done(history.losses[-1])
        self.checkpoints.remove()
        return None

    def _start(self, learner: Learner, device: torch.device) -> _History:
        """Restore the last checkpoint, or evaluate the untrained network."""
        if (state := self._read_state()) is not None:
            learner.restore(state)
            return _History(state["losses"], state["accuracies"])
        history = _History([], [])
        self._evaluate(learner.evaluated, 0, history, device, lambda: None)
        return history

    def _read_state(self) -> dict[str, Any] | None:
        """Return the last checkpoint, unless a model that is to be written ends before it."""
        state = self.checkpoints.read_state() if self.evaluated is not None else None
        return state if state is not None and len(state["losses"]) < self.runs[0].last_epoch else None

    def _evaluate(
        self,
        network: nn.Module,
        epoch: int,
        history: _History,
        device: torch.device,
        after_batch: Callable[[], None],
    ) -> None:
        """Evaluate the network and write its decisions next to the checkpoint."""
        if self.evaluated is not None:
            rows = evaluate_epoch(network, self.evaluated, device, after_batch)
            history.accuracies.append(float((rows["prediction"] == rows["label"]).mean()))
            self.checkpoints.write_decisions(epoch, rows)

    def _write(self, run: Run, learner: Learner, history: _History) -> None:
        """Write a model's decisions, then its weights, which mark it as finished."""
        decisions_sha256 = None
        if self.evaluated is not None:
            path = self.folder / f"{run.name}.parquet"
            epochs = range(run.last_epoch + 1)
            write_epochs(path, [self.checkpoints.read_decisions(epoch) for epoch in epochs])
            decisions_sha256 = sha256_of(path)
        record = TrainedRecord(
            identity=model_identity(self.identity, run),
            source=run.recipe.network,
            classes=self.classes,
            input_size_px=run.recipe.input_size_px,
            final_loss=history.losses[-1],
            crop_pct=run.recipe.crop_pct,
            losses=tuple(history.losses) if self.evaluated is not None else (),
            accuracies=tuple(history.accuracies),
            decisions_sha256=decisions_sha256,
        )
        write_trained(self.folder / f"{run.name}.safetensors", learner.evaluated.state_dict(), record)

    def _diverged(self, epoch: int) -> DivergedRecord:
        self.checkpoints.remove()
        if self.evaluated is not None:
            self.checkpoints.write_divergence(epoch)
        run = self.runs[0]
        return DivergedRecord(name=run.name, condition=run.condition, replicate=run.replicate, epoch=epoch)


@dataclass
class _History:
    """Training so far.

    Attributes
    ----------
    losses : list of float
        Mean training loss in each epoch.
    accuracies : list of float
        Top-1 accuracy of the untrained network and after each epoch; empty without `evaluated`.
    """

    losses: list[float]
    accuracies: list[float]


@dataclass
class _EpochProgress:
    """Reports the progress of a job within one epoch."""

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
        self.report_again()

    def report_again(self) -> None:
        """Report the same numbers at a later time."""
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
