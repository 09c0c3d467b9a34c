"""Read, decode and resize images ahead of the models that need them, in threads or in processes.

Python threads share one interpreter: beyond about four of them there is no further speed-up.
Processes are, but they take a moment to start.  Both prepare images in the same way, in chunks of a batch,
and pixels stay 8-bit: scaling is left to the device on which models run.
"""

from __future__ import annotations

import math
import shutil
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from model_eval.cores import n_cores
from model_eval.evaluate.worker_server import (
    begin_worker,
    use_processes,
    without_main_module,
    worker_context,
)
from model_eval.images.image_source import ImageSource
from model_eval.networks.preprocessing import Preprocessing, prepare_pixels
from tricky.core.errors import InputError


@dataclass(frozen=True)
class Chunk:
    """Some images, prepared in several ways.

    Attributes
    ----------
    n_images : int
    shapes : dict of str to tuple
        By name of the preprocessing: height, width and 3.
    flat : Tensor of uint8
        All pixels one after the other, so that one copy takes them anywhere.
    """

    n_images: int
    shapes: dict[str, tuple[int, ...]]
    flat: torch.Tensor

    def pixels(self, flat: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        """Return the pixels by name of the preprocessing, uint8 of shape (n_images, height, width, 3).

        Parameters
        ----------
        flat : Tensor of uint8, optional
            A copy of `flat` in another place.
        """
        sizes = [self.n_images * math.prod(shape) for shape in self.shapes.values()]
        parts = (self.flat if flat is None else flat).split(sizes)
        return {
            name: part.view(self.n_images, *shape)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    def pin_memory(self) -> Chunk:
        """Return a copy that a GPU can copy from without waiting."""
        return replace(self, flat=self.flat.pin_memory())


CHUNK_IMAGES = 16
"""Images that are prepared together, at most: few, so that no batch waits for a single worker."""

CHUNKS_AHEAD = 2
"""Chunks that each worker prepares ahead of the models, at most."""

SHARED_MEMORY = Path("/dev/shm")
"""Where Linux keeps what processes share; containers often limit it to 64 MB."""


def choose_workers(setting: int | str, device: torch.device, ways: Mapping[str, Preprocessing]) -> int:
    """Return how many processes prepare images; 0 means threads of this process.

    Parameters
    ----------
    setting : int or str
        `workers` of ``[evaluate]``; ``auto`` takes as many processes as there are cores, where
        `use_processes` says so.
    device : torch.device
    ways : mapping of str to Preprocessing
        Used to estimate how much memory processes need to share.
    """
    if setting != "auto":
        return int(setting)
    if not use_processes(setting, device.type):
        return 0
    cores = n_cores()
    return cores if chunk_images(ways, cores) else 0


def chunk_images(ways: Mapping[str, Preprocessing], workers: int) -> int:
    """Return how many images processes prepare at a time, 0 where not even one each can be shared."""
    if not SHARED_MEMORY.is_dir():
        return CHUNK_IMAGES
    image_bytes = sum(pixels.nbytes for pixels in _prepare_grey(ways).values())
    room = shutil.disk_usage(SHARED_MEMORY).free / 2
    return min(CHUNK_IMAGES, int(room / (image_bytes * workers * (CHUNKS_AHEAD + 1))))


def _prepare_grey(ways: Mapping[str, Preprocessing]) -> dict[str, np.ndarray]:
    from PIL import Image

    return prepare_pixels(Image.new("RGB", (64, 64)), ways)


def prepared_chunks(
    source: ImageSource,
    batches: Sequence[Sequence[str]],
    ways: Mapping[str, Preprocessing],
    workers: int,
    *,
    pin_memory: bool = False,
) -> Generator[Chunk]:
    """Yield the images of batches in their order, in chunks; a chunk never spans two batches.

    Parameters
    ----------
    source : ImageSource
    batches : sequence of sequences of str
        Image ids.
    ways : mapping of str to Preprocessing
        Preprocessings whose steps differ.
    workers : int
        Processes, or 0 for one thread per core.
    pin_memory : bool
        Whether to put pixels into memory that a GPU copies from without waiting.

    Raises
    ------
    InputError
        An image can't be read, or a process was killed.
    """
    size = (chunk_images(ways, workers) or 1) if workers else CHUNK_IMAGES
    parts = [ids[start : start + size] for ids in batches for start in range(0, len(ids), size)]
    chunks = _Chunks(source, parts, ways)
    with closing(_in_processes(chunks, workers, pin_memory) if workers else _in_threads(chunks)) as prepared:
        for found in prepared:
            if isinstance(found, str):
                raise InputError(found)
            yield found


class _Chunks(Dataset[Chunk | str]):
    """Chunks of images; an image that can't be read gives a message in place of pixels.

    An exception would not do: the loader puts the traceback of the process into its text.
    """

    def __init__(
        self, source: ImageSource, parts: Sequence[Sequence[str]], ways: Mapping[str, Preprocessing]
    ) -> None:
        self._source = source
        self._parts = parts
        self._ways = ways

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, index: int) -> Chunk | str:
        ids = self._parts[index]
        shapes: dict[str, tuple[int, ...]] = {}
        pixels: dict[str, np.ndarray] = {}
        flat = torch.empty(0, dtype=torch.uint8)
        for place, image_id in enumerate(ids):
            try:
                image = self._source.read(image_id)
            except InputError as error:
                return str(error)
            prepared = prepare_pixels(image, self._ways)
            if not pixels:
                shapes = {name: each.shape for name, each in prepared.items()}
                flat = torch.empty(len(ids) * sum(each.size for each in prepared.values()), dtype=torch.uint8)
                pixels = {name: each.numpy() for name, each in Chunk(len(ids), shapes, flat).pixels().items()}
            for name, each in prepared.items():
                pixels[name][place] = each
        return Chunk(len(ids), shapes, flat)


def _in_threads(chunks: _Chunks) -> Generator[Chunk | str]:
    cores = n_cores()
    with ThreadPoolExecutor(cores) as threads:
        waiting: deque[Future[Chunk | str]] = deque()
        for index in range(len(chunks)):
            waiting.append(threads.submit(chunks.__getitem__, index))
            if len(waiting) > CHUNKS_AHEAD * cores:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _in_processes(chunks: _Chunks, workers: int, pin_memory: bool) -> Generator[Chunk | str]:
    loader: Any = DataLoader(
        chunks,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=CHUNKS_AHEAD,
        collate_fn=_as_it_is,
        pin_memory=pin_memory,
        multiprocessing_context=worker_context(),
        worker_init_fn=begin_worker,
        generator=torch.Generator(),  # the loader draws a seed for its workers: not from the global generator
    )
    try:
        with without_main_module():
            iterator = iter(loader)
        yield from iterator
    # One that is killed while it hands over an image breaks the connection.
    except (RuntimeError, EOFError, ConnectionError) as error:
        if isinstance(error, RuntimeError) and "DataLoader worker" not in str(error):
            raise
        why = " ".join(str(error).split())[:200] or "it was killed"
        raise InputError(
            f"a process that prepares images ended ({why}); if memory is "
            "short, set fewer `workers` in [evaluate]; run `tricky evaluate` again: what is finished is kept"
        ) from None


def _as_it_is(chunk: Any) -> Any:
    return chunk
