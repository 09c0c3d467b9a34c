"""Train several models: side by side in processes on the CPU, one after the other on a GPU.

Small networks keep one core busy and no more.  Each is therefore trained by one thread, which also fixes the
order of its sums: the number of cores changes the time and not the weights.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from model_eval.artefacts import InputError, Progress
from model_eval.devices import exact_arithmetic, threads_within_models
from model_eval.fitting import fit_network
from model_eval.settings import ModelEntry, TrainSettings
from model_eval.weights import TrainedRecord, read_trained_record, write_trained


@dataclass(frozen=True)
class TrainingData:
    """What all models of a pool learn from.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (n_images, input_size_px, input_size_px, 3)
    labels : ndarray of int, shape (n_images,)
    """

    pixels: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class TrainingJob:
    """One model to train.

    Attributes
    ----------
    entry : ModelEntry
    settings : TrainSettings
    seed : int
        The study's.
    classes : tuple of str
    identity : str
        Hash of everything that the weights follow from.
    path : Path
        Where they go.
    """

    entry: ModelEntry
    settings: TrainSettings
    seed: int
    classes: tuple[str, ...]
    identity: str
    path: Path

    def is_done(self) -> bool:
        """Tell whether the weights are there already."""
        record = read_trained_record(self.path)
        return record is not None and record.identity == self.identity

    def run(self, data: TrainingData, device: torch.device, after_epoch: Callable[[], None]) -> None:
        """Train the model and write its weights."""
        with exact_arithmetic():
            state, final_loss = fit_network(
                self.entry,
                data.pixels,
                data.labels,
                len(self.classes),
                self.settings,
                self.seed,
                device,
                after_epoch,
            )
        size_px = self.settings.input_size_px
        record = TrainedRecord(self.identity, self.entry.source, self.classes, size_px, final_loss)
        write_trained(self.path, state, record)


def run_jobs(
    jobs: Sequence[TrainingJob], data: TrainingData, device: torch.device, workers: int, progress: Progress
) -> None:
    """Run training jobs; those that are finished stay so, whatever happens to the others.

    Parameters
    ----------
    jobs : sequence of TrainingJob
    data : TrainingData
    device : torch.device
    workers : int
        Number of models trained at a time on the CPU; elsewhere it is one.
    progress : Progress
        Counts epochs.

    Raises
    ------
    InputError
        A model can't be built or diverges; the rest stop after their current epoch.
    """
    workers = min(workers, len(jobs)) if device.type == "cpu" else 1
    if workers > 1:
        _run_in_processes(jobs, data, workers, progress)
    else:
        with threads_within_models(1):
            _run_here(jobs, data, device, progress)


def _run_here(
    jobs: Sequence[TrainingJob], data: TrainingData, device: torch.device, progress: Progress
) -> None:
    done, total = 0, sum(job.settings.epochs for job in jobs)

    def count() -> None:
        nonlocal done
        done += 1
        progress("Training models", done, total)

    for job in jobs:
        job.run(data, device, count)


@dataclass(frozen=True)
class _Worker:
    """What a process shares with the one that started it."""

    data_path: Path
    epochs_done: Any
    stop: Any

    def data(self) -> TrainingData:
        with np.load(self.data_path) as arrays:
            return TrainingData(arrays["pixels"], arrays["labels"])

    def after_epoch(self) -> None:
        with self.epochs_done.get_lock():
            self.epochs_done.value += 1
        self.check()

    def check(self) -> None:
        if self.stop.is_set():
            raise _StoppedError


class _StoppedError(Exception):
    """Another model failed, or a person pressed Ctrl-C."""


_worker: _Worker | None = None  # set in every worker process, and only there


def _run_in_processes(
    jobs: Sequence[TrainingJob], data: TrainingData, workers: int, progress: Progress
) -> None:
    context = multiprocessing.get_context("spawn")  # a fork of a process that has run torch may hang
    total = sum(job.settings.epochs for job in jobs)
    with tempfile.TemporaryDirectory() as folder:
        # In a file: what a pipe can't hold would make each process wait until the one before has started.
        data_path = Path(folder) / "data.npz"
        np.savez(data_path, pixels=data.pixels, labels=data.labels)
        shared = _Worker(data_path, context.Value("i", 0), context.Event())
        with ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(shared,)) as pool:
            try:
                waiting = {pool.submit(_run_in_worker, job) for job in jobs}
                while waiting:
                    finished, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                    for future in finished:
                        future.result()
                    progress("Training models", shared.epochs_done.value, total)
            except BrokenProcessPool:
                raise InputError(
                    "a training process ended before its time, perhaps for lack of memory; "
                    "run `tricky train` again: finished models are kept"
                ) from None
            finally:
                shared.stop.set()
                pool.shutdown(cancel_futures=True)


def _start_worker(shared: _Worker) -> None:
    global _worker
    _worker = shared
    torch.set_num_threads(1)
    # Ctrl-C reaches every process of a terminal; the parent hears it and lets its workers stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A killed parent can't, and its workers would wait for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


def _run_in_worker(job: TrainingJob) -> None:
    if _worker is None:
        raise RuntimeError("only for processes that _start_worker prepared")
    _worker.check()
    job.run(_worker.data(), torch.device("cpu"), _worker.after_epoch)
