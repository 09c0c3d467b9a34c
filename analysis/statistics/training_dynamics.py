"""How decisions change while networks are trained: pure functions of right and wrong, epoch by epoch.

All take a bool array, models × epochs × images: whether a model was right on an image after an epoch.  The
first epoch is the untrained network, where that was recorded.
"""

from __future__ import annotations

import numpy as np
from scipy import stats


def accuracy_by_epoch(correct: np.ndarray) -> np.ndarray:
    """Return the accuracy after each epoch, shape (n_models, n_epochs)."""
    return correct.mean(axis=2)


def flip_share(correct: np.ndarray) -> np.ndarray:
    """Return the share of images that turned from right to wrong or back, from each epoch to the next.

    Returns
    -------
    ndarray of float, shape (n_models, n_epochs − 1)
    """
    return (correct[:, 1:] != correct[:, :-1]).mean(axis=2)


def right_for_good(correct: np.ndarray) -> np.ndarray:
    """Return the first epoch from which an image stays right up to the last.

    Returns
    -------
    ndarray of int, shape (n_models, n_images)
        Index of the epoch; −1 where the image is wrong after the last one.
    """
    n_epochs = correct.shape[1]
    wrong_from_the_end = ~correct[:, ::-1]
    last_run = np.where(wrong_from_the_end.any(axis=1), wrong_from_the_end.argmax(axis=1), n_epochs)
    return np.where(last_run > 0, n_epochs - last_run, -1)


def first_right(correct: np.ndarray) -> np.ndarray:
    """Return the first epoch after which an image is right.

    Returns
    -------
    ndarray of int, shape (n_models, n_images)
        Index of the epoch; −1 where it never is.
    """
    return np.where(correct.any(axis=1), correct.argmax(axis=1), -1)


def forgetting_events(correct: np.ndarray) -> np.ndarray:
    """Return how often an image turned from right to wrong.

    Forgetting events [1]_, counted here at the end of each epoch, on images that no network was trained on.

    Returns
    -------
    ndarray of int, shape (n_models, n_images)
        0 both for images that were never forgotten and for those that were never right (`first_right` −1).

    References
    ----------
    .. [1] Toneva, M., Sordoni, A., Tachet des Combes, R., Trischler, A., Bengio, Y., & Gordon, G. J. (2019).
       An empirical study of example forgetting during deep neural network learning. ICLR.
    """
    return (correct[:, :-1] & ~correct[:, 1:]).sum(axis=1)


def independent_histogram(accuracy: np.ndarray) -> np.ndarray:
    """Return the share of images that 0, 1, … all models get right if they err independently.

    The Poisson binomial distribution, exactly.

    Parameters
    ----------
    accuracy : ndarray of float, shape (n_models,)

    Returns
    -------
    ndarray of float, shape (n_models + 1,)
        Sums to 1.
    """
    return stats.poisson_binom(np.asarray(accuracy, dtype=float)).pmf(np.arange(len(accuracy) + 1))
