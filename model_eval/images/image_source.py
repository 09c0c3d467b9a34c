"""What every source of images offers: a catalogue, an inspection, and the images themselves.

A row of the catalogue is always the image that it names.  An image that can't be read is an error with its
name; no other image takes its place.
"""

from __future__ import annotations

from typing import Protocol

import pandas as pd
from PIL import Image

from model_eval.images.check import Inspection
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError
from tricky.core.progress import Progress, Reporter, no_progress


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


def class_names(catalogue: pd.DataFrame) -> tuple[str, ...]:
    """Return the names of a catalogue's classes in the order of their labels."""
    pairs = catalogue[["label", "class_name"]].drop_duplicates().sort_values("label")
    return tuple(pairs["class_name"])


def never_seen(catalogue: pd.DataFrame, trained_on: pd.DataFrame) -> pd.DataFrame:
    """Return the images of a catalogue that are neither trained on nor exact copies of training images.

    Contents are compared, not names: the same name may be another image in another data set.

    Parameters
    ----------
    catalogue, trained_on : DataFrame
        `IMAGE_COLUMNS`.

    Raises
    ------
    InputError
        None is left.
    """
    known = catalogue["sha256"].isin(trained_on["sha256"])
    if known.all():
        raise InputError(
            "no image is left to evaluate: all are trained on; lower `images` in [train], or in [train.base]"
        )
    return catalogue[~known].reset_index(drop=True)
