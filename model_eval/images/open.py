"""Open the images that a study file names."""

from __future__ import annotations

from pathlib import Path

from model_eval.images.image_source import InspectedSource
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError

MEMORY = ".images.parquet"
"""File in the study's folder that caches the inspection of image files, by hash."""


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
        A folder or file is missing or invalid, or the library that contains the images is not installed.
    """
    from model_eval.images.arrays import mnist_5k, npz_images, torchvision_images
    from model_eval.images.entry_level import EntryLevel
    from model_eval.images.folder import ImageFolder
    from model_eval.images.gaussian import GaussianImages
    from model_eval.images.image_files import ImageFiles
    from model_eval.images.image_table import ImageTable
    from model_eval.images.imagenet_val import ImageNetValidation
    from model_eval.images.no_images import NoImages

    path = root / (settings.path or "")
    source: InspectedSource
    if settings.source == "none":
        return NoImages(settings, root)
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


def folder_of_files(settings: ImageSettings, root: Path) -> Path | None:
    """Return the folder that an `image_id` is a path in; None for images that are not files."""
    if settings.path is None or settings.source not in ("folder", "imagenet-val", "csv"):
        return None
    path = root / settings.path
    return path.parent if settings.source == "csv" else path
