"""Run models on the same images, as many together as fit in memory: images are prepared once for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass

import pandas as pd
import torch

from model_eval.cores import n_cores
from model_eval.evaluate.batches import Batch, BatchMaker
from model_eval.evaluate.load_models import Load, LoadedModel, ModelLoader
from model_eval.evaluate.memory_meters import GpuMeter
from model_eval.evaluate.memory_plan import MemoryPlan, size_bytes
from model_eval.evaluate.model_run import ModelRun
from model_eval.evaluate.results import BatchResults
from model_eval.evaluate.run_model import ModelFailure, RunningModel
from model_eval.networks.device import threads_within_models
from model_eval.networks.preprocessing import Preprocessing
from model_eval.settings import EvaluateSettings, ModelEntry
from tricky.core.progress import Notify, Progress


class Count:
    """Counts images, in all and model by model.

    Parameters
    ----------
    progress : Progress
    expected : mapping of str to int
        Images that each model is still to be run on.
    """

    def __init__(self, progress: Progress, expected: Mapping[str, int]) -> None:
        self._progress = progress
        self._expected = dict(expected)
        self._done = dict.fromkeys(expected, 0)

    def add(self, name: str, n_images: int) -> None:
        """Count images that a model was run on."""
        self._done[name] += n_images
        self._report(name)

    def drop(self, name: str) -> None:
        """Remove a model's remaining images from the expected total."""
        self._expected[name] = self._done[name]
        self._report(name)

    def _report(self, name: str) -> None:
        self._progress("Evaluating models", sum(self._done.values()), sum(self._expected.values()))
        self._progress(name, self._done[name], self._expected[name])


@dataclass(frozen=True)
class Task:
    """A model that lacks decisions.

    Attributes
    ----------
    entry : ModelEntry
    preprocessing : Preprocessing
    noise : float or None
        As measured in an earlier run.
    """

    entry: ModelEntry
    preprocessing: Preprocessing
    noise: float | None = None


@dataclass(frozen=True)
class Evaluation:
    """What every round of an evaluation needs.

    Attributes
    ----------
    maker : BatchMaker
    settings : EvaluateSettings
    load : Load
    plan : MemoryPlan
    count : Count
    notify : callable
        Called with a line about a failure, halved batches, or a further round.
    """

    maker: BatchMaker
    settings: EvaluateSettings
    load: Load
    plan: MemoryPlan
    count: Count
    notify: Notify

    def run(self, images: pd.DataFrame, tasks: Sequence[Task]) -> dict[str, str]:
        """Run models on images and write their parts, in as many rounds as memory demands.

        A model runs as soon as it is loaded, while the others are still being loaded.

        Parameters
        ----------
        images : DataFrame
            `IMAGE_COLUMNS`.
        tasks : sequence of Task

        Returns
        -------
        dict of str to str
            Models that gave no usable output, and why; what they gave before is kept.
        """
        failures: dict[str, str] = {}
        noise_of = {task.entry.name: task.noise for task in tasks}
        left = list(tasks)
        with closing(ModelLoader([task.entry for task in tasks], self.load)) as models:
            first: LoadedModel | None = None
            while left:
                self.plan.next_round()
                with _Round(self, images, noise_of) as one:
                    first = one.run(left, first, models)
                    failures |= one.failures
                    left = left[one.n_models :]
                if left and first is not None:
                    self._notify_of_round(one.n_models, len(left))
        return failures

    def running(self, loaded: LoadedModel) -> RunningModel:
        """Put a model onto the device."""
        return RunningModel(loaded.classifier, self.maker.device, self.settings, self.notify)

    def _notify_of_round(self, n_done: int, n_left: int) -> None:
        together = "1 model was run alone" if n_done == 1 else f"{n_done} models were run together"
        self.notify(
            f"{together}: the weights of more, with activations of "
            f"{self.plan.activations / 1e9:.1f} GB, don't fit into the {self.plan.budget / 1e9:.1f} GB that "
            f"are free on {self.maker.device.type}; {n_left} are left for further rounds"
        )


