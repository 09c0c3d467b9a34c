"""How often are people right? Accuracy of each observer, of the population, and of the next observer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from analysis.statistics.estimate import Estimate, at_least_two, check_level
from analysis.statistics.population_mean import PopulationMean, population_mean
from tricky.core.errors import InputError

Answers = ArrayLike | Sequence[bool | None]
"""Bools, with None, NaN or NA where a trial has no right answer."""


def population_accuracy(
    correct: Answers, observer: ArrayLike, item: ArrayLike, level: float = 0.95
) -> PopulationMean:
    """Estimate the proportion correct that new observers reach on new items.

    The `population_mean` between 0 and 1: two-way cluster-robust standard error, score interval on the logit
    scale (`analysis.statistics.share_interval`).  Where all answers are right (or all are wrong) no variance
    can be estimated; the interval is then the exact binomial one for as many independent answers as there
    are clusters in the smaller set, which is the worst that dependence can do.

    ``benchmarks/coverage_accuracy.py`` simulates studies with crossed observers and items, and counts how
    often the interval holds the true value.

    Parameters
    ----------
    correct : array_like of bool, shape (n_trials,)
        Whether the answer was right; missing values (NA, NaN, None) are left out.
    observer, item : array_like, shape (n_trials,)
        Who answered, and to what. In a choice between two images the item is the pair.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    PopulationMean

    Raises
    ------
    InputError
        The arrays differ in length, no answer is left, or `correct` holds more than right and wrong.
    """
    check_level(level)
    answers, [(observers, _), (items, _)] = answered(correct, observer, item)
    return population_mean(answers, observers, items, level, bounds=(0.0, 1.0))


def next_observer_interval(correct: Answers, observer: ArrayLike, level: float = 0.95) -> Estimate:
    r"""Predict the proportion correct of the next observer of the same items.

    The prediction is for one more person from the same population who does the same session.  It is the
    prediction interval of a normal distribution, :math:`m \pm t_{n-1}\, s \sqrt{1 + 1/n}`, of the observers'
    logits, each with half a right and half a wrong answer added.  Middle and limits are converted back to
    proportions of right answers without these two, between 0 and 1.

    Parameters
    ----------
    correct : array_like of bool, shape (n_trials,)
        Whether the answer was right; missing values are left out.
    observer : array_like, shape (n_trials,)
        Who answered.
    level : float
        Probability, between 0 and 1.

    Returns
    -------
    Estimate
        The middle of the prediction, at :math:`m`, and the limits between which the next observer's
        proportion correct will lie with this probability.

    Raises
    ------
    InputError
        As `population_accuracy`.
    """
    check_level(level)
    answers, [(codes, _)] = answered(correct, observer)
    n_trials = np.bincount(codes)
    n_correct = np.bincount(codes, weights=answers)
    n = len(n_trials)
    logits = special.logit((n_correct + 0.5) / (n_trials + 1))
    reach, reason = np.nan, None
    if n < 2:
        reason = at_least_two("observer")
    elif np.ptp(logits) < 1e-12:
        reason = "all observers are right equally often, so nothing shows how much others would differ"
    else:
        reach = stats.t.ppf((1 + level) / 2, n - 1) * logits.std(ddof=1) * np.sqrt(1 + 1 / n)
    smoothed = special.expit([logits.mean() - reach, logits.mean(), logits.mean() + reach])
    n_each = n_trials.mean()
    low, middle, high = np.clip((smoothed * (n_each + 1) - 0.5) / n_each, 0, 1).tolist()
    method = "for the next observer of these items: prediction interval of a normal distribution of logits"
    return Estimate(middle, low, high, level, None if reason else method, reason=reason)


def observer_accuracy(correct: Answers, observer: ArrayLike, level: float = 0.95) -> pd.DataFrame:
    """Return each observer's proportion correct with its Wilson interval, for this observer and these items.

    Parameters
    ----------
    correct : array_like of bool, shape (n_trials,)
        Whether the answer was right; missing values are left out.
    observer : array_like, shape (n_trials,)
        Who answered.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    DataFrame, one row an observer, sorted by `observer`
        Index `observer`; columns `n_trials`, `n_correct`, `accuracy`, `low`, `high`.

    Raises
    ------
    InputError
        As `population_accuracy`.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of
    the American Statistical Association, 22(158), 209–212.
    """
    check_level(level)
    answers, [(codes, names)] = answered(correct, observer)
    n_trials = np.bincount(codes)
    n_correct = np.bincount(codes, weights=answers).astype(int)
    low, high = wilson_interval(n_correct, n_trials, level)
    return pd.DataFrame(
        {
            "n_trials": n_trials,
            "n_correct": n_correct,
            "accuracy": n_correct / n_trials,
            "low": low,
            "high": high,
        },
        index=pd.Index(names, name="observer"),
    )


def wilson_interval(
    n_correct: ArrayLike, n_trials: ArrayLike, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's score interval of one proportion or of many, for independent trials.

    Parameters
    ----------
    n_correct, n_trials : array_like of int
    level : float
        Coverage, between 0 and 1.
    """
    import statsmodels.stats.proportion as proportion  # pyright: ignore[reportMissingTypeStubs]

    library: Any = proportion
    limits = library.proportion_confint(
        np.asarray(n_correct), np.asarray(n_trials), alpha=1 - level, method="wilson"
    )
    return np.asarray(limits[0], float), np.asarray(limits[1], float)


def answered(correct: Answers, *groups: ArrayLike) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Return the answers that are not missing, 0 or 1, and for each grouping its codes and sorted names."""
    try:
        answers = pd.array(np.asarray(correct), dtype="boolean")
    except (TypeError, ValueError) as error:
        raise InputError(f"correct holds more than right and wrong ({error}); pass bools, or NA") from None
    arrays = [np.asarray(group) for group in groups]
    if any(len(array) != len(answers) for array in arrays):
        raise InputError(
            f"correct has {len(answers)} trials, its groupings have {[len(a) for a in arrays]}; "
            "pass arrays of the same length"
        )
    given = ~np.asarray(answers.isna())
    if not given.any():
        raise InputError("no trial has a right or wrong answer; there is no accuracy to report")
    factorized = [pd.factorize(array[given], sort=True) for array in arrays]
    if any((codes < 0).any() for codes, _ in factorized):
        raise InputError("a trial lacks its observer or its item; name both for every trial")
    return answers[given].to_numpy(float), factorized
