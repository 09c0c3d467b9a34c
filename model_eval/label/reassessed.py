"""Why is an image impossible? Its label may be wrong, or only one of several correct answers.

Annotators have reassessed which answers are correct: ReaL for ImageNet's validation images (Beyer et al.
2020, "Are we done with ImageNet?"), or a table of the lab.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model_eval.images.imagenet_classes import wordnet_ids
from tricky.core.errors import InputError
from tricky.core.files import read_json_list
from tricky.core.matching import match_entries
from tricky.core.tables import read_table

N_VALIDATION = 50_000
_NUMBER = re.compile(r"(?:^|/)ILSVRC2012_val_(\d{8})\.[A-Za-z]+$")


class Reason(StrEnum):
    """Why no model, or almost none, gives the answer that counts as correct."""

    WRONG_LABEL = "wrong label"
    AMBIGUOUS = "ambiguous"
    TRULY_HARD = "truly hard"
    NOT_REASSESSED = "not reassessed"


@dataclass(frozen=True)
class Reassessed:
    """Which answers are correct according to annotators.

    Attributes
    ----------
    right : dict of str to frozenset of str
        `image_id` → names of the correct classes, possibly none.  For ``real.json``, names are WordNet ids.
    matched : dict of str to dict
        ``reassessed``: how many images the file has, and how many of them are among `images`;
        ``reassessed classes``: how many classes it names for these, and how many of them are their classes.
    """

    right: dict[str, frozenset[str]]
    matched: dict[str, dict[str, int]]


def read_reassessed(path: Path, images: pd.DataFrame) -> Reassessed:
    """Read which answers are correct.

    Parameters
    ----------
    path : Path
        A CSV file with the columns `image_id` and `class_name`, one row for each correct answer (an empty
        `class_name` where annotators found none), or ``real.json`` as Beyer et al. publish it: for each
        of ImageNet's 50,000 validation images, in order, the list of correct outputs.
    images : DataFrame
        `image_id` and `class_name` of the images to look up.

    Raises
    ------
    InputError
        The file is missing or has another format, contains none of these images, or names other classes.
    """
    where = f"{path} ([label] reassessed)"
    image_ids = images["image_id"].tolist()
    if path.suffix == ".json":
        right = _from_real(path, where, image_ids)
        counts = {"n_entries": N_VALIDATION, "n_matched": len(right)}
    else:
        listed = _from_table(path)
        found = match_entries(list(listed), image_ids, where=where, what="image", partial=True)
        right = {name: listed[entry] for entry, name in found.found.items()}
        counts = found.counts()
    # Single unknown names may be classes of other images; if all are unknown, the two files name classes
    # differently.
    named, classes = frozenset().union(*right.values()), images["class_name"].unique()
    if "" in classes:
        raise InputError(
            f"{where}: names classes, but {(images['class_name'] == '').sum()} of the images have none; add "
            "the column class_name to the table of counts"
        )
    by_class = match_entries(sorted(named), classes, where=where, what="class", partial=True)
    return Reassessed(right, {"reassessed": counts, "reassessed classes": by_class.counts()})


def why_impossible(
    impossible: pd.DataFrame, label_error: np.ndarray, right: Mapping[str, frozenset[str]] | None
) -> np.ndarray:
    """Return the `Reason` of each impossible image.

    The label is wrong where a list of label errors says so or where it is not among the correct answers.
    Otherwise the image is ambiguous where there are several correct answers or none, and truly hard where its
    label is the only one.  With only a list of label errors, images that are not listed are not reassessed.

    Parameters
    ----------
    impossible : DataFrame, n_images rows
        `image_id`, `class_name`.
    label_error : ndarray of bool, shape (n_images,)
    right : mapping of str to frozenset of str, or None
        As in `Reassessed`.

    Returns
    -------
    ndarray of str, shape (n_images,)
    """
    reasons = []
    pairs = zip(impossible["image_id"], impossible["class_name"], label_error, strict=True)
    for image_id, class_name, wrong in pairs:
        answers = None if right is None else right.get(image_id)
        if wrong or (answers and class_name not in answers):
            reasons.append(Reason.WRONG_LABEL)
        elif answers is None:
            reasons.append(Reason.NOT_REASSESSED)
        else:
            reasons.append(Reason.TRULY_HARD if len(answers) == 1 else Reason.AMBIGUOUS)
    return np.array(reasons, dtype=object)


def _from_table(path: Path) -> dict[str, frozenset[str]]:
    table = read_table(path, ["image_id", "class_name"])
    answers: defaultdict[str, set[str | None]] = defaultdict(set)
    image_ids, names = table.names("image_id"), table.optional_names("class_name")
    for row, (image_id, name) in enumerate(zip(image_ids, names, strict=True)):
        answers[image_id].add(name)
        if None in answers[image_id] and len(answers[image_id]) > 1:
            raise table.error(row, "class_name", f"only one row for {image_id!r} where one is empty")
    return {image_id: frozenset(filter(None, found)) for image_id, found in answers.items()}


def _from_real(path: Path, where: str, image_ids: list[str]) -> dict[str, frozenset[str]]:
    lists = read_json_list(path, f"name ReaL's list of {N_VALIDATION:,}")
    if len(lists) != N_VALIDATION:
        raise InputError(f"{path}: holds {len(lists)} entries, expected ReaL's list of {N_VALIDATION:,}")
    names = wordnet_ids()
    right = {}
    for image_id in image_ids:
        found = _NUMBER.search(image_id)
        if found and 1 <= (number := int(found[1])) <= N_VALIDATION:
            right[image_id] = frozenset(_classes(lists[number - 1], names, f"{path}, entry {number}"))
    if not right:
        raise InputError(
            f"{where}: contains none of the images, whose ids are like {image_ids[0]!r}; expected names that "
            "end like ILSVRC2012_val_00000001.JPEG"
        )
    return right


def _classes(outputs: Any, names: Sequence[str], where: str) -> list[str]:
    """Return the names of a list of outputs."""
    by_output = dict(enumerate(names))
    if not (isinstance(outputs, list) and all(type(each) is int and each in by_output for each in outputs)):
        raise InputError(f"{where}: {outputs!r}, expected a list of outputs from 0 to {len(names) - 1}")
    return [by_output[output] for output in outputs]
