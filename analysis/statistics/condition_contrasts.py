"""What a change of training does to decisions: each condition's models beside the base network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.statistics.consistency_intervals import measure_consistency, pairs_between
from analysis.statistics.error_consistency import error_consistency


@dataclass(frozen=True)
class BesideBase:
    """The models of one condition beside the base network, on all images.

    Shares are means over the condition's models, for two networks each: the base and one of them.

    Attributes
    ----------
    condition : str
    models : tuple of int
        Rows of the condition's models.
    kappa : tuple of float
        Error consistency of each with the base; NaN where it is undefined.
    mean, low, high : float
        Mean κ of those that have one, and its interval for other images and these very models.
    both_right, both_wrong, one_right : float
        Shares of images that are trivial, impossible and in-between for the two.
    accuracy : float
        Mean accuracy of the condition's models.
    """

    condition: str
    models: tuple[int, ...]
    kappa: tuple[float, ...]
    mean: float
    low: float
    high: float
    both_right: float
    both_wrong: float
    one_right: float
    accuracy: float


def beside_base(
    correct: np.ndarray, conditions: Sequence[str], base: int, *, level: float = 0.95
) -> list[BesideBase]:
    """Compare every model with the base network, and put those of one condition together.

    Intervals hold for other images and these very models, as those of `measure_consistency`.  What other
    models of a condition would do, its own dots show: there are too few of them for an interval.

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
    list of BesideBase
        One a condition, in the order in which they come first.
    """
    kappa = error_consistency(correct)[base]
    both_right = (correct & correct[base]).mean(axis=1)
    one_right = (correct != correct[base]).mean(axis=1)
    found = []
    for condition in dict.fromkeys(conditions):
        rows = [row for row, name in enumerate(conditions) if name == condition and row != base]
        if not rows:
            continue
        consistency = measure_consistency(correct, pairs_between([base], rows), level=level)
        found.append(
            BesideBase(
                condition,
                tuple(rows),
                tuple(float(each) for each in kappa[rows]),
                consistency.estimate,
                consistency.low,
                consistency.high,
                both_right=float(both_right[rows].mean()),
                both_wrong=float(1 - both_right[rows].mean() - one_right[rows].mean()),
                one_right=float(one_right[rows].mean()),
                accuracy=float(correct[rows].mean()),
            )
        )
    return found
