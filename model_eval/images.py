"""Which images there are, and how each one is read: the same way for models, observers and the report.

A row of the catalogue is always the image it names.  An image that can't be read is an error with its
name, never the next image in its place.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import pandas as pd
from PIL import Image, ImageOps

from model_eval.artefacts import InputError, Progress, no_progress, sha256_of
from model_eval.records import IMAGE_COLUMNS
from model_eval.settings import ImageSettings

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""File names that count as images: those of ``torchvision.datasets.ImageFolder``."""

N_NAMED = 5
"""Number of bad files that an error message names before it counts the rest."""


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
            Images that can't be read, all named at once; fewer than two classes.
        """
        ...

    def read(self, image_id: str) -> Image.Image:
        """Return an image upright (EXIF orientation applied), in mode ``RGB`` or ``L``.

        Raises
        ------
        InputError
            The image can't be read.
        """
        ...


def open_images(settings: ImageSettings, root: Path) -> ImageSource:
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
    from model_eval.arrays import mnist_5k, npz_images, torchvision_images
    from model_eval.entry_level import EntryLevel
    from model_eval.image_lists import ImageManifest, ImageNetValidation

    path = root / (settings.path or "")
    source: ImageSource
    if settings.source == "mnist-5k":
        source = mnist_5k(settings)
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
    """

    def __init__(self, settings: ImageSettings, name: str, folder: Path) -> None:
        self.settings = settings
        self.name = name
        self._folder = folder

    def class_of_each(self) -> dict[str, str]:
        """Return `image_id` → name of its class, for every image of the set."""
        raise NotImplementedError

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:
        """Return one row an image; `sha256` is that of the file.

        Every file is read and decoded here once, on all cores, so that a broken one is known before any
        model runs.
        """
        class_of = self.class_of_each()
        ids = sorted(class_of)
        hashes, problems = [], []
        with ThreadPoolExecutor() as pool:
            checks = pool.map(_hash_and_problem, (self._folder / image_id for image_id in ids))
            for done, (image_id, (sha256, problem)) in enumerate(zip(ids, checks, strict=True), start=1):
                hashes.append(sha256)
                if problem:
                    problems.append(f"{image_id} ({problem})")
                progress("Checking images", done, len(ids))
        if problems:
            more = f", and {len(problems) - N_NAMED} more" if len(problems) > N_NAMED else ""
            raise InputError(
                f"{self._folder}: {len(problems)} of {len(ids)} images can't be read: "
                f"{', '.join(problems[:N_NAMED])}{more}; repair or remove them"
            )
        return catalogue_of(ids, ids, [class_of[image_id] for image_id in ids], hashes)

    def read(self, image_id: str) -> Image.Image:
        """Return an image upright, in mode ``RGB`` or ``L``."""
        try:
            return decode((self._folder / image_id).read_bytes())
        # Decoders of broken files raise whatever their parsers stumble over.
        except Exception as error:
            raise InputError(f"{self._folder / image_id}: can't be read ({_one_line(error)})") from error


class ImageFolder(ImageFiles):
    """A folder of class folders: ``CLASS/…/IMAGE``.

    Classes are the sub-folders that hold an image, at any depth, sorted as text.  Hidden files and files of
    other kinds are passed over.
    """

    def __init__(self, settings: ImageSettings, folder: Path) -> None:
        super().__init__(settings, f"folder:{folder.resolve().name}", folder)

    def class_of_each(self) -> dict[str, str]:
        """Return each image with the folder that it lies in."""
        paths = [
            path
            for class_folder in self._folder.iterdir()
            if class_folder.is_dir() and not class_folder.name.startswith(".")
            for path in class_folder.rglob("*")
            if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".") and path.is_file()
        ]
        ids = [path.relative_to(self._folder).as_posix() for path in paths]
        class_of = {image_id: image_id.split("/", maxsplit=1)[0] for image_id in ids}
        if (n := len(set(class_of.values()))) < 2:
            raise InputError(
                f"{self._folder}: images in {n} class folders, at least 2 needed; "
                "expected CLASS/IMAGE, one folder a class"
            )
        return class_of


def decode(content: bytes) -> Image.Image:
    """Decode an image file: EXIF orientation applied, mode ``L`` for grey and ``RGB`` for the rest.

    Transparency is dropped, as the usual loaders do.

    Raises
    ------
    ValueError
        More than 8 bits a channel: Pillow would clip them without a word.
    OSError
        The content is broken or no image; decoders may raise other errors, too.
    """
    with Image.open(io.BytesIO(content)) as image:
        if image.mode.startswith(("I", "F")):
            raise ValueError(f"mode {image.mode}, more than 8 bits a channel; save it with 8 bits")
        upright = ImageOps.exif_transpose(image)
    if upright.mode in ("L", "RGB"):
        return upright
    return upright.convert("L" if upright.mode in ("1", "LA", "La") else "RGB")


def _hash_and_problem(path: Path) -> tuple[str, str]:
    """Return a file's hash, and what is wrong with it or nothing."""
    try:
        content = path.read_bytes()
        with Image.open(io.BytesIO(content)) as image:
            if image.format == "JPEG":
                # All of the file is read, but only an eighth of the size computed: enough to see a break.
                image.draft("L", (1, 1))
                image.load()
            else:
                decode(content)
    except Exception as error:  # as in `read`: a broken file may raise anything
        return "", _one_line(error)
    return sha256_of(content), ""


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def catalogue_of(
    image_ids: Sequence[str], paths: Sequence[str], class_of_each: Sequence[str], sha256: Sequence[str]
) -> pd.DataFrame:
    """Return a catalogue in `IMAGE_COLUMNS`: labels are indices into the class names sorted as text."""
    columns = {"image_id": image_ids, "path": paths, "class_name": class_of_each, "sha256": sha256}
    table = pd.DataFrame(columns).astype("str")
    label_of = {name: index for index, name in enumerate(sorted(set(class_of_each)))}
    table["label"] = table["class_name"].map(label_of).astype("int32")
    return table[list(IMAGE_COLUMNS)]
