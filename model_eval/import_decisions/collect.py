"""Put the answers of all models together: images, classes and models are numbered as they come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from model_eval.import_decisions.records import MISSING, ModelAnswers
from tricky.core.errors import InputError
from tricky.core.names import plain

NONE = -1
"""No class: the source has none in this cell."""


class Numbered:
    """Texts, numbered in the order in which they first occur."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.texts)

    def add(self, texts: Iterable[str]) -> np.ndarray:
        """Return the number of each text, int32."""
        numbers = self._numbers
        for text in (texts := list(texts)):
            if text not in numbers:
                numbers[text] = len(self.texts)
                self.texts.append(text)
        return np.fromiter((numbers[text] for text in texts), dtype=np.int32, count=len(texts))

    def codes(self, cells: Any) -> np.ndarray:
        """Return the number of each cell of an Arrow array of text, int32; `NONE` where null."""
        encoded = cells.dictionary_encode()
        of_dictionary = np.append(
            self.add(plain(text.strip()) for text in encoded.dictionary.to_pylist()), np.int32(NONE)
        )
        places = encoded.indices.fill_null(len(of_dictionary) - 1)
        return of_dictionary[places.to_numpy(zero_copy_only=False)]


@dataclass(frozen=True)
class CollectedModel:
    """The answers of one model, by number.

    Attributes
    ----------
    name : str
        As the source has it.
    path : Path
    images : ndarray of int32, shape (n_answers,)
        Number of the image; each occurs once.
    prediction : ndarray of int32, shape (n_answers,), or None
        Number of the class; `NONE` where it is unknown.
    correct : ndarray of int8, shape (n_answers,), or None
        1, 0 or `MISSING`.
    probability : ndarray of float32, shape (n_answers,), or None
    """

    name: str
    path: Path
    images: np.ndarray
    prediction: np.ndarray | None
    correct: np.ndarray | None
    probability: np.ndarray | None


@dataclass
class Collected:
    """The answers of all models.

    Attributes
    ----------
    images, classes, labels : Numbered
        Names of images; predicted and true classes as the source has them.
    label_of : ndarray of int32, shape (at least n_images,)
        Number in `labels` of each image's true class; `NONE` where the source has none.
    models : list of CollectedModel
    sha256 : dict of Path to str
        Hash of each file.
    n_without_answer : int
        Rows in which neither a prediction nor a truth is given.
    """

    images: Numbered = field(default_factory=Numbered)
    classes: Numbered = field(default_factory=Numbered)
    labels: Numbered = field(default_factory=Numbered)
    label_of: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    models: list[CollectedModel] = field(default_factory=list)
    sha256: dict[Path, str] = field(default_factory=dict)
    n_without_answer: int = 0
    _last: tuple[Any, np.ndarray] | None = None
    _places: dict[str, int] = field(default_factory=dict)

    def add(self, answers: ModelAnswers, order: np.ndarray | None) -> None:
        """Add the answers of a model.

        Parameters
        ----------
        answers : ModelAnswers
        order : ndarray of int32 or None
            Numbers of the images of a list, for answers that do not name theirs.

        Raises
        ------
        InputError
            An image occurs twice for a model, or has another label than before; a row has no image.
        """
        images = self._numbers_of(answers) if order is None else _in_order(answers, order)
        prediction = None if answers.prediction is None else self.classes.codes(answers.prediction)
        if answers.label is not None:
            self._add_labels(answers, images, self.labels.codes(answers.label))
        given = np.zeros(len(images), dtype=bool)
        if prediction is not None:
            given |= prediction != NONE
        if answers.correct is not None:
            given |= answers.correct != MISSING
        self.n_without_answer += int((~given).sum())
        if not given.any():
            raise InputError(f"{answers.path}: model {answers.name!r} has no answer to any image")
        kept = slice(None) if given.all() else given
        parts = (prediction, answers.correct, answers.probability)
        new = CollectedModel(
            answers.name,
            answers.path,
            images[kept],
            *(None if each is None else each[kept] for each in parts),
        )
        place = self._places.setdefault(answers.name, len(self.models))
        if place == len(self.models):
            self.models.append(new)
        else:
            self.models[place] = self._joined(self.models[place], new)

    def _joined(self, one: CollectedModel, other: CollectedModel) -> CollectedModel:
        """Return the answers of a model from two files."""
        both = np.intersect1d(one.images, other.images)
        if len(both):
            raise InputError(
                f"{other.path}: image {self.images.texts[both[0]]!r} of model {one.name!r} is in {one.path}, "
                "too; "
                "keep one of them, or give the models different names"
            )

        def join(part: str) -> np.ndarray | None:
            first, second = getattr(one, part), getattr(other, part)
            return None if first is None else np.concatenate([first, second])  # files have the same columns

        images = np.concatenate([one.images, other.images])
        return CollectedModel(
            one.name, one.path, images, *(join(part) for part in ("prediction", "correct", "probability"))
        )

    def _numbers_of(self, answers: ModelAnswers) -> np.ndarray:
        """Return the number of each answer's image; thousands of files list the same ones."""
        if self._last is not None and self._last[0].equals(answers.image_ids):
            return self._last[1]
        if answers.image_ids.null_count:
            row = int(np.flatnonzero(answers.image_ids.is_null().to_numpy(zero_copy_only=False))[0])
            raise InputError(f"{answers.path}: model {answers.name!r}, row {row + 1}: no image")
        numbers = self.images.codes(answers.image_ids)
        counts = np.bincount(numbers, minlength=len(self.images))
        if (counts > 1).any():
            twice = self.images.texts[int((counts > 1).argmax())]
            raise InputError(
                f"{answers.path}: image {twice!r} occurs {counts.max()} times for model {answers.name!r}; "
                "keep "
                "one row of each image"
            )
        self._last = answers.image_ids, numbers
        return numbers

    def _add_labels(self, answers: ModelAnswers, images: np.ndarray, labels: np.ndarray) -> None:
        if len(self.label_of) < len(self.images):
            more = np.full(len(self.images) - len(self.label_of), NONE, dtype=np.int32)
            self.label_of = np.append(self.label_of, more)
        before = self.label_of[images]
        other = (before != NONE) & (labels != NONE) & (before != labels)
        if other.any():
            place = int(other.argmax())
            raise InputError(
                f"{answers.path}: label {self.labels.texts[labels[place]]!r} of image "
                f"{self.images.texts[images[place]]!r}, which has the label "
                f"{self.labels.texts[before[place]]!r} "
                "for another model; correct one of them"
            )
        self.label_of[images] = np.where(labels == NONE, before, labels)


def _in_order(answers: ModelAnswers, order: np.ndarray) -> np.ndarray:
    n_answers = len(answers.prediction if answers.correct is None else answers.correct)
    if n_answers != len(order):
        raise InputError(
            f"{answers.path}: {n_answers:,} answers of model {answers.name!r}, the list of images has "
            f"{len(order):,}"
        )
    return order
