"""Accuracy of each item over observers: as counted, and shrunk towards the mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, special

from analysis.columns import ABOUT_TRIALS

LARGEST_STRENGTH = 1e4
"""Of the prior, in answers: beyond it items are all alike."""


def trial_accuracy(sessions: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """Return how many answers to each trial were right, the hardest trial for people first.

    Parameters
    ----------
    sessions : DataFrame, one row a trial of a session
        As `analysis.data.sessions.read_sessions` returns it; rows without a right answer are left out.
    trials : DataFrame
        As `analysis.data.trials.trials_of` returns it.

    Returns
    -------
    DataFrame, one row a trial that has an answer
        `trial_id`, `n_answers`, `n_correct`, `accuracy`, `shrunk_accuracy` (see `shrunk`),
        `median_response_time_s`; then what `trials_of` says of its items.  Sorted by accuracy; of trials
        alike in it, those with more answers come first, then by `trial_id`.
    """
    scored = sessions.dropna(subset="correct").astype({"correct": int, "trial_id": str})
    by_trial = scored.groupby("trial_id")
    table = by_trial["correct"].agg(n_answers="size", n_correct="sum").reset_index()
    table["accuracy"] = table["n_correct"] / table["n_answers"]
    table["shrunk_accuracy"] = shrunk(table["n_correct"].to_numpy(), table["n_answers"].to_numpy())
    table["median_response_time_s"] = by_trial["response_time"].median().to_numpy()
    table = table.join(trials.drop(columns=list(ABOUT_TRIALS)), on="trial_id")
    return table.sort_values(
        ["accuracy", "n_answers", "trial_id"], ascending=[True, False, True], ignore_index=True
    )


def answer_matrix(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return whether each observer was right on each trial at first: 1, 0, or NaN where not seen."""
    scored = sessions.dropna(subset="correct").astype({"participant": str, "trial_id": str, "correct": float})
    return scored.pivot_table(index="participant", columns="trial_id", values="correct", aggfunc="first")


def shrunk(n_correct: np.ndarray, n_answers: np.ndarray) -> np.ndarray:
    r"""Return each item's accuracy shrunk towards the mean of all, the more so the fewer answers it has.

    With :math:`k_i \sim \mathrm{Binomial}(n_i, p_i)` and :math:`p_i \sim \mathrm{Beta}(a, b)`, the mean of
    :math:`p_i` given :math:`k_i` is :math:`(a + k_i) / (a + b + n_i)`; the mean of the prior, a / (a + b), is
    that of all answers, and a + b maximises the likelihood of all items together (empirical Bayes; Efron &
    Morris 1975, J. Am. Stat. Assoc. 70, 311). Where items differ no more than
    by chance, all get the common accuracy.

    Parameters
    ----------
    n_correct, n_answers : ndarray of int, shape (n_items,)
    """
    mean = float(n_correct.sum() / n_answers.sum())
    if len(n_correct) < 2 or mean in (0.0, 1.0):
        return np.full(len(n_correct), mean)

    def loss(log_strength: float) -> float:
        # The mean is held at the observed one, which leaves one number to find.
        strength = float(np.exp(log_strength))
        a, b = mean * strength, (1 - mean) * strength
        library: Any = special
        return -float((library.betaln(a + n_correct, b + n_answers - n_correct) - library.betaln(a, b)).sum())

    library: Any = optimize
    found = library.minimize_scalar(loss, bounds=(-5, np.log(LARGEST_STRENGTH)), method="bounded")
    strength = float(np.exp(found.x))
    if strength > 0.99 * LARGEST_STRENGTH:
        return np.full(len(n_correct), mean)
    return (mean * strength + n_correct) / (strength + n_answers)
