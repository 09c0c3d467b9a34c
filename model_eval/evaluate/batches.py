"""Batches of constant shape on the device of the models, each made while the one before is computed."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch

from model_eval.evaluate.prepare_images import Chunk, choose_workers, prepared_chunks
from model_eval.images.image_source import ImageSource
from model_eval.networks.preprocessing import Preprocessing
from tricky.core.errors import InputError


@dataclass(frozen=True)
class Batch:
    """Some images as models see them.

    Attributes
    ----------
    rows : slice
        Which images: a range of the table that the batches are made of.
    labels : Tensor of int64, shape (n_images,)
    inputs : dict of str to Tensor
        By the preprocessing's key; float32 of shape (batch_size, 3, height, width).  The batch is padded with
        copies of its first image: networks compute the same sums in the same order only for inputs of the
        same shape, and some have no output for an image of a single colour.
    """

    rows: slice
    labels: torch.Tensor
    inputs: dict[str, torch.Tensor]

    @property
    def n_images(self) -> int:
        """Number of images."""
        return self.rows.stop - self.rows.start


@dataclass(frozen=True)
class BatchMaker:
    """How images become batches.

    Attributes
    ----------
    source : ImageSource
    device : torch.device
    batch_size : int
    workers : int or str
        As in `EvaluateSettings`.
    layout : torch.memory_format
        Of the inputs.
    """

    source: ImageSource
    device: torch.device
    batch_size: int
    workers: int | str = 0
    layout: torch.memory_format = torch.contiguous_format

    def batches(self, images: pd.DataFrame, preprocessings: Sequence[Preprocessing]) -> Generator[Batch]:
        """Yield batches of images, in their order.

        Images are read once for all preprocessings.  While a batch is computed, the next one is prepared,
        copied and scaled by another thread.

        Parameters
        ----------
        images : DataFrame
            `IMAGE_COLUMNS`.
        preprocessings : sequence of Preprocessing
            Each with another key.

        Raises
        ------
        InputError
            An image can't be read, or a batch doesn't fit into the memory of the device.
        """
        stages = self._stages(images, preprocessings)
        with ThreadPoolExecutor(1) as thread:
            try:
                waiting = thread.submit(next, stages, None)
                while (found := self._result(waiting)) is not None:
                    batch, ready = found
                    waiting = thread.submit(next, stages, None)
                    if ready is not None:
                        self._take_over(batch, ready)
                    yield batch
            finally:
                thread.submit(stages.close)  # in its own thread, which may be in the middle of it

    def _result(self, waiting: Future[tuple[Batch, Any] | None]) -> tuple[Batch, Any] | None:
        try:
            return waiting.result()
        except torch.OutOfMemoryError:
            raise InputError(
                f"batches of {self.batch_size} images don't fit into the memory of {self.device}; set a "
                "smaller `batch_size` in [evaluate]"
            ) from None

    def _stages(
        self, images: pd.DataFrame, preprocessings: Sequence[Preprocessing]
    ) -> Generator[tuple[Batch, Any]]:
        """Yield batches, each with an event that marks the completion of its copy, or None."""
        ways = {each.key: each for each in preprocessings}
        first_of = {each.step_keys: each.key for each in reversed(preprocessings)}
        shared = {key: ways[key] for key in first_of.values()}
        ids = images["image_id"].tolist()
        starts = range(0, len(ids), self.batch_size)
        on_gpu = self.device.type == "cuda"
        chunks = prepared_chunks(
            self.source,
            [ids[start : start + self.batch_size] for start in starts],
            shared,
            choose_workers(self.workers, self.device, shared),
            pin_memory=on_gpu,
        )
        labels = torch.from_numpy(images["label"].to_numpy(dtype="int64", copy=True))
        stream = torch.cuda.Stream(self.device) if on_gpu else None
        with closing(chunks):
            for start in starts:
                rows = slice(start, min(start + self.batch_size, len(ids)))
                with torch.inference_mode(), torch.cuda.stream(stream) if on_gpu else nullcontext():
                    pixels = self._gather(chunks, rows.stop - rows.start)
                    inputs = {
                        key: way.scale(pixels[first_of[way.step_keys]]).contiguous(memory_format=self.layout)
                        for key, way in ways.items()
                    }
                    batch = Batch(rows, labels[rows].to(self.device), inputs)
                    ready = None if stream is None else stream.record_event()
                yield batch, ready

    def _gather(self, chunks: Iterator[Chunk], n_images: int) -> dict[str, torch.Tensor]:
        """Copy the chunks of a batch to the device, and fill it up with its first image."""
        whole: dict[str, torch.Tensor] = {}
        filled = 0
        while filled < n_images:
            chunk = next(chunks)
            there = chunk.flat.to(self.device, non_blocking=True)
            for name, part in chunk.pixels(there).items():
                if name not in whole:
                    shape = (self.batch_size, *part.shape[1:])
                    whole[name] = torch.empty(shape, dtype=torch.uint8, device=self.device)
                whole[name][filled : filled + chunk.n_images] = part
            filled += chunk.n_images
        for pixels in whole.values():
            pixels[n_images:] = pixels[0]
        return whole

    def _take_over(self, batch: Batch, ready: Any) -> None:
        """Make the compute stream wait for the copies, and keep their memory until it is done."""
        stream = torch.cuda.current_stream(self.device)
        stream.wait_event(ready)
        for tensor in (batch.labels, *batch.inputs.values()):
            tensor.record_stream(stream)
