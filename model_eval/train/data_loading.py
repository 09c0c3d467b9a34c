"""Training images as a network sees them: decoded once if they fit into memory, augmented, in batches."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from model_eval.cores import n_cores
from model_eval.images.image_source import ImageSource
from model_eval.networks.preprocessing import square_pixels, training_input
from model_eval.recipe_settings import NetworkRecipe
from model_eval.train.recipe import Run
from tricky.core.progress import Progress, no_progress

Batch = tuple[torch.Tensor, torch.Tensor]
"""Images, float32 of shape (n, 3, size, size), and labels, int64 of shape (n,)."""


class DecodedImages:
    """Images by row, decoded: kept in a file that every process maps into memory, or read again each time.

    Parameters
    ----------
    source : ImageSource
    image_ids : sequence of str
    size_px : int, optional
        The square that images are fitted into; as they are by default.
    crop_pct : float
        As for `square_pixels`.
    """

    def __init__(
        self, source: ImageSource, image_ids: Sequence[str], size_px: int | None, crop_pct: float = 1.0
    ) -> None:
        self._source = source
        self._ids = tuple(image_ids)
        self._size_px = size_px
        self._crop_pct = crop_pct
        self._path: Path | None = None
        self._shapes = np.empty((0, 3), dtype=np.int64)
        self._ends = np.empty(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, row: int) -> np.ndarray:
        """Return one image, uint8 of shape (height, width, 3)."""
        if self._path is None:
            return self._decode(self._ids[row])
        end = self._ends[row]
        height, width, channels = self._shapes[row]
        return self._kept[end - height * width * channels : end].reshape(height, width, channels)

    def keep(self, path: Path, limit_bytes: int, progress: Progress = no_progress) -> None:
        """Decode all images into a file, unless they take more than `limit_bytes`."""
        shapes, total = [], 0
        with path.open("wb") as file, ThreadPoolExecutor(n_cores()) as threads:
            # In portions: the `map` of a thread pool would read more images than the disk can write.
            for start in range(0, len(self._ids), 256):
                for image in threads.map(self._decode, self._ids[start : start + 256]):
                    shapes.append(image.shape)
                    total += image.nbytes
                    file.write(np.ascontiguousarray(image).data)
                progress("Decoding images", len(shapes), len(self._ids))
                if total / len(shapes) * len(self._ids) > limit_bytes:
                    path.unlink()
                    return
        self._shapes = np.array(shapes, dtype=np.int64)
        self._ends = self._shapes.prod(axis=1).cumsum()
        self._path = path

    def batch(self, rows: Sequence[int] | np.ndarray) -> torch.Tensor:
        """Return images of equal size as a network sees them, float32 of shape (n, 3, height, width)."""
        if self._path is None:
            pixels = np.stack([self[row] for row in rows])
        else:
            pixels = self._kept.reshape(-1, *self._shapes[0])[rows]
        return training_input(torch.from_numpy(pixels))

    @cached_property
    def _kept(self) -> np.ndarray:
        assert self._path is not None
        # Not read-only, which torch warns about: "c" keeps what is written from the file. As a plain array,
        # since every slice of a mapped one is another object to make.
        return np.asarray(np.memmap(self._path, dtype=np.uint8, mode="c"))

    def _decode(self, image_id: str) -> np.ndarray:
        image = self._source.read(image_id)
        if self._size_px is None:
            return np.array(image.convert("RGB"))
        return square_pixels(image, self._size_px, self._crop_pct)

    def __getstate__(self) -> dict[str, object]:
        """Leave out the memory map, which every process makes for itself."""
        return {name: value for name, value in self.__dict__.items() if name != "_kept"}


def room_for_images(folder: Path) -> int:
    """Return how many bytes of decoded images may be kept in `folder`.

    A quarter of the machine's memory, which then caches them, and half of the free disk space.
    """
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4
    except (AttributeError, ValueError, OSError):  # not on this system
        memory = 2**30
    return min(memory, shutil.disk_usage(folder).free // 2)


def training_view(recipe: NetworkRecipe) -> tuple[int | None, float]:
    """Return the size in which training images are decoded: the original size if crops are taken from it."""
    if recipe.augmentation == "resized-crop-flip":
        return None, 1.0
    return recipe.input_size_px, recipe.crop_pct


class TrainingBatches(Dataset[Batch]):
    """Batches of a run, as a data set of torch with the index ``(epoch, rows)``.

    How an image is augmented depends only on the seed of augmentation, the epoch and the image: not on the
    order of images, the batch, or the process that prepares it.

    Parameters
    ----------
    images : DecodedImages
        In the view of `training_view`.
    labels : ndarray of int, shape (n_images,)
    recipe : NetworkRecipe
    seed : int
        Of augmentation.
    """

    def __init__(self, images: DecodedImages, labels: np.ndarray, recipe: NetworkRecipe, seed: int) -> None:
        self._images = images
        self._labels = torch.from_numpy(labels.astype(np.int64))
        self._augment = _augmentation(recipe)
        self._seed = seed
        self._seeds: dict[int, np.ndarray] = {}

    def __getitem__(self, index: tuple[int, np.ndarray]) -> Batch:
        """Return the images of an epoch's batch, and their labels."""
        epoch, rows = index
        if self._augment is None:
            return self._images.batch(rows), self._labels[rows]
        if epoch not in self._seeds:  # all images' at once: one by one they'd take as long as a crop
            chance = np.random.SeedSequence([self._seed, epoch])
            self._seeds = {epoch: chance.generate_state(len(self._labels), np.uint64)}
        before = torch.get_rng_state()
        try:
            images = [self._augmented(row, int(self._seeds[epoch][row]), self._augment) for row in rows]
        finally:
            torch.set_rng_state(before)
        return training_input(torch.stack(images).movedim(1, -1)), self._labels[rows]

    def _augmented(
        self, row: int, seed: int, augment: Callable[[torch.Tensor], torch.Tensor]
    ) -> torch.Tensor:
        torch.default_generator.manual_seed(seed)
        return augment(torch.from_numpy(self._images[row]).movedim(-1, 0))


