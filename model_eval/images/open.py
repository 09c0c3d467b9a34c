"""Which images there are, and how each one is read: the same way for models, observers and the report.

A row of the catalogue is always the image it names.  An image that can't be read is an error with its
name, never the next image in its place.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from pathlib import Path
from typing import Protocol

import pandas as pd
from PIL import Image

from model_eval.images.check import Inspection, inspect_files, one_line
from model_eval.images.decode import decode
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.progress import Progress, no_progress

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


class InspectedSource(ImageSource, Protocol):
    """A set of images that says more of itself than which ones can be used."""

    def inspect(self, progress: Progress = no_progress) -> Inspection:
        """Look at every image, and tell which can be shown and what is changed for it."""
        ...


def open_images(settings: ImageSettings, root: Path) -> InspectedSource:
    """Open the images that a study names.

    Parameters
    ----------
    settings : ImageSettings
    root : Path
        The study's folder, which paths in `settings` are relative to.

    Raises
    ------
    InputError
        A folder or file isn't there or isn't what it should be, or a library that carries the images isn't
        installed.
    """
    from model_eval.images.arrays import mnist_5k, npz_images, torchvision_images
    from model_eval.images.entry_level import EntryLevel
    from model_eval.images.gaussian import GaussianImages
    from model_eval.images.image_lists import ImageManifest, ImageNetValidation

    path = root / (settings.path or "")
    source: InspectedSource
    if settings.source == "mnist-5k":
        source = mnist_5k(settings)
    elif settings.source == "gaussian":
        source = GaussianImages(settings)
    elif settings.source == "npz":
        source = npz_images(settings, path)
    elif settings.source == "csv":
        source = ImageManifest(settings, path)
    elif settings.source.startswith("torchvision:"):
        source = torchvision_images(settings, path)
    elif not path.is_dir():
        what = "class folders" if settings.source == "folder" else "ImageNet's validation images"
        raise InputError(f"{path}: no such folder; set `path` in [images] to a folder of {what}")
    elif settings.source == "folder":
        source = ImageFolder(settings, path)
    else:
        source = ImageNetValidation(settings, path, root)
    if isinstance(source, ImageFiles):
        source.memory = root / MEMORY
    return EntryLevel(source) if settings.entry_level else source


def folder_of_files(settings: ImageSettings, root: Path) -> Path | None:
    """Return the folder that an `image_id` is a path in; None for images that aren't files of their own."""
    if settings.path is None or settings.source not in ("folder", "imagenet-val", "csv"):
        return None
    path = root / settings.path
    return path.parent if settings.source == "csv" else path


def class_names(catalogue: pd.DataFrame) -> tuple[str, ...]:
    """Return the names of a catalogue's classes in the order of their labels."""
    pairs = catalogue[["label", "class_name"]].drop_duplicates().sort_values("label")
    return tuple(pairs["class_name"])


class ImageFiles:
    """Image files below one folder, each with its class; `image_id` is the path relative to the folder.

    Parameters
    ----------
    settings : ImageSettings
    name : str
        What manifests call the data set.
    folder : Path

    Attributes
    ----------
    memory : Path or None
        A file that remembers what was found in image files; without it all are decoded to be listed.
    passed_over : dict of str to int
        Files that `class_of_each` found not to count as images, by suffix.
    unreachable : dict of str to str
        Folders that it couldn't list and links that lead nowhere, and why.
    """

    def __init__(self, settings: ImageSettings, name: str, folder: Path) -> None:
        self.settings = settings
        self.name = name
        self.memory: Path | None = None
        self.passed_over: Counter[str] = Counter()
        self.unreachable: dict[str, str] = {}
        self._folder = folder
        self._listed: dict[str, str] = {}

    def class_of_each(self) -> dict[str, str]:
        """Return `image_id` → name of its class, for every image of the set."""
        raise NotImplementedError

    def inspect(self, progress: Progress = no_progress) -> Inspection:
        """Read every file; `sha256` is that of the file."""
        class_of = self.class_of_each()
        inspection = inspect_files(
            self._folder,
            class_of,
            progress,
            passed_over=self.passed_over,
            unreachable=self.unreachable,
            memory=self.memory,
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


class ImageFolder(ImageFiles):
    """A folder of class folders: ``CLASS/…/IMAGE``.

    Classes are the sub-folders that hold an image, at any depth, sorted as text.  Hidden files and files of
    other kinds are passed over.
    """

    def __init__(self, settings: ImageSettings, folder: Path) -> None:
        super().__init__(settings, f"folder:{folder.resolve().name}", folder)

    def class_of_each(self) -> dict[str, str]:
        """Return each image with the folder that it lies in; what can't be looked into is never lost."""
        self.passed_over.clear()
        self.unreachable.clear()
        class_of = {}
        for parent, folders, names in os.walk(self._folder, onerror=self._cannot_list, followlinks=True):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in names:
                path = Path(parent, name)
                if not name.startswith(".") and self._is_image(path):
                    image_id = path.relative_to(self._folder).as_posix()
                    class_of[image_id] = image_id.split("/", maxsplit=1)[0]
        return class_of

    def _is_image(self, path: Path) -> bool:
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            self.passed_over[path.suffix.lower() or "no suffix"] += 1
            return False
        try:
            is_file = stat.S_ISREG(path.stat().st_mode)
        except OSError as error:  # a link that leads nowhere, say
            self.unreachable[path.relative_to(self._folder).as_posix()] = error.strerror or one_line(error)
            return False
        if is_file and path.parent != self._folder:
            return True
        self.passed_over["beside the class folders" if is_file else "no file"] += 1
        return False

    def _cannot_list(self, error: OSError) -> None:
        place = Path(error.filename).relative_to(self._folder).as_posix()
        self.unreachable[f"{place}/"] = f"folder can't be listed: {error.strerror}"
