"""The 16 entry-level classes of Geirhos et al. (2018): everyday names, each for many of ImageNet's classes.

Geirhos, Temme, Rauber, Schütt, Bethge & Wichmann (2018), "Generalisation in humans and deep neural networks",
NeurIPS.
"""

from __future__ import annotations

import functools
from dataclasses import replace

import pandas as pd
from PIL import Image

from model_eval.images.check import Inspection, catalogue_of
from model_eval.images.image_source import InspectedSource
from model_eval.images.imagenet_classes import wordnet_ids
from model_eval.images.uncounted_files import count
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress

MEMBERS = {
    "airplane": "404",
    "bear": "294-297",
    "bicycle": "444 671",
    "bird": "8 10-16 18-20 22-24 80-83 87-96 98-100 127-133 135-145",
    "boat": "472 554 625 814 914",
    "bottle": "440 720 737 898 899 901 907",
    "car": "436 511 817",
    "cat": "281-286",
    "chair": "423 559 765 857",
    "clock": "409 530 892",
    "dog": "152-191 193-203 205-226 228-241 243-250 252-257 259 261-263 265-268",
    "elephant": "385 386",
    "keyboard": "508 878",
    "knife": "499",
    "oven": "766",
    "truck": "555 569 656 675 717 734 864 867",
}
"""Entry-level class → places of its members among ImageNet's 1,000, as the authors' code lists them."""


OTHER_CLASSES = "images of none of the 16 entry-level classes"


@functools.cache
def members() -> dict[str, tuple[int, ...]]:
    """Return entry-level class → outputs of an ImageNet head that belong to it."""
    return {name: _places(text) for name, text in MEMBERS.items()}


class EntryLevel:
    """Images of another source, sorted into the entry-level classes that they belong to.

    An image is kept if its class is one of the 16, or a WordNet id that belongs to one of them.
    """

    def __init__(self, source: InspectedSource) -> None:
        self.name = f"{source.name}, 16 entry-level classes"
        self._source = source

    @property
    def settings(self) -> ImageSettings:
        """The section of the study file that the other source was opened with."""
        return self._source.settings

    def inspect(self, progress: Progress = no_progress) -> Inspection:
        """Inspect every image of the other source, and keep those of the 16 classes."""
        found = self._source.inspect(progress)
        kept = self._sorted(found.images)
        others = found.images[~found.images["image_id"].isin(kept["image_id"])]
        not_counted = count({OTHER_CLASSES: others["image_id"].tolist()})
        return replace(
            found,
            images=kept,
            not_counted=found.not_counted | not_counted,
            left_out=(*found.left_out, *others["image_id"]),
            classes_left_out=(*found.classes_left_out, *others["class_name"].unique()),
        )

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:
        """Return one row an image of the 16 classes."""
        return self.inspect(progress).usable(self.settings, self._source.name)

    def _sorted(self, every: pd.DataFrame) -> pd.DataFrame:
        ids = wordnet_ids()
        level = {name: name for name in MEMBERS}
        level |= {ids[place]: name for name, places in members().items() for place in places}
        kept = every[every["class_name"].isin(level)]
        class_of_each = kept["class_name"].map(level).tolist()
        if len(set(class_of_each)) < 2:
            raise InputError(
                f"{self._source.name}: images of fewer than 2 of the 16 entry-level classes; call classes "
                f"{', '.join(MEMBERS)} or by WordNet id, or set `entry_level = false` in [images]"
            )
        image_ids, paths, sha256 = (kept[column].tolist() for column in ("image_id", "path", "sha256"))
        return catalogue_of(image_ids, paths, class_of_each, sha256)

    def read(self, image_id: str) -> Image.Image:
        """Return an image as the other source reads it."""
        return self._source.read(image_id)


def _places(text: str) -> tuple[int, ...]:
    ends = [part.split("-") for part in text.split()]
    return tuple(place for each in ends for place in range(int(each[0]), int(each[-1]) + 1))
