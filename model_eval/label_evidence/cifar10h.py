"""CIFAR-10H: which class people saw in each image of CIFAR-10's test set.

Peterson, Battleday, Griffiths & Russakovsky (2019), "Human uncertainty makes classification more robust",
ICCV, arXiv:1908.07086.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from model_eval.label_evidence.evidence import Evidence, from_answers
from model_eval.label_evidence.our_images import by_place, check_labels, share
from tricky.core.array_files import read_array
from tricky.core.errors import InputError
from tricky.core.tables import read_table

N_IMAGES, N_CLASSES = 10_000, 10
LEAST_SHARE = 0.25
"""A class is a correct answer where at least this share of people gave it."""
PLACE_COLUMNS = ("cifar10_test_test_idx", "cifar10_test_set_idx")
"""The image's place in the test set: in the published file, and in its description."""


def read_counts(path: Path, images: pd.DataFrame, where: str) -> Evidence:
    """Read ``cifar10h-counts.npy``: how many people gave each class, shape (10,000 images, 10 classes).

    Raises
    ------
    InputError
        The file holds something else, or is not about these images.
    """
    remedy = "name CIFAR-10H's cifar10h-counts.npy"
    counts = read_array(path, remedy)
    shape = (N_IMAGES, N_CLASSES)
    if counts.shape != shape or counts.dtype.kind not in "iu" or (counts < 0).any():
        raise InputError(
            f"{path}: {counts.dtype} of shape {counts.shape}, expected whole numbers of shape {shape}: how "
            f"many people gave each class; {remedy}"
        )
    return _evidence(counts.astype(float), images, where, {})


def read_trials(path: Path, images: pd.DataFrame, where: str) -> Evidence:
    """Read ``cifar10h-raw.csv``: every answer of every person.  Attention checks do not count.

    Raises
    ------
    InputError
        A column is missing or holds something else, or the file is not about these images.
    """
    table = read_table(path, ["is_attn_check", "true_label", "chosen_label", "reaction_time"])
    place_column = next((name for name in PLACE_COLUMNS if name in table), PLACE_COLUMNS[0])
    trials = pd.DataFrame(
        {
            "place": table.whole_numbers(place_column, most=N_IMAGES - 1),
            "check": table.whole_numbers("is_attn_check", least=0, most=1),
            "true": table.whole_numbers("true_label", least=0, most=N_CLASSES - 1),
            "chosen": table.whole_numbers("chosen_label", least=0, most=N_CLASSES - 1),
            "time_s": np.array(table.numbers("reaction_time", missing=True)) / 1000,
        }
    )
    trials = trials[trials["check"] == 0]
    if trials.empty or trials["place"].min() < 0:
        raise InputError(f"{path}: no trial, or a trial of no image, that is no attention check")
    counts = np.zeros((N_IMAGES, N_CLASSES))
    np.add.at(counts, (trials["place"], trials["chosen"]), 1)
    of_image = trials.groupby("place")
    labels = of_image["true"].agg(["min", "max"])
    if (twice := labels.index[labels["min"] != labels["max"]]).size:
        raise InputError(f"{path}: image {twice[0]} has two labels; restore the file as it was published")
    found = by_place(labels.index.tolist(), images, where)
    check_labels({image_id: int(labels["min"][place]) for place, image_id in found.items()}, images, where)
    times = {"human_response_time_s": of_image["time_s"].median()}
    return _evidence(counts, images, where, times)


def _evidence(counts: np.ndarray, images: pd.DataFrame, where: str, others: dict[str, pd.Series]) -> Evidence:
    judged = np.flatnonzero(counts.sum(axis=1))
    ours = by_place(judged.tolist(), images, where)
    places = np.array(list(ours))
    by_id = images.set_index("image_id")
    labels = by_id.loc[list(ours.values()), "label"].to_numpy()
    names = _class_names(images, where)
    n_people = counts[places].sum(axis=1)
    shares = share(counts[places], np.broadcast_to(n_people[:, None], (len(places), N_CLASSES)))
    agree = (shares.argmax(axis=1) == labels).mean()
    if agree < 0.5:
        raise InputError(
            f"{where}: people's commonest answer is the label of only {agree:.0%} of the images; expected "
            "images of CIFAR-10's test set"
        )
    right = {
        image_id: {names[index] for index in np.flatnonzero(row >= LEAST_SHARE)}
        for image_id, row in zip(ours.values(), shares, strict=True)
    }
    columns = pd.DataFrame(
        {
            "human_entropy": special.entr(shares).sum(axis=1),
            "human_share_label": shares[np.arange(len(labels)), labels],
            "human_n": n_people,
        }
        | {name: values.reindex(places).to_numpy() for name, values in others.items()},
        index=list(ours.values()),
    )
    return from_answers(right, len(judged), images, columns, where)


def _class_names(images: pd.DataFrame, where: str) -> dict[int, str]:
    """Return the names of CIFAR-10's classes, as our images have them."""
    names: dict[int, str] = dict(zip(images["label"], images["class_name"], strict=True))
    if names.keys() - set(range(N_CLASSES)):
        raise InputError(
            f"{where}: about {N_CLASSES} classes, but labels run from {min(names)} to {max(names)}; expected "
            "images of CIFAR-10's test set"
        )
    return {index: names.get(index, f"class {index} of CIFAR-10") for index in range(N_CLASSES)}