class _Round:
    """Models that are in memory together.

    On the CPU they run side by side: small ones gain nothing from several threads within a layer.  On a GPU
    they run in turn, and their results are fetched once per batch, while the next batch is computed.
    """

    def __init__(
        self, evaluation: Evaluation, images: pd.DataFrame, noise_of: Mapping[str, float | None]
    ) -> None:
        self._about = evaluation
        self._device = evaluation.maker.device
        self._images = images
        self._noise_of = noise_of
        self._stack = ExitStack()
        self._threads: ThreadPoolExecutor | None = None
        self._n_at_once = 1
        self._runs: list[ModelRun] = []
        self._waiting: BatchResults | None = None
        self.failures: dict[str, str] = {}
        self.n_models = 0

    def __enter__(self) -> _Round:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._runs.clear()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def run(
        self, tasks: Sequence[Task], first: LoadedModel | None, models: Iterator[LoadedModel]
    ) -> LoadedModel | None:
        """Run on all images as many models as fit, and return the first that doesn't, None if all do."""
        if self._device.type == "cpu":
            self._stack.enter_context(threads_within_models(max(1, n_cores() // len(tasks))))
            if len(tasks) > 1:  # every thread that runs a model keeps memory for its layers
                self._n_at_once = min(n_cores(), len(tasks))
                self._threads = self._stack.enter_context(ThreadPoolExecutor(self._n_at_once))
        maker, images = self._about.maker, self._images
        batches = self._stack.enter_context(closing(maker.batches(images, _different(tasks))))
        batch = next(batches)
        too_much = self._run_first(batch, first, models)
        needed, n_before = _different(tasks[: self.n_models]), 0
        if len(needed) < len(_different(tasks)):  # later rounds prepare what this one doesn't need
            batches.close()
            n_before = batch.rows.stop
            batches = self._stack.enter_context(closing(maker.batches(images.iloc[n_before:], needed)))
        del batch
        for batch in batches:
            if not self._runs:
                break
            rows = slice(batch.rows.start + n_before, batch.rows.stop + n_before)
            self._collect(rows, [(run, self._start(run, batch)) for run in self._runs])
        self._finish()
        return too_much

    def _run_first(
        self, batch: Batch, first: LoadedModel | None, models: Iterator[LoadedModel]
    ) -> LoadedModel | None:
        """Run each model on the first batch as soon as it is loaded; return the first that doesn't fit."""
        plan = self._about.plan
        started: list[tuple[ModelRun, Future[torch.Tensor | ModelFailure]]] = []
        too_much = None
        while (loaded := first or next(models, None)) is not None:
            first = None
            size = size_bytes(loaded.classifier.module)
            if not plan.fits(size):
                too_much = loaded
                break
            plan.add(size)
            self.n_models += 1
            try:
                model = self._about.running(loaded)
            except ModelFailure as failure:
                self._fail(loaded.file.entry.name, failure)
                continue
            run = ModelRun(loaded.file, model, self._images, self._noise_of[model.name])
            self._runs.append(run)
            started.append((run, self._start_measured(run, batch)))
        self._collect(batch.rows, started)
        return too_much

    def _start_measured(self, run: ModelRun, batch: Batch) -> Future[torch.Tensor | ModelFailure]:
        """Start a model for the first time, and measure the memory that its activations take up."""
        activations = 0
        if self._device.type == "cuda":
            with GpuMeter(self._device) as meter:
                future = self._start(run, batch)
            activations = meter.peak
        else:
            if self._device.type == "cpu":
                inputs = batch.inputs[run.model.preprocessing.key]
                activations = run.model.activation_bytes(inputs) * self._n_at_once
            future = self._start(run, batch)
        self._about.plan.activations = max(self._about.plan.activations, activations)
        return future

    def _start(self, run: ModelRun, batch: Batch) -> Future[torch.Tensor | ModelFailure]:
        if self._threads is not None:
            return self._threads.submit(run.run, batch)
        future: Future[torch.Tensor | ModelFailure] = Future()
        future.set_result(run.run(batch))
        return future

    def _collect(
        self, rows: slice, started: Sequence[tuple[ModelRun, Future[torch.Tensor | ModelFailure]]]
    ) -> None:
        """Let the results of a batch come from the device, and record those of the batch before."""
        values: list[tuple[ModelRun, torch.Tensor]] = []
        for run, future in started:
            found = future.result()
            if isinstance(found, ModelFailure):
                self._fail(run.name, found)
                continue
            values.append((run, found))
        before, self._waiting = self._waiting, BatchResults(rows, values)
        if before is not None:
            self._record(before)
        if self._device.type == "cpu":
            self._finish_waiting()

    def _finish_waiting(self) -> None:
        if self._waiting is not None:
            self._record(self._waiting)
            self._waiting = None

    def _record(self, results: BatchResults) -> None:
        for run, values in results.fetch():
            if run.name in self.failures:
                continue
            failure = run.record(results.rows, values)
            if failure is None:
                self._about.count.add(run.name, values.shape[1])
            else:
                self._fail(run.name, failure)

    def _fail(self, name: str, failure: ModelFailure) -> None:
        self.failures[name] = str(failure)
        self._about.notify(f"{name}: failed, and is left out from here on: {failure}")
        self._about.count.drop(name)
        self._runs = [run for run in self._runs if run.name != name]

    def _finish(self) -> None:
        self._finish_waiting()
        for run in self._runs:
            run.write()


def _different(tasks: Sequence[Task]) -> list[Preprocessing]:
    """Return the preprocessings of models, each once."""
    return list({task.preprocessing.key: task.preprocessing for task in tasks}.values())