def epoch_rows(run: Run, rows: np.ndarray, epoch: int) -> list[np.ndarray]:
    """Return an epoch's batches: rows in random order.

    Parameters
    ----------
    run : Run
    rows : ndarray of int, shape (n_images,)
        The images that the network is trained on.
    epoch : int
        From 1.

    Returns
    -------
    list of ndarray of int
        Near-equal batches of at most `batch_size`: a last one of a single image would stop batch
        normalisation.
    """
    rng = np.random.default_rng([run.seeds.order, epoch])
    return np.array_split(rng.permutation(rows), n_batches(run.recipe, len(rows)))


def n_batches(recipe: NetworkRecipe, n_images: int) -> int:
    """Return the number of batches in an epoch."""
    return -(-n_images // recipe.batch_size)


def loaded(
    batches: TrainingBatches, epoch: int, rows: Sequence[np.ndarray], *, workers: int, pin_memory: bool
) -> Iterator[Batch]:
    """Yield an epoch's batches, prepared by `workers` processes or, without any, here."""
    loader = DataLoader(
        batches,
        sampler=[(epoch, each) for each in rows],  # pyright: ignore[reportArgumentType] - any iterable will do
        batch_size=None,
        num_workers=workers,
        pin_memory=pin_memory,
        # The loader draws a seed for its workers: not from the generator that the network draws from.
        generator=torch.Generator(),
    )
    yield from loader


def _augmentation(recipe: NetworkRecipe) -> Callable[[torch.Tensor], torch.Tensor] | None:
    """Return the random augmentation of images, uint8 of shape (3, height, width); None for none."""
    size = recipe.input_size_px
    crop = v2.RandomCrop(size, padding=size // 8)
    return {
        "none": None,
        "crop": crop,
        "crop-flip": v2.Compose([crop, v2.RandomHorizontalFlip()]),
        "resized-crop-flip": v2.Compose([v2.RandomResizedCrop(size), v2.RandomHorizontalFlip()]),
    }[recipe.augmentation]
