"""How often would one subject have to copy another to be as consistent with it as it is?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class CopyModel(NamedTuple):
    """Two subjects, one of whom copies the other's answer in some trials and answers alone in the rest.

    Attributes
    ----------
    probability : ndarray of float
        Of copying; below 0, of giving the opposite: right where the other is wrong.
    accuracy_alone : ndarray of float, in [0, 1]
        The copier's in the trials in which nothing is copied; NaN where there are none, or where subjects
        of these accuracies can't have that κ (`kappa_bounds`).
    """

    probability: np.ndarray
    accuracy_alone: np.ndarray


def copy_model(kappa: ArrayLike, source_accuracy: ArrayLike, copier_accuracy: ArrayLike) -> CopyModel:
    r"""Return how often one subject would have to copy another to be this consistent with it.

    The copier gives the source's answer with probability c and else answers alone, with accuracy u [1]_.
    Then :math:`a_2 = c\, a_1 + (1 - c)\, u`, the covariance of being right is :math:`c\, a_1 (1 - a_1)`, and

    .. math:: c = \kappa \, \frac{1 - c_{exp}}{2 a_1 (1 - a_1)}.

    With equal accuracies c is κ itself.  Below 0 the copier gives the opposite with probability :math:`|c|`.

    Parameters
    ----------
    kappa : array_like of float
    source_accuracy, copier_accuracy : array_like of float, in (0, 1)

    References
    ----------
    .. [1] Klein, T., Meyen, S., Brendel, W., Wichmann, F. A., & Meding, K. (2025). Quantifying uncertainty in
       error consistency: towards reliable behavioral comparison of classifiers. NeurIPS (arXiv:2507.06645).
    """
    k, a, b = (np.asarray(each, dtype=float) for each in (kappa, source_accuracy, copier_accuracy))
    with np.errstate(divide="ignore", invalid="ignore"):
        c = k * (a * (1 - b) + b * (1 - a)) / (2 * a * (1 - a))
        alone = (b - np.abs(c) * np.where(c < 0, 1 - a, a)) / (1 - np.abs(c))
    possible = (np.abs(c) < 1) & (alone > -1e-9) & (alone < 1 + 1e-9)
    return CopyModel(c, np.where(possible, np.clip(alone, 0, 1), np.nan))
