"""What the models of a pool say together: the answer that most gave, and the mistake that most made."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_IMAGES_AT_ONCE = 256
"""So many answers of 1,000 models fit into a processor's cache."""


class ModalAnswers(NamedTuple):
    """The commonest answer to each image, and the share of models that gave it; each of shape (n_images,).

    Of answers given as often, the smallest index is taken.  An index is −1, and its share 0, where there is
    no such answer.
    """

    modal_prediction: np.ndarray
    modal_share: np.ndarray
    modal_error: np.ndarray
    modal_error_share: np.ndarray


def modal_answers(predictions: np.ndarray, labels: np.ndarray) -> ModalAnswers:
    """Return how far models agree, on whatever answer and on one and the same wrong one.

    Parameters
    ----------
    predictions : ndarray of int, shape (n_models, n_images)
        Class index that each model put first; −1 where it didn't see the image.
    labels : ndarray of int, shape (n_images,)

    Returns
    -------
    ModalAnswers
        Shares are of the models that saw the image.
    """
    n_images = predictions.shape[1]
    found = ModalAnswers(*(np.empty(n_images, dtype) for dtype in (np.int32, float, np.int32, float)))
    for first in range(0, n_images, _IMAGES_AT_ONCE):
        part = slice(first, first + _IMAGES_AT_ONCE)
        answers_of_part = _modal_answers(predictions[:, part], labels[part])
        for column, values in zip(found, answers_of_part, strict=True):
            column[part] = values
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
    """Return for each row the answer whose run is longest, the smallest of equals, and its length."""
    rows = np.arange(len(answers))
    place = run_length.argmax(axis=1)
    length = run_length[rows, place]
    return np.where(length > 0, answers[rows, place], -1), length
