"""What a change of training does to decisions: each condition's models beside the base network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.statistics.pair_counts import kappa_of_tables, reference_tables
from analysis.statistics.pool_intervals import N_RESAMPLES, interval, patterns_of, resampled


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
        Mean κ, and its interval for other images and these very models.
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
    correct: np.ndarray,
    conditions: Sequence[str],
    base: int,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    n_resamples: int = N_RESAMPLES,
) -> list[BesideBase]:
    """Compare every model with the base network, and put those of one condition together.

    Intervals hold for other images and these very models, from a bootstrap over images.  What other models of
    a condition would do, its own dots show: there are too few of them for an interval.

    Parameters
    ----------
    correct : ndarray of bool, shape (n_models, n_images)
        After the last epoch.
    conditions : sequence of str, length n_models
        The condition of each model.
    base : int
        Row of the base network, which is not compared with itself.
    rng : Generator
    level : float
    n_resamples : int

    Returns
    -------
    list of BesideBase
        One a condition, in the order in which they come first.
    """
    patterns = patterns_of(correct)
    reference = patterns.correct[base]
    tables = reference_tables(patterns.correct, reference, patterns.n_images[np.newaxis])[:, 0]
    kappa = kappa_of_tables(tables)
    replicates = np.concatenate(
        [
            kappa_of_tables(reference_tables(patterns.correct, reference, weights))
            for weights in resampled(patterns.n_images, n_resamples, rng)
        ]
    )
    shares = tables / correct.shape[1]
    found = []
    for condition in dict.fromkeys(conditions):
        rows = [row for row, name in enumerate(conditions) if name == condition and row != base]
        if not rows:
            continue
        mean = float(kappa[rows].mean())
        low, high = interval(mean, replicates[:, rows].mean(axis=1), level=level)
        both_right, both_wrong = float(shares[0, rows].mean()), float(shares[3, rows].mean())
        found.append(
            BesideBase(
                condition,
                tuple(rows),
                tuple(float(each) for each in kappa[rows]),
                mean,
                low,
                high,
                both_right,
                both_wrong,
                one_right=float(shares[1:3, rows].sum(axis=0).mean()),
                accuracy=float(correct[rows].mean()),
            )
        )
    return found
