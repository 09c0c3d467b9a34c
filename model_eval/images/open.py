"""Which images there are, and how each one is read: the same way for models, observers and the report.

A row of the catalogue is always the image it names.  An image that can't be read is an error with its
name, never the next image in its place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pandas as pd
from PIL import Image

from model_eval.images.check import Inspection
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError
from tricky.core.progress import Progress, Reporter, no_progress

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
    from model_eval.images.folder import ImageFolder
    from model_eval.images.gaussian import GaussianImages
    from model_eval.images.image_files import ImageFiles
    from model_eval.images.image_table import ImageTable
    from model_eval.images.imagenet_val import ImageNetValidation

    path = root / (settings.path or "")
    source: InspectedSource
    if settings.source == "mnist-5k":
        source = mnist_5k(settings)
    elif settings.source == "gaussian":
        source = GaussianImages(settings)
    elif settings.source == "npz":
        source = npz_images(settings, path)
    elif settings.source == "csv":
        source = ImageTable(settings, path)
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


def list_images(source: InspectedSource, reporter: Reporter) -> tuple[pd.DataFrame, Inspection]:
    """Inspect every image of a set before any model runs.

    Parameters
    ----------
    source : InspectedSource
    reporter : Reporter
        Its messages say which files don't count as images.

    Returns
    -------
    images : DataFrame
        Those that can be used, `IMAGE_COLUMNS`.
    inspection : Inspection

    Raises
    ------
    InputError
        As `Inspection.usable`.
    """
    inspection = source.inspect(reporter.progress)
    for line in inspection.remarks():
        reporter.message(line)
    return inspection.usable(source.settings, source.name), inspection


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
