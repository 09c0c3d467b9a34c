"""ReaL: ImageNet's validation images, reassessed by raters.

Beyer, Hénaff, Kolesnikov, Zhai & van den Oord (2020), "Are we done with ImageNet?", arXiv:2006.07159.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model_eval.images.imagenet_classes import wordnet_ids
from model_eval.label_evidence.evidence import Evidence, from_answers
from model_eval.label_evidence.our_images import VALIDATION_NAME, by_file_name, share
from tricky.core.array_files import read_arrays
from tricky.core.errors import InputError
from tricky.core.files import read_json_list

N_VALIDATION = 50_000
MAYBE = 0.5
"""What the answer *maybe* counts, where *yes* counts 1."""


def read_real(path: Path, images: pd.DataFrame, where: str) -> Evidence:
    """Read ``real.json``: for each of ImageNet's 50,000 validation images, in order, the correct outputs.

    Raises
    ------
    InputError
        The file holds something else, or is not about these images or their classes.
    """
    lists = read_json_list(path, f"name ReaL's list of {N_VALIDATION:,}")
    if len(lists) != N_VALIDATION:
        raise InputError(f"{path}: holds {len(lists)} entries, expected ReaL's list of {N_VALIDATION:,}")
    names = [VALIDATION_NAME.format(number) for number in range(1, N_VALIDATION + 1)]
    ours = by_file_name(names, images, where)
    right = {
        image_id: _classes(lists[int(name[-8:]) - 1], f"{path}, entry {int(name[-8:])}")
        for name, image_id in ours.items()
    }
    columns = pd.DataFrame(
        {"real_n_answers": [float(len(answers)) for answers in right.values()]}, index=list(right)
    )
    return from_answers(right, N_VALIDATION, images, columns, where)


def read_raters(path: Path, images: pd.DataFrame, where: str) -> Evidence:
    """Read ``raters.npz``: what raters answered to the question whether an image shows a class.

    `tensor`, of shape (raters, questions, 3), is 1 where a rater answered no, maybe or yes; `info`, of shape
    (questions, 2), has the image and the class of each question.  A class is correct where *yes* (1) and
    *maybe* (½) make up more than half of its answers.

    Raises
    ------
    InputError
        The file holds something else, or is not about these images or their classes.
    """
    votes, info = _votes(path)
    asked = votes.sum(axis=1)
    yes = share(votes[:, 2] + MAYBE * votes[:, 1], asked)
    names = list(dict.fromkeys(info[:, 0].tolist()))
    ours = by_file_name(names, images, where)
    ids = wordnet_ids()
    label = dict(zip(images["image_id"], images["class_name"], strict=True))
    right: defaultdict[str, set[str]] = defaultdict(set)
    of_label: dict[str, float] = {}
    for (name, output), agreement in zip(info.tolist(), yes.tolist(), strict=True):
        if (image_id := ours.get(name)) is None:
            continue
        if not (output.isascii() and output.isdecimal() and int(output) < len(ids)):
            raise InputError(f"{path}: class {output!r} of {name}, expected 0 to {len(ids) - 1}")
        class_name = ids[int(output)]
        answers = right[image_id]
        if agreement > 0.5:
            answers.add(class_name)
        if class_name == label[image_id]:
            of_label[image_id] = agreement
    columns = pd.DataFrame(
        {
            "raters_n_answers": [float(len(answers)) for answers in right.values()],
            "raters_yes_label": [of_label.get(image_id, float("nan")) for image_id in right],
        },
        index=list(right),
    )
    return from_answers(right, len(names), images, columns, where)


def _votes(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return how many answered no, maybe and yes to each question, and image and class of each."""
    remedy = "name ReaL's raters.npz"
    arrays = read_arrays(path, remedy)
    tensor, info = arrays.get("tensor"), arrays.get("info")
    if tensor is None or info is None or info.ndim != 2 or info.shape[1] != 2 or info.dtype.kind != "U":
        raise InputError(
            f"{path}: holds {', '.join(arrays) or 'nothing'}, expected `tensor` and `info`; {remedy}"
        )
    if tensor.ndim != 3 or tensor.shape[1:] != (len(info), 3) or tensor.dtype.kind not in "fiub":
        raise InputError(
            f"{path}: `tensor` is {tensor.dtype} of shape {tensor.shape}, expected (raters, {len(info)}, 3) "
            f"for no, maybe and yes; {remedy}"
        )
    votes = np.asarray(tensor.sum(axis=0), dtype=float)
    if not (np.isfinite(votes).all() and (votes >= 0).all()):
        raise InputError(f"{path}: `tensor` has values other than 0 and 1; {remedy}")
    return votes, info


def _classes(outputs: Any, where: str) -> set[str]:
    """Return the names of a list of outputs."""
    ids = wordnet_ids()
    possible = range(len(ids))
    if not (isinstance(outputs, list) and all(type(each) is int and each in possible for each in outputs)):
        raise InputError(f"{where}: {outputs!r}, expected a list of outputs from 0 to {len(ids) - 1}")
    return {ids[output] for output in outputs}
