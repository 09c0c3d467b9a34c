"""Why is an image impossible? Its label may be wrong, or one of several that are right.

Annotators who looked again say which answers are right: as ReaL does for ImageNet's validation images (Beyer
et al. 2020, "Are we done with ImageNet?"), or in a table of one's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from model_eval.images.imagenet_classes import wordnet_ids
from tricky.core.errors import InputError

N_VALIDATION = 50_000
_NUMBER = re.compile(r"(?:^|/)ILSVRC2012_val_(\d{8})\.[A-Za-z]+$")


class Reason(StrEnum):
    """Why no model, or hardly any, gives the answer that counts as right."""

    WRONG_LABEL = "wrong label"
    AMBIGUOUS = "ambiguous"
    TRULY_HARD = "truly hard"
    NOT_REASSESSED = "not reassessed"


def read_reassessed(path: Path, images: pd.DataFrame) -> dict[str, frozenset[str]]:
    """Read which answers are right.

    Parameters
    ----------
    path : Path
        A CSV file with the columns `image_id` and `class_name`, one row for each right answer (an empty
        `class_name` where annotators found none), or ``real.json`` as Beyer et al. publish it: for each
        of ImageNet's 50,000 validation images, in order, the list of right outputs.
    images : DataFrame
        `image_id` and `class_name` of the images asked about.

    Returns
    -------
    dict of str to frozenset of str
        `image_id` → names of the right classes, perhaps none.  For ``real.json``, names are WordNet ids.

    Raises
    ------
    InputError
        The file is missing or of another form, speaks of none of these images, or names other classes.
    """
    image_ids = images["image_id"]
    try:
        right = _from_real(path, image_ids) if path.suffix == ".json" else _from_table(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file, though `reassessed` in [label] names it") from None
    except OSError as error:
        raise InputError(f"{path}: can't be opened ({error.strerror})") from None
    right = {image_id: right[image_id] for image_id in image_ids if image_id in right}
    if not right:
        raise InputError(
            f"{path}: speaks of none of the images, whose ids are like {image_ids.iloc[0]!r}; "
            "write ids as in decisions/images.parquet"
        )
    # Names that no image has come as wrong answers; but if none is known, two vocabularies have met.
    if not frozenset().union(*right.values()) & frozenset(images["class_name"]):
        theirs = sorted(frozenset().union(*right.values()))[:1]
        raise InputError(
            f"{path}: names classes like {theirs}, none of which is a class of the images, such as "
            f"{images['class_name'].iloc[0]!r}; use the same names"
        )
    return right


def why_impossible(
    impossible: pd.DataFrame, label_error: np.ndarray, right: Mapping[str, frozenset[str]] | None
) -> np.ndarray:
    """Return the `Reason` of each impossible image.

    The label is wrong where a list of label errors says so or it isn't among the right answers.  Else the
    image is ambiguous where there are several right answers or none, and truly hard where its label is the
    only one.  With a list of label errors alone, what isn't listed is not reassessed.

    Parameters
    ----------
    impossible : DataFrame, n_images rows
        `image_id`, `class_name`.
    label_error : ndarray of bool, shape (n_images,)
    right : mapping of str to frozenset of str, or None
        As `read_reassessed` returns it.

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
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as CSV in UTF-8 ({str(error).strip()})") from None
    for column in ("image_id", "class_name"):
        if column not in table:
            raise InputError(f"{path}: no column `{column}`; its columns are {', '.join(table.columns)}")
    answers = table.groupby("image_id")["class_name"].agg(lambda names: frozenset(names) - {""})
    return {str(image_id): names for image_id, names in answers.items()}


def _from_real(path: Path, image_ids: pd.Series) -> dict[str, frozenset[str]]:
    try:
        lists = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as JSON ({error})") from None
    if not isinstance(lists, list) or len(lists) != N_VALIDATION:
        found = f"{len(lists)} entries" if isinstance(lists, list) else f"a {type(lists).__name__}"
        raise InputError(f"{path}: holds {found}, expected ReaL's list of {N_VALIDATION:,}")
    names = wordnet_ids()
    right = {}
    for image_id in image_ids:
        found = _NUMBER.search(image_id)
        if found and 1 <= int(found[1]) <= N_VALIDATION:
            right[image_id] = frozenset(names[output] for output in lists[int(found[1]) - 1])
    return right
