"""A study without images: decisions were imported, and the images are elsewhere or were never published."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from PIL import Image

from model_eval.images.check import Inspection
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress


class NoImages:
    """What ``source = "none"`` stands for: everything that needs an image says so in one line."""

    name = "none"

    def __init__(self, settings: ImageSettings, root: Path) -> None:
        self.settings = settings
        self._where = root / "study.toml"

    def inspect(self, progress: Progress = no_progress) -> Inspection:  # noqa: ARG002 - of the protocol
        """Raise InputError: there is nothing to look at."""
        raise self._error()

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:  # noqa: ARG002 - of the protocol
        """Raise InputError: nothing is listed."""
        raise self._error()

    def read(self, image_id: str) -> Image.Image:
        """Raise InputError: there are no pixels."""
        raise self._error(f", so {image_id} can't be shown")

    def _error(self, so: str = "") -> InputError:
        return InputError(
            f'{self._where}: this study has no images ([images] source = "none"){so}; name a folder or file '
            "of "
            "images in [images], where they are needed"
        )
