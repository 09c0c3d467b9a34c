"""Which answers are right: predicted and true classes, as names or as indices, compared and numbered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model_eval.images.imagenet_classes import wordnet_ids
from model_eval.import_decisions.collect import NONE, Collected, CollectedModel
from model_eval.import_decisions.records import MISSING
from model_eval.settings import ImportDecisionsSettings
from tricky.core.errors import InputError
from tricky.core.names import plain
from tricky.core.tables import read_entries

_INDEX = re.compile(r"(\d+)(\.0+)?")
"""An index as programs write it: pandas adds ``.0`` where a column has missing values."""

MOST_CLASSES = 1_000_000
"""More is taken for a mistake: a column of numbers that are no indices."""


@dataclass(frozen=True)
class Labels:
    """The true class of each image, and where it is from.

    Attributes
    ----------
    names : sequence of str or None
        As the origin has them, name or index; None where the class of an image is unknown.
    origin : str
        For people: a file, or the study's images; empty where nothing has labels.
    are_names : bool
        Whether these are known to be names, as those of the study's images are, even if they look like
        numbers.
    """

    names: Sequence[str | None]
    origin: str
    are_names: bool = False


@dataclass(frozen=True)
class Classes:
    """The classes of the images and the answers.

    Attributes
    ----------
    names : tuple of str
        By index: those of the images sorted as text, then those that are only predicted.
    label : ndarray of int32, shape (n_images,)
        Index of the true class; `NONE` where it is unknown.
    of_prediction : ndarray of int32
        Class index of each predicted class of the source, by its number in `Collected.classes`.
    """

    names: tuple[str, ...]
    label: np.ndarray
    of_prediction: np.ndarray

    def predicted(self, model: CollectedModel) -> np.ndarray | None:
        """Return the class index of each answer of a model; `NONE` where it is unknown."""
        if model.prediction is None:
            return None
        return np.append(self.of_prediction, np.int32(NONE))[model.prediction]


def find_classes(
    collected: Collected, labels: Labels, settings: ImportDecisionsSettings, root: Path
) -> Classes:
    """Compare predicted with true classes, and number them.

    Predictions and labels that are both indices, or both names, are compared as they are.  Of indices and
    names, `classes` of the settings says which name each index has; it is never guessed.

    Parameters
    ----------
    collected : Collected
    labels : Labels
        Of the images of `collected`, in its order.
    settings : ImportDecisionsSettings
    root : Path
        Folder that paths in the settings are relative to.

    Raises
    ------
    InputError
        Predictions are indices and labels are names, or the reverse, and nothing says which class an index
        is; an index has no name; no prediction is the name of any image's class; it cannot be known whether
        numbers are indices or names.
    """
    predicted, true = collected.classes.texts, list(labels.names)
    labelled = any(each is not None for each in true)
    of_answers = _are_indices(predicted, settings)
    of_images = not labels.are_names and all(_INDEX.fullmatch(each) for each in true if each is not None)
    known = _known_classes(settings, labels, root)
    if known is not None:
        if not ((predicted and of_answers) or (labelled and of_images)):
            raise InputError(
                "`classes` says what indices mean, but predictions and labels are names; leave it out"
            )
        if of_answers:
            predicted, of_answers = [_name_of(each, known, settings) for each in predicted], False
        if of_images:
            true = [None if each is None else _name_of(each, known, settings) for each in true]
            of_images = False
    if predicted and labelled and of_answers and not of_images:
        _require_same_either_way(predicted, true, labels, settings)
        of_answers = False
    if predicted and labelled and of_images and not of_answers:
        raise InputError(
            f"predictions are names ({predicted[0]!r}), labels of {labels.origin} are numbers; say which "
            "class "
            "each number is with `--classes FILE`, one name a line, or `--classes imagenet-1k`"
        )
    if (of_answers or not predicted) and (of_images or not labelled):
        return _of_indices(predicted, true)
    return _of_names(predicted, true, labels)


def _are_indices(predicted: Sequence[str], settings: ImportDecisionsSettings) -> bool:
    numbers = all(_INDEX.fullmatch(each) for each in predicted)
    if settings.predictions == "index" and not numbers:
        name = next(each for each in predicted if not _INDEX.fullmatch(each))
        raise InputError(f"predictions: {name!r} is no index of a class, as `predictions` says it is")
    return numbers and settings.predictions != "name"


def _known_classes(settings: ImportDecisionsSettings, labels: Labels, root: Path) -> tuple[str, ...] | None:
    """Return the names of classes 0, 1, 2 … that the user states; None without a statement."""
    if not settings.classes:
        return None
    if settings.classes == "imagenet-1k":
        return wordnet_ids()
    if settings.classes == "images":
        if not labels.are_names:
            raise InputError('`classes = "images"`: only where the labels are those of the study\'s images')
        return tuple(sorted({each for each in labels.names if each is not None}))
    path = root / settings.classes
    entries, lines = read_entries(path, "class_name")
    names = [plain(name) for name in entries]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InputError(
                f"{path}, line {lines[place]}: {name!r} is there twice; classes need different names"
            )
    return tuple(names)


def _name_of(index: str, known: Sequence[str], settings: ImportDecisionsSettings) -> str:
    found = _INDEX.fullmatch(index)
    if found is None or int(found[1]) >= len(known):
        raise InputError(
            f"class {index!r} has no name: {settings.classes} names the {len(known):,} classes from 0 to "
            f"{len(known) - 1}"
        )
    return known[int(found[1])]


def _require_same_either_way(
    predicted: Sequence[str], true: Sequence[str | None], labels: Labels, settings: ImportDecisionsSettings
) -> None:
    """Accept numbers as names of classes only if they would be the same classes as indices.

    Raises
    ------
    InputError
        They would not, so that a guess would be necessary.
    """
    names = sorted({each for each in true if each is not None})
    places = {name: place for place, name in enumerate(names)}
    if settings.predictions is None and all(places.get(each) == int(float(each)) for each in predicted):
        return
    also = ""
    if any(each in places for each in predicted):
        also = "; or, if the numbers are names, `--predictions name`"
    raise InputError(
        f"predictions are numbers ({predicted[0]!r}), labels of {labels.origin} are names ({names[0]!r}); "
        "say "
        "which class each number is with `--classes FILE` (one name a line), `--classes imagenet-1k`, or "
        f"`--classes images` (the classes of the images, sorted as text){also}"
    )


def _of_indices(predicted: Sequence[str], true: Sequence[str | None]) -> Classes:
    """Return classes that are indices already; their names are the numbers, padded with zeros."""
    values = np.array([int(float(each)) for each in predicted], dtype=np.int64)
    label = np.array([NONE if each is None else int(float(each)) for each in true], dtype=np.int64)
    largest = int(max(values.max(initial=NONE), label.max(initial=NONE)))
    if largest >= MOST_CLASSES:
        raise InputError(f"class {largest}: expected indices of classes below {MOST_CLASSES:,}")
    digits = len(str(largest))
    names = tuple(f"{index:0{digits}d}" for index in range(largest + 1))
    return Classes(names, label.astype(np.int32), values.astype(np.int32))


def _of_names(predicted: Sequence[str], true: Sequence[str | None], labels: Labels) -> Classes:
    of_images = sorted({each for each in true if each is not None})
    only_predicted = sorted(set(predicted) - set(of_images))
    if of_images and predicted and len(only_predicted) == len(set(predicted)):
        raise InputError(
            f"no prediction is a class of the images: predictions are named like {predicted[0]!r}, labels of "
            f"{labels.origin} like {of_images[0]!r}; rename one of them, or use another column with "
            "`--column`"
        )
    names = (*of_images, *only_predicted)
    places = {name: place for place, name in enumerate(names)}
    return Classes(
        names,
        np.array([NONE if each is None else places[each] for each in true], dtype=np.int32),
        np.array([places[each] for each in predicted], dtype=np.int32),
    )


def score(model: CollectedModel, classes: Classes, images: Sequence[str]) -> np.ndarray:
    """Return whether each answer of a model is right, bool.

    Raises
    ------
    InputError
        Neither the source nor a label says it, or both do and contradict each other.
    """
    predicted, label = classes.predicted(model), classes.label[model.images]
    if predicted is None:
        assert model.correct is not None  # an answer has either
        return model.correct == 1
    known = (predicted != NONE) & (label != NONE)
    matches = known & (predicted == label)
    stated = np.full(len(label), MISSING, np.int8) if model.correct is None else model.correct
    unknown = ~known & (stated == MISSING)
    if unknown.any():
        first = images[model.images[int(unknown.argmax())]]
        raise InputError(
            f"{model.path}: nothing says whether model {model.name!r} is right about {int(unknown.sum()):,} "
            "images, "
            f"as they have no label; the first is {first!r}; give labels with `--labels FILE`, or name "
            "images "
            "with labels in [images]"
        )
    contradicts = known & (stated != MISSING) & (matches != (stated == 1))
    if contradicts.any():
        place = int(contradicts.argmax())
        raise InputError(
            f"{model.path}: model {model.name!r} is said to be {'right' if stated[place] == 1 else 'wrong'} "
            "about "
            f"{images[model.images[place]]!r}, but predicts {classes.names[predicted[place]]!r} and the "
            "label is "
            f"{classes.names[label[place]]!r}; correct one of the columns, or import without one of them"
        )
    return np.where(known, matches, stated == 1)
