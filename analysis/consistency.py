"""Error consistency: whether two subjects err on the same items beyond what their accuracies explain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from model_eval.artefacts import InputError


@dataclass(frozen=True)
class ConsistencySummary:
    """The error consistencies of all pairs of subjects, each pair once.

    Attributes
    ----------
    mean, sd, low, high : float
        Mean, standard deviation (n − 1), smallest and largest κ; NaN where too few pairs have one.
    n_pairs : int
        Number of pairs whose κ is defined.
    n_undefined : int
        Number of pairs without one.
    """

    mean: float
    sd: float
    low: float
    high: float
    n_pairs: int
    n_undefined: int


def error_consistency(correct: ArrayLike, observed: ArrayLike | None = None) -> np.ndarray:
    r"""Return the error consistency κ of every pair of subjects.

    κ is Cohen's kappa of being right [1]_: agreement beyond what two independent subjects of the same
    accuracies show,

    .. math:: \kappa = \frac{c_{obs} - c_{exp}}{1 - c_{exp}}, \qquad
              c_{exp} = a_1 a_2 + (1 - a_1)(1 - a_2),

    where :math:`c_{obs}` is the share of items on which both are right or both wrong, and the accuracies
    :math:`a_1, a_2` are taken over the items that both saw. Its sign is kept: below 0, subjects err on
    different items.

    Parameters
    ----------
    correct : array_like of bool, shape (n_subjects, n_items)
        Whether each subject (an observer, a model) was right on each item.
    observed : array_like of bool, shape (n_subjects, n_items), optional
        Whether each subject saw the item at all; where not, `correct` is ignored. Default: all saw all.

    Returns
    -------
    ndarray of float, shape (n_subjects, n_subjects)
        Symmetric; 1 on the diagonal where it is defined. NaN where κ can't tell anything: where one of the
        two was right on every common item, or wrong on every one, since the agreement that is observed is
        then the agreement that is expected, whatever the other does; and where no item is common.

    Raises
    ------
    InputError
        `correct` is not a two-dimensional array of bools, or `observed` is not one of the same shape.

    References
    ----------
    .. [1] Geirhos, R., Meding, K., & Wichmann, F. A. (2020). Beyond accuracy: quantifying trial-by-trial
       behaviour of CNNs and humans by measuring error consistency. NeurIPS 33, 13890–13902, eqs. 1 and 3.
    """
    right = _as_bool(correct, "correct")
    seen = np.ones_like(right) if observed is None else _as_bool(observed, "observed")
    if seen.shape != right.shape:
        raise InputError(f"observed has shape {seen.shape}, correct {right.shape}; they must be the same")

    # Counts of items from matrix products, one entry a pair; below 2**24 whole numbers are exact in float32.
    dtype = np.float32 if right.shape[1] < 2**24 else np.float64
    x = (right & seen).astype(dtype)
    n_both = (x @ x.T).astype(float)
    if observed is None:
        n_common = np.full(n_both.shape, float(right.shape[1]))
        n_row = np.broadcast_to(np.diag(n_both)[:, np.newaxis], n_both.shape)
    else:
        s = seen.astype(dtype)
        n_common = (s @ s.T).astype(float)
        n_row = (x @ s.T).astype(float)
    n_column = n_row.T
    # κ with numerator and denominator times n_common², so that whole numbers decide whether it is defined.
    n_agree = n_common - n_row - n_column + 2 * n_both
    expected = n_row * n_column + (n_common - n_row) * (n_common - n_column)
    uninformative = (n_row * (n_common - n_row) == 0) | (n_column * (n_common - n_column) == 0)
    kappa = np.full(n_common.shape, np.nan)
    np.divide(n_common * n_agree - expected, n_common**2 - expected, out=kappa, where=~uninformative)
    return kappa


def summarise_pairs(kappa: np.ndarray) -> ConsistencySummary:
    """Summarise a matrix of `error_consistency` over pairs of different subjects, shape (n, n)."""
    pairs = kappa[np.triu_indices(len(kappa), k=1)]
    defined = pairs[~np.isnan(pairs)]
    n_undefined = len(pairs) - len(defined)
    if len(defined) == 0:
        return ConsistencySummary(np.nan, np.nan, np.nan, np.nan, 0, n_undefined)
    sd = float(defined.std(ddof=1)) if len(defined) > 1 else np.nan
    return ConsistencySummary(
        float(defined.mean()), sd, float(defined.min()), float(defined.max()), len(defined), n_undefined
    )


def _as_bool(values: ArrayLike, name: str) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != 2 or array.dtype != bool:
        raise InputError(
            f"{name} is {array.dtype} with {array.ndim} dimension(s); pass bools, subjects × items, "
            "with what a subject did not see in `observed`"
        )
    return array
