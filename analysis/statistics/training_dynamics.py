"""How decisions change during training, epoch by epoch, and between training conditions.

All take a bool array, models × epochs × images: whether a model was right on an image after an epoch.  The
first epoch is the untrained network, where that was recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.statistics.consistency_intervals import measure_consistency, pairs_between
from analysis.statistics.error_consistency import error_consistency
from analysis.statistics.estimate import Estimate


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


def forgetting_events(correct: np.ndarray) -> np.ndarray:
    """Return how often an image turned from right to wrong.

    Forgetting events [1]_, counted here at the end of each epoch, on images that no network was trained on.

    Returns
    -------
    ndarray of int, shape (n_models, n_images)
        0 both for images that were never forgotten and for those that were never right.

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
    return np.asarray(stats.poisson_binom.pmf(np.arange(len(accuracy) + 1), np.asarray(accuracy, float)))


@dataclass(frozen=True)
class ComparedWithBase(Estimate):
    """The models of one condition compared with the base network: their mean κ with it, on all images.

    The interval is for other images and these models only.  Shares are means over the condition's models, for
    two networks each: the base and one of them.

    Attributes
    ----------
    condition : str
    models : tuple of int
        Rows of the condition's models.
    kappa : tuple of float
        Error consistency of each with the base; NaN where it is undefined.
    both_right, both_wrong, one_right : float
        Shares of images that are trivial, impossible and in-between for the two.
    accuracy : float
        Mean accuracy of the condition's models.
    """

    condition: str
    models: tuple[int, ...]
    kappa: tuple[float, ...]
    both_right: float
    both_wrong: float
    one_right: float
    accuracy: float


def compare_with_base(
    correct: np.ndarray, conditions: Sequence[str], base: int, *, level: float = 0.95
) -> list[ComparedWithBase]:
    """Compare every model with the base network, and summarise those of one condition.

    Intervals hold for other images and these models only, as those of `measure_consistency`.  A condition has
    too few models for an interval for other models.

    Parameters
    ----------
    correct : ndarray of bool, shape (n_models, n_images)
        After the last epoch.
    conditions : sequence of str, length n_models
        The condition of each model.
    base : int
        Row of the base network, which is not compared with itself.
    level : float

    Returns
    -------
    list of ComparedWithBase
        One a condition, in the order in which they come first.
    """
    kappa = error_consistency(correct)[base]
    both_right = (correct & correct[base]).mean(axis=1)
    one_right = (correct != correct[base]).mean(axis=1)
    found: list[ComparedWithBase] = []
    for condition in dict.fromkeys(conditions):
        rows = [row for row, name in enumerate(conditions) if name == condition and row != base]
        if not rows:
            continue
        consistency = measure_consistency(correct, pairs_between([base], rows), level=level)
        found.append(
            ComparedWithBase(
                consistency.estimate,
                consistency.low,
                consistency.high,
                level,
                consistency.method,
                condition,
                tuple(rows),
                tuple(float(each) for each in kappa[rows]),
                reason=consistency.reason,
                both_right=float(both_right[rows].mean()),
                both_wrong=float(1 - both_right[rows].mean() - one_right[rows].mean()),
                one_right=float(one_right[rows].mean()),
                accuracy=float(correct[rows].mean()),
            )
        )
    return found
