"""Images that are files below one folder, each with its class: the base class of such sources."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import pandas as pd
from PIL import Image

from model_eval.images.check import Inspection, inspect_files, one_line
from model_eval.images.decode import decode
from model_eval.images.listing import Listing
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.names import find_file
from tricky.core.progress import Progress, no_progress


class ImageFiles(ABC):
    """Image files below one folder, each with its class.

    `image_id` is the path relative to the folder, with ``/``, in Unicode's composed form.

    Parameters
    ----------
    settings : ImageSettings
    name : str
        What manifests call the data set.
    folder : Path

    Attributes
    ----------
    memory : Path or None
        A file that caches the results of inspecting image files; without it all are decoded to be listed.
    """

    def __init__(self, settings: ImageSettings, name: str, folder: Path) -> None:
        self.settings = settings
        self.name = name
        self.memory: Path | None = None
        self._folder = folder
        self._sha256_of: dict[str, str] = {}

    @abstractmethod
    def listing(self) -> Listing:
        """Return every image of the set with its class, and the other files."""

    def inspect(self, progress: Progress = no_progress) -> Inspection:
        """Read every file; `sha256` is that of the file."""
        inspection = inspect_files(self._folder, self.listing(), progress, self.memory)
        images = inspection.images
        self._sha256_of = dict(zip(images["image_id"], images["sha256"], strict=True))
        return inspection

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:
        """Return one row an image that can be shown."""
        return self.inspect(progress).usable(self.settings, str(self._folder))

    def read(self, image_id: str) -> Image.Image:
        """Return an image upright, in mode ``RGB`` or ``L``."""
        path = find_file(self._folder, image_id)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: can't be read ({error.strerror})") from error
        if image_id in self._sha256_of and sha256_of(content) != self._sha256_of[image_id]:
            raise InputError(f"{path}: changed since the images were listed; run the command again")
        try:
            return decode(content)
        except Exception as error:  # decoders may raise any error for a broken file
            raise InputError(f"{path}: can't be read ({one_line(error)})") from error
