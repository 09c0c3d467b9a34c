"""The commonest answer of a pool's models to each image, and their commonest error."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_IMAGES_AT_ONCE = 256
"""Number of images whose answers by 1,000 models fit into a processor's cache."""


class ModalAnswers(NamedTuple):
    """The commonest answer to each image, and the share of models that gave it; each of shape (n_images,).

    Of equally common answers, the one with the smallest index is taken.  Where there is no such answer, the
    index is −1 and the share 0.  Where the answers to an image are not all known, the index is −1 and the
    share NaN: of models that are wrong in ways that nobody recorded, the commonest answer cannot be known.
    """

    modal_prediction: np.ndarray
    modal_share: np.ndarray
    modal_error: np.ndarray
    modal_error_share: np.ndarray


def modal_answers(
    predictions: np.ndarray, labels: np.ndarray, complete: np.ndarray | None = None
) -> ModalAnswers:
    """Return the commonest answer and the commonest error, with the share of models that gave them.

    Parameters
    ----------
    predictions : ndarray of int, shape (n_models, n_images)
        Top-1 class index of each model; −1 where it did not see the image.
    labels : ndarray of int, shape (n_images,)
    complete : ndarray of bool, shape (n_images,), optional
        Images to which all answers are known; by default all.

    Returns
    -------
    ModalAnswers
        Shares refer to the models that saw the image.
    """
    n_images = predictions.shape[1]
    found = ModalAnswers(*(np.empty(n_images, dtype) for dtype in (np.int32, float, np.int32, float)))
    for first in range(0, n_images, _IMAGES_AT_ONCE):
        part = slice(first, first + _IMAGES_AT_ONCE)
        answers_of_part = _modal_answers(predictions[:, part], labels[part])
        for column, values in zip(found, answers_of_part, strict=True):
            column[part] = values
    if complete is not None:
        for column in found:
            column[~complete] = -1 if column.dtype.kind == "i" else np.nan
    return found


def _modal_answers(predictions: np.ndarray, labels: np.ndarray) -> ModalAnswers:
    answers = np.sort(np.ascontiguousarray(predictions.T), axis=1)  # equal answers are next to each other
    places = np.arange(answers.shape[1], dtype=np.int32)
    new = np.ones(answers.shape, dtype=bool)
    new[:, 1:] = answers[:, 1:] != answers[:, :-1]
    run_length = 1 + places - np.maximum.accumulate(np.where(new, places, 0), axis=1)
    run_length[answers < 0] = 0
    n_models = (answers >= 0).sum(axis=1)
    modal, votes = _longest(answers, run_length)
    run_length[answers == labels[:, None]] = 0
    error, wrong_votes = _longest(answers, run_length)
    of_seen = np.maximum(n_models, 1)
    return ModalAnswers(modal, votes / of_seen, error, wrong_votes / of_seen)


def _longest(answers: np.ndarray, run_length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each row the answer with the longest run (of ties the smallest), and its length."""
    rows = np.arange(len(answers))
    place = run_length.argmax(axis=1)
    length = run_length[rows, place]
    return np.where(length > 0, answers[rows, place], -1), length
