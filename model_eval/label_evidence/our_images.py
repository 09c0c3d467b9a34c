"""Which of our images a published file means: by the name of the image's file, or its place in a test set."""

from __future__ import annotations

from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from model_eval.images.imagenet_classes import wordnet_ids
from tricky.core.errors import InputError

VALIDATION_NAME = "ILSVRC2012_val_{:08d}"
"""Name of a validation image of ImageNet, without its suffix, by its number from 1."""


def by_file_name(names: list[str], images: pd.DataFrame, where: str) -> dict[str, str]:
    """Return our images by the names that a file has for them.

    Names are compared without folders and suffix: copies of ImageNet differ in these.

    Parameters
    ----------
    names : list of str
    images : DataFrame
        `image_id`.
    where : str
        The file and the setting that names it, for messages.

    Returns
    -------
    dict of str to str
        Name → `image_id`, for those that we have.

    Raises
    ------
    InputError
        A name is there twice, or means several of our images; or none is ours.
    """
    ours: dict[str, str] = {}
    several: dict[str, str] = {}
    for image_id in images["image_id"]:
        stem = _stem(image_id)
        if stem in ours:
            several[stem] = image_id
        ours[stem] = image_id
    found: dict[str, str] = {}
    seen: set[str] = set()
    for name in names:
        stem = _stem(name)
        if stem in seen:
            raise InputError(f"{where}: {name!r} is there twice; remove one")
        seen.add(stem)
        if stem in several:
            raise InputError(
                f"{where}: {name!r} may mean {ours[stem]!r} or another image of the same name; give images "
                "file names that differ, or write a table with image_id"
            )
        if stem in ours:
            found[name] = ours[stem]
    if not found:
        example = images["image_id"].iloc[0]
        raise InputError(
            f"{where}: contains none of the images, whose ids are like {example!r}; expected names that end "
            f"like {names[0] if names else VALIDATION_NAME.format(1)}"
        )
    return found


def _stem(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).stem


def by_place(places: list[int], images: pd.DataFrame, where: str) -> dict[int, str]:
    """Return our images by their places in a test set, from 0.

    Parameters
    ----------
    places : list of int
    images, where
        As for `by_file_name`.

    Returns
    -------
    dict of int to str
        Place → `image_id`, for those that we have.

    Raises
    ------
    InputError
        Our images are not numbered, or none of the places is ours.
    """
    image_ids: list[str] = images["image_id"].tolist()
    named = next((each for each in image_ids if not (each.isascii() and each.isdecimal())), None)
    if named is not None:
        raise InputError(
            f"{where}: numbers the images of a test set, but ours are not numbered ({named!r}); use "
            '`source = "torchvision:…/test"` in [images], or write a table with image_id'
        )
    ours = {int(image_id): image_id for image_id in image_ids}
    found = {place: ours[place] for place in places if place in ours}
    if not found:
        raise InputError(
            f"{where}: contains none of the images, which are numbered {min(ours)} to {max(ours)}"
        )
    return found


def check_labels(theirs: dict[str, int], images: pd.DataFrame, where: str) -> None:
    """Check that a file is about the same images, by the labels that it gives them.

    Parameters
    ----------
    theirs : dict of str to int
        `image_id` → index of its class in the file.
    images : DataFrame
        `image_id`, `label`.
    where : str
        As for `by_file_name`.

    Raises
    ------
    InputError
        One of our images has another label, or none.
    """
    ours = dict(zip(images["image_id"], images["label"], strict=True))
    for image_id, label in theirs.items():
        if ours[image_id] < 0:
            raise InputError(
                f"{where}: numbers the images of a test set, which only their labels can confirm; add the "
                "column label to the table of counts"
            )
        if ours[image_id] != label:
            raise InputError(
                f"{where}: says that image {image_id} is of class {label}, but its label here is "
                f"{ours[image_id]}; use a file about these images"
            )


def check_imagenet_classes(theirs: dict[str, int], images: pd.DataFrame, where: str) -> None:
    """Check that labels are those of a file about ImageNet, where our classes are WordNet ids.

    Raises
    ------
    InputError
        One of our images has another class.
    """
    ids = wordnet_ids()
    ours = dict(zip(images["image_id"], images["class_name"], strict=True))
    known = set(ids)
    for image_id, output in theirs.items():
        if not 0 <= output < len(ids):
            raise InputError(f"{where}: class {output} of {image_id}, expected 0 to {len(ids) - 1}")
        if ours[image_id] in known and ours[image_id] != ids[output]:
            raise InputError(
                f"{where}: says that {image_id} is of class {ids[output]}, but its class here is "
                f"{ours[image_id]}; use a file about these labels"
            )


def share(counts: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Return counts as shares; NaN where nobody was asked."""
    return np.divide(counts, of, out=np.full(np.shape(counts), np.nan), where=np.asarray(of) > 0)
