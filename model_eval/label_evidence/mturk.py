"""label-errors: what Mechanical Turk workers said about labels that an algorithm suspected.

Northcutt, Athalye & Mueller (2021), "Pervasive label errors in test sets destabilize machine learning
benchmarks", arXiv:2103.14749.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from model_eval.label_evidence.evidence import Evidence, Reason
from model_eval.label_evidence.our_images import by_file_name, by_place, check_imagenet_classes, check_labels
from tricky.core.errors import InputError
from tricky.core.files import read_json_list

BY_PLACE = ("cifar10", "cifar100", "mnist")
"""Data sets whose `id` is the place in the test set; their images have no file names."""
BY_FILE_NAME = ("imagenet", "caltech256")
"""Data sets whose `url` ends with the name of the image's file."""
ANSWERS = ("given", "guessed", "neither", "both")
_URL = re.compile(r"/static/(?P<data_set>[^/]+)/(?P<file>.+)$")


class _Image(NamedTuple):
    """An image of the file: its data set, its place or name there, its label, and the answers."""

    data_set: str
    place: int
    file: str
    label: int
    answers: dict[str, int]


def read_mturk(path: Path, images: pd.DataFrame, where: str) -> Evidence:
    """Read ``imagenet_mturk.json`` and the like.

    Of each suspected image, workers said whether it shows what its `given` label says, what the algorithm
    `guessed`, `both` or `neither`.  A label counts as an error where not more than half of them said
    `given`: the definition of Northcutt et al. (2021), which includes images that show both.  Their reasons
    are finer: the label is wrong where more than half said `guessed` or `neither`; it is right where more
    than half said `given`; all other images are ambiguous.

    Raises
    ------
    InputError
        The file holds something else, or is not about these images or their labels.
    """
    entries = read_json_list(path, "name one of label-errors' *_mturk.json")
    found = [_image(entry, f"{path}, entry {number}") for number, entry in enumerate(entries, start=1)]
    ours = _ours(found, images, path, where)
    rows: dict[str, dict[str, float]] = {}
    reasons: dict[str, Reason] = {}
    errors: list[str] = []
    for each in found:
        if (image_id := ours.get(each.place)) is None:
            continue
        n_workers = sum(each.answers.values())
        rows[image_id] = {f"mturk_{name}": each.answers.get(name, 0) / n_workers for name in ANSWERS}
        reasons[image_id] = _reason(each.answers, n_workers)
        if 2 * each.answers["given"] <= n_workers:
            errors.append(image_id)
    columns = pd.DataFrame.from_dict(rows, orient="index")
    return Evidence(len(found), columns, reasons, frozenset(errors))


def _reason(answers: dict[str, int], n_workers: int) -> Reason:
    if 2 * answers["given"] > n_workers:
        return Reason.TRULY_HARD
    wrong = answers.get("guessed", 0) + answers.get("neither", 0)
    return Reason.WRONG_LABEL if 2 * wrong > n_workers else Reason.AMBIGUOUS


def _ours(found: list[_Image], images: pd.DataFrame, path: Path, where: str) -> dict[int, str]:
    """Return our images by the `id` that the file has for them."""
    data_sets = sorted({each.data_set for each in found})
    if len(data_sets) > 1:
        raise InputError(f"{path}: about several data sets, {', '.join(data_sets)}; give each its own file")
    places = [each.place for each in found]
    if len(set(places)) < len(places):
        twice = next(place for place in places if places.count(place) > 1)
        raise InputError(f"{path}: id {twice} is there twice; remove one")
    by_id = {each.place: each for each in found}
    if data_sets[0] in BY_PLACE:
        ours = by_place(places, images, where)
        check_labels({image_id: by_id[place].label for place, image_id in ours.items()}, images, where)
        return ours
    named = by_file_name([each.file for each in found], images, where)
    ours = {each.place: named[each.file] for each in found if each.file in named}
    if data_sets[0] == "imagenet":
        theirs = {image_id: by_id[place].label for place, image_id in ours.items()}
        check_imagenet_classes(theirs, images, where)
    return ours


def _image(entry: Any, where: str) -> _Image:
    expected = "expected an object with id, url, given_original_label and mturk"
    if not isinstance(entry, dict):
        raise InputError(f"{where}: {expected}")
    place, url, label = entry.get("id"), entry.get("url"), entry.get("given_original_label")
    answers = entry.get("mturk")
    if type(place) is not int or not isinstance(url, str) or not isinstance(answers, dict):
        raise InputError(f"{where}: {expected}")
    data_set = found["data_set"] if (found := _URL.search(url)) else ""
    if found is None or data_set not in (*BY_PLACE, *BY_FILE_NAME):
        raise InputError(
            f"{where}: about {data_set or url!r}; tricky knows which images are meant of "
            f"{', '.join((*BY_FILE_NAME, *BY_PLACE))}; for others write a table with image_id and class_name"
        )
    counts = [answers.get(name, 0) for name in ANSWERS]
    if type(label) is not int or "given" not in answers or set(answers) - set(ANSWERS):
        raise InputError(f"{where}: {expected} (counts of {', '.join(ANSWERS)})")
    if not all(type(count) is int and count >= 0 for count in counts) or not sum(counts):
        raise InputError(f"{where}: answers {answers}, expected how many workers gave each")
    return _Image(data_set, place, found["file"], label, answers)
