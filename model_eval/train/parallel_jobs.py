"""Train several models: in parallel processes on the CPU, one after the other on a GPU.

Small networks use only one core.  Each is therefore trained by one thread, which also fixes the order of its
sums: the number of cores changes the time and not the weights.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple, Protocol, TypeVar

import torch

from model_eval.networks.device import threads_within_models
from tricky.core.errors import InputError
from tricky.core.progress import Progress

REPORT_S = 0.2
"""How often a model that is being trained says where it is."""


class Report(Protocol):
    """Receives the progress of a job after every batch, and raises to stop it."""

    def __call__(self, n_batches: int, detail: str, *, epoch_done: bool = False) -> None:
        """Report how many batches are done, with details in words."""
        ...


class Job(Protocol):
    """A model to train; it may be sent to another process."""

    @property
    def name(self) -> str:
        """Name of the job in the progress bars."""
        ...

    @property
    def n_epochs(self) -> int:
        """Number of epochs that are left to train."""
        ...

    @property
    def n_batches(self) -> int:
        """Number of batches in all epochs, including those done before."""
        ...

    def run(self, device: torch.device, report: Report, /) -> Any:
        """Train, write the results, and return what the caller needs at once."""
        ...


AnyJob = TypeVar("AnyJob", bound=Job)


class _Said(NamedTuple):
    """A progress message of a job."""

    name: str
    n_batches: int
    total: int
    detail: str
    epoch_done: bool


def run_jobs(
    jobs: Sequence[AnyJob], device: torch.device, workers: int, progress: Progress
) -> Iterator[tuple[AnyJob, Any]]:
    """Run training jobs, and yield each with what it returns as soon as it is done.

    Parameters
    ----------
    jobs : sequence of Job
    device : torch.device
    workers : int
        Number of models trained at a time on the CPU, the longest first; elsewhere it is one.
    progress : Progress
        Counts epochs over all jobs and, under ``NAME: DETAIL``, batches of each running job.

    Raises
    ------
    InputError
        A model can't be built, or a process ended early; the others stop at their next batch.
    """
    jobs = sorted(jobs, key=lambda job: job.n_batches, reverse=True)
    workers = min(workers, len(jobs)) if device.type == "cpu" else 1
    show = _Show(progress, jobs)
    if workers > 1:
        yield from _run_in_processes(jobs, workers, show)
        return
    for job in jobs:
        with threads_within_models(1 if device.type == "cpu" else torch.get_num_threads()):
            outcome = job.run(device, _Reporter(job, show))
        show.end(job.name)
        yield job, outcome


class _Show:
    """Turns progress messages of jobs into calls of a `Progress`."""

    def __init__(self, progress: Progress, jobs: Sequence[Job]) -> None:
        self._progress = progress
        self._left = {job.name: job.n_epochs for job in jobs}
        self._total = sum(self._left.values())

    def __call__(self, said: _Said) -> None:
        self._progress(f"{said.name}: {said.detail}", said.n_batches, said.total)
        if said.epoch_done:
            self._left[said.name] -= 1
            self._count()

    def end(self, name: str) -> None:
        """Count the epochs that a diverged model is not trained for as done."""
        if self._left[name]:
            self._left[name] = 0
            self._count()

    def _count(self) -> None:
        self._progress("Training models", self._total - sum(self._left.values()), self._total)


class _Reporter:
    """Receives the progress of a job; passes on the end of each epoch, and batches now and then."""

    def __init__(self, job: Job, send: Any, stop: Any = None) -> None:
        self._name, self._total = job.name, job.n_batches
        self._send, self._stop = send, stop
        self._last = 0.0

    def __call__(self, n_batches: int, detail: str, *, epoch_done: bool = False) -> None:
        if self._stop is not None and self._stop.is_set():
            raise _StoppedError
        now = time.monotonic()
        if epoch_done or now - self._last >= REPORT_S:
            self._last = now
            self._send(_Said(self._name, n_batches, self._total, detail, epoch_done))


class _StoppedError(Exception):
    """Another model failed, or a person pressed Ctrl-C."""


class _Shared(NamedTuple):
    """Objects that a process shares with the one that started it."""

    said: Any
    stop: Any


_shared: _Shared | None = None  # set in every worker process, and only there


def _run_in_processes(jobs: Sequence[AnyJob], workers: int, show: _Show) -> Iterator[tuple[AnyJob, Any]]:
    context = multiprocessing.get_context("spawn")  # a fork of a process that has run torch may hang
    shared = _Shared(context.SimpleQueue(), context.Event())
    with ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(shared,)) as pool:
        try:
            waiting = {pool.submit(_run_in_worker, job): job for job in jobs}
            while waiting:
                finished, _ = wait(waiting, timeout=REPORT_S, return_when=FIRST_COMPLETED)
                while not shared.said.empty():
                    show(shared.said.get())
                for future in finished:
                    job, outcome = waiting.pop(future), future.result()
                    show.end(job.name)
                    yield job, outcome
        except BrokenProcessPool:
            raise InputError(
                "a training process ended early, perhaps for lack of memory; "
                "run `tricky train` again: finished models are kept"
            ) from None
        finally:
            shared.stop.set()
            # A job that waits for a full queue would never see the request to stop.
            drain = threading.Thread(target=_drain, args=(shared.said,), daemon=True)
            drain.start()
            pool.shutdown(cancel_futures=True)
            shared.said.put(None)
            drain.join()


def _drain(said: Any) -> None:
    while said.get() is not None:
        pass


def _start_worker(shared: _Shared) -> None:
    global _shared
    _shared = shared
    torch.set_num_threads(1)
    # Ctrl-C reaches every process of a terminal; the parent handles it and lets its workers stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A killed parent can't, and its workers would wait for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


def _run_in_worker(job: Job) -> Any:
    if _shared is None:
        raise RuntimeError("only for processes that _start_worker prepared")
    if _shared.stop.is_set():
        raise _StoppedError
    return job.run(torch.device("cpu"), _Reporter(job, _shared.said.put, _shared.stop))
