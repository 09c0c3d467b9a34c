"""Which images the answers are about: their ids, and the labels and files that are known of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pyarrow as pa

from model_eval.import_decisions.arrays import read_array
from model_eval.import_decisions.classes import Labels
from model_eval.import_decisions.collect import NONE, Collected
from model_eval.import_decisions.formats import IMAGE, LABEL
from model_eval.settings import ImportDecisionsSettings
from tricky.core.errors import InputError
from tricky.core.foreign_tables import read_foreign_table, suffix_of
from tricky.core.matching import match_entries
from tricky.core.names import plain
from tricky.core.tables import read_entries


@dataclass(frozen=True)
class StudyImages:
    """The images of the study.

    Attributes
    ----------
    catalogue : DataFrame
        `IMAGE_COLUMNS`, sorted by `image_id`.
    name : str
        What manifests call the data set.
    are_arrays : bool
        Whether an `image_id` is an index, so that the order is known.
    """

    catalogue: pd.DataFrame
    name: str
    are_arrays: bool


def order_of(settings: ImportDecisionsSettings, study: StudyImages | None, root: Path) -> list[str] | None:
    """Return the images that answers without names are about, in their order; None where it is unknown.

    Raises
    ------
    InputError
        The list can't be read or has an image twice; the order of the study's images is not known.
    """
    if settings.images == "sorted":
        if study is None:
            raise InputError('`images = "sorted"`: the study has no images; name a list')
        return study.catalogue["image_id"].tolist()
    if settings.images:
        path = root / settings.images
        entries, lines = read_entries(path)
        images = [plain(each) for each in entries]
        counts = Counter(images)
        for place, image in enumerate(images):
            if counts[image] > 1:
                raise InputError(f"{path}, line {lines[place]}: {image!r} is there {counts[image]} times")
        return images
    if study is not None and study.are_arrays:
        return study.catalogue["image_id"].tolist()
    return None


def numbered(n_images: int) -> list[str]:
    """Return ids of images that have no names: their place, padded with zeros."""
    digits = len(str(max(0, n_images - 1)))
    return [f"{place:0{digits}d}" for place in range(n_images)]


def labels_for(
    collected: Collected,
    settings: ImportDecisionsSettings,
    study: StudyImages | None,
    rows: np.ndarray | None,
    root: Path,
) -> Labels:
    """Return the true class of each image: from a file, else from the source, else from the study's images.

    Parameters
    ----------
    collected : Collected
    settings : ImportDecisionsSettings
    study : StudyImages or None
    rows : ndarray of int, shape (n_images,), or None
        Row of each image in the study's catalogue.
    root : Path
        Folder that paths in the settings are relative to.

    Raises
    ------
    InputError
        The file can't be read or lacks an image, or contradicts the source.
    """
    texts, label_of = collected.labels.texts, collected.label_of
    of_source: list[str | None] = [None if code == NONE else texts[code] for code in label_of.tolist()]
    of_source += [None] * (len(collected.images) - len(of_source))
    if settings.labels is not None:
        path = root / settings.labels
        names = read_labels(path, collected.images.texts)
        _require_same(collected.images.texts, of_source, names, path)
        return Labels(names, str(path))
    if texts:
        return Labels(of_source, "the source")
    if study is not None and rows is not None:
        names = study.catalogue["class_name"].to_numpy()[rows].tolist()
        return Labels(names, study.name, are_names=True)
    return Labels(_from_right_answers(collected), "the right answers")


def read_labels(path: Path, images: Sequence[str]) -> list[str | None]:
    """Read the true class of each image.

    Parameters
    ----------
    path : Path
        A table with a column of images and one of labels; or, in the order of the images, an ``.npy`` array
        or a text file with one label a line.
    images : sequence of str

    Raises
    ------
    InputError
        It can't be read, lacks a column, has an image twice with different labels, or lacks an image.
    """
    if suffix_of(path):
        table = read_foreign_table(path)
        columns = {}
        for column in (IMAGE, LABEL):
            usual = [each for each in table.columns if each.lower() in column.names]
            if not usual:
                raise InputError(
                    f"{path}: no column of {column.role}s; rename one to `{column.names[0]}`, its columns "
                    "are "
                    f"{', '.join(table.columns)}"
                )
            columns[column.role] = table.column(usual[0]).to_pylist()
        label_of: dict[str, str | None] = {}
        for image, label in zip(columns["image"], columns["label"], strict=True):
            key, value = plain((image or "").strip()), None if label is None else plain(label.strip())
            if label_of.setdefault(key, value) != value:
                raise InputError(f"{path}: image {key!r} has two labels, {label_of[key]!r} and {value!r}")
        matched = match_images(images, list(label_of), str(path))
        return [label_of[each] for each in matched]
    if path.suffix.lower() == ".npy":
        array = read_array(path)
        labels = [str(each) for each in array.tolist()]
        if array.ndim != 1:
            raise InputError(f"{path}: {array.ndim} axes; expected one label for each image")
    else:
        labels = [plain(each) for each in read_entries(path, "label")[0]]
    if len(labels) != len(images):
        raise InputError(f"{path}: {len(labels):,} labels, for {len(images):,} images")
    return list(labels)


def match_images(images: Sequence[str], known: Sequence[str], where: str) -> list[str]:
    """Return the name of each image among those that are known: the same, or that of the only such file.

    Raises
    ------
    InputError
        An image is not known, or several have the same file name.
    """
    there = set(known)
    if all(image in there for image in images):
        return list(images)
    by_file: dict[str, list[str]] = {}
    for name in known:
        by_file.setdefault(PurePosixPath(name).name, []).append(name)
    found = []
    for image in images:
        same = [image] if image in there else by_file.get(PurePosixPath(image.replace("\\", "/")).name, [])
        if len(same) != 1:
            break
        found.append(same[0])
    if len(found) == len(images) == len(set(found)):
        return found
    matches = match_entries(list(images), known, where=where, what="image")
    return [matches.found[image] for image in images]


def table_of(
    images: Sequence[str],
    study: StudyImages | None,
    rows: np.ndarray | None,
    classes: tuple[str, ...],
    label: np.ndarray,
) -> pd.DataFrame:
    """Return the rows of ``images.parquet`` in the order of `images`; what is unknown of an image is empty.

    Returns
    -------
    DataFrame
        `IMAGE_COLUMNS`.
    """
    named = np.array([*classes, ""], dtype=object)
    table = pd.DataFrame(
        {"image_id": list(images), "path": "", "label": label, "class_name": named[label], "sha256": ""}
    )
    if study is not None and rows is not None:
        for column in ("image_id", "path", "sha256"):
            table[column] = study.catalogue[column].to_numpy()[rows]
    return table


def codes_of(order: Sequence[str], collected: Collected) -> np.ndarray:
    """Return the numbers of the images of a list."""
    return collected.images.codes(pa.array(order, pa.string()))


def _require_same(
    images: Sequence[str], one: Sequence[str | None], other: Sequence[str | None], path: Path
) -> None:
    """Raise InputError where a file of labels contradicts the labels of the source."""
    for image, label, named in zip(images, one, other, strict=True):
        if label is not None and named is not None and label != named:
            raise InputError(
                f"{path}: label {named!r} of image {image!r}, which has the label {label!r} in the source; "
                "correct one of them, or leave out `labels`"
            )


def _from_right_answers(collected: Collected) -> list[str | None]:
    """Return the class of each image that a model is said to be right about; None where there is none."""
    found = np.full(len(collected.images), NONE, dtype=np.int32)
    for model in collected.models:
        if model.prediction is None or model.correct is None:
            continue
        right = (model.correct == 1) & (model.prediction != NONE)
        images, answers = model.images[right], model.prediction[right]
        other = (found[images] != NONE) & (found[images] != answers)
        if other.any():
            image = collected.images.texts[images[int(other.argmax())]]
            raise InputError(
                f"{model.path}: two models are said to be right about {image!r} with different answers"
            )
        found[images] = answers
    texts = collected.classes.texts
    return [None if code == NONE else texts[code] for code in found.tolist()]
