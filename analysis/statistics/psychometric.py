"""Accuracy of observers as a function of graded difficulty, and the psychometric function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.estimate import Estimate, NoResult

MOST_LEVELS = 12
"""More values than these are binned."""
FEWEST_LEVELS = 4
"""With fewer a psychometric function has more parameters than it has points."""


@dataclass(frozen=True)
class Psychometric(Estimate):
    """A psychometric function, as psignifit fits it: its threshold, with a credible interval.

    The threshold is the gap at which 75% would be right (half-way between guessing and certainty, lapses
    aside).

    Attributes
    ----------
    width : float
        Gap over which the function rises from 5% to 95% of its way.
    lapse_rate, overdispersion : float
        λ and η of psignifit.
    gaps, accuracy : ndarray of float, shape (n_points,)
        The curve.
    """

    width: float
    lapse_rate: float
    overdispersion: float
    gaps: np.ndarray
    accuracy: np.ndarray


def accuracy_by(share: str, sessions: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return accuracy at each difficulty.

    Parameters
    ----------
    share : str
        The column that says it, a share of models or a difference of shares: `gap` of pairs, `image_share`.
    sessions : DataFrame
        Answers that count, joined with their trials.
    level : float
        Coverage of intervals, which are for new observers and new items.

    Returns
    -------
    DataFrame, one row a share (or a bin of shares), from small to large
        `share` (the mean of a bin) under its own name, `n_items`, `n_answers`, `n_correct`, `accuracy`,
        `low`, `high`, `reason` as in `PopulationMean`.
    """
    rows = sessions.dropna(subset=["correct", share]).astype({share: float})
    place = rows[share].round(6)
    if place.nunique() > MOST_LEVELS:
        place = np.ceil(10 * place) / 10
    levels: list[dict[str, object]] = []
    for _, group in rows.groupby(place):
        found = population_accuracy(
            group["correct"], group["participant"].astype(str), group["trial_id"].astype(str), level
        )
        levels.append(
            {
                share: group[share].mean(),
                "n_items": found.n_items,
                "n_answers": found.n_trials,
                "n_correct": int(group["correct"].sum()),
                "accuracy": found.estimate,
                "low": found.low,
                "high": found.high,
                "reason": found.reason,
            }
        )
    columns = [share, "n_items", "n_answers", "n_correct", "accuracy", "low", "high", "reason"]
    return pd.DataFrame(levels, columns=columns)


def psychometric(by_gap: pd.DataFrame, level: float) -> Psychometric | NoResult:
    """Fit a psychometric function where the design has levels; a reason where it has fewer than four.

    A cumulative normal with a guess rate of one half, fitted by psignifit (Schütt, Harmeling, Macke &
    Wichmann 2016, Vision Res. 122, 105), whose beta-binomial model lets answers scatter more than independent
    ones.  The interval is for these observers: levels count as independent, so it does not know that an
    observer may be better or worse at all of them.
    """
    if len(by_gap) < FEWEST_LEVELS:
        return NoResult(f"a psychometric function needs {FEWEST_LEVELS} levels, there are {len(by_gap)}")
    import psignifit  # pyright: ignore[reportMissingTypeStubs]

    counts = by_gap[["gap", "n_correct", "n_answers"]].to_numpy(float)
    library: Any = psignifit
    found = library.psignifit(counts, experiment_type="2AFC", sigmoid="norm", confP=(level,), verbose=False)
    estimate = found.parameter_estimate
    low, high = found.confidence_intervals["threshold"][str(level)]  # by parameter, then by coverage
    gaps = np.linspace(0, max(1.0, counts[:, 0].max()), 101)
    return Psychometric(
        float(estimate["threshold"]),
        float(low),
        float(high),
        level,
        "credible interval (psignifit: cumulative normal, beta-binomial)",
        float(estimate["width"]),
        float(estimate["lambda"]),
        float(estimate["eta"]),
        gaps,
        np.asarray(found.proportion_correct(gaps), dtype=float),
    )
