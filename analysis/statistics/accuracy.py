"""How often are people right, and how sure is that: of each observer, and of observers and items to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from analysis.statistics.clusters import Spread, spread_of
from analysis.statistics.estimate import Estimate
from tricky.core.errors import InputError

Answers = ArrayLike | Sequence[bool | None]
"""Bools, with None, NaN or NA where a trial has no right answer."""


@dataclass(frozen=True)
class PopulationAccuracy(Estimate):
    """Proportion correct of the population over all trials, with its interval for new observers *and* items.

    Attributes
    ----------
    standard_error : float
        Of the estimate; NaN where the data cannot give one.
    degrees_of_freedom, skewness : float
        Of the t distribution that the interval rests on, and of the estimate; NaN likewise.
    n_observers, n_items, n_trials : int
        What the estimate rests on; trials without a right answer are not among them.
    """

    standard_error: float
    degrees_of_freedom: float
    skewness: float
    n_observers: int
    n_items: int
    n_trials: int

    def p_value(self, value: float) -> float:
        """Test a proportion correct: chance, or one that others published; two-sided.

        By what the interval was made with: below 1 − `level` just where the interval leaves `value` out.  NaN
        where there is no interval.

        Parameters
        ----------
        value : float, in (0, 1)
            Taken as known without error.
        """
        if self.estimate in (0.0, 1.0):
            n = min(self.n_observers, self.n_items)
            return float(stats.binomtest(round(self.estimate * n), n, value).pvalue) if n > 1 else np.nan
        if np.isnan(self.standard_error):
            return np.nan
        spread = Spread(self.standard_error, self.degrees_of_freedom, self.skewness, (), ())
        return spread.p_value(self.estimate, value)


def population_accuracy(
    correct: Answers, observer: ArrayLike, item: ArrayLike, level: float = 0.95
) -> PopulationAccuracy:
    r"""Estimate the proportion correct that new observers reach on new items.

    Trials of one observer are alike, and so are trials on one item, so both count as clusters: the standard
    error is the two-way cluster-robust one, with the degrees of freedom of `clusters.spread_of`.
    The interval rests on a t distribution and on Hall's transformation, which undoes the skewness that
    proportions near 0 or 1 have where a few observers (or items) make up most of the variance; limits are
    cut at 0 and 1.

    ``benchmarks/coverage.py`` simulates studies with crossed observers and items, and prints how often the
    interval holds the true value.

    Where all trials are right (or all wrong) no variance can be estimated; then the interval is the exact
    binomial one [1]_ for as many independent answers as there are clusters in the smaller set, the worst
    that dependence could do.

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
    PopulationAccuracy

    Raises
    ------
    InputError
        The arrays differ in length, no answer is left, or `correct` holds more than right and wrong.

    References
    ----------
    .. [1] Clopper, C. J., & Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in
       the case of the binomial. Biometrika, 26(4), 404–413.
    """
    check_level(level)
    answers, [(observers, observer_names), (items, item_names)] = answered(correct, observer, item)
    n_trials, n_observers, n_items = len(answers), len(observer_names), len(item_names)
    estimate = float(answers.mean())
    n_fewest = min(n_observers, n_items)

    def result(
        low: float, high: float, method: str | None, spread: Spread | None = None, reason: str | None = None
    ):
        of = Spread(np.nan, np.nan, np.nan, (), ()) if spread is None else spread
        return PopulationAccuracy(
            estimate,
            low,
            high,
            level,
            method,
            of.error,
            of.df,
            of.skewness,
            n_observers,
            n_items,
            n_trials,
            reason=reason,
        )

    if n_fewest < 2:
        lacking = "observer" if n_observers < 2 else "item"
        return result(np.nan, np.nan, None, reason=f"one {lacking} tells nothing of others")
    if estimate in (0.0, 1.0):
        successes = round(estimate * n_fewest)
        exact = stats.binomtest(successes, n_fewest).proportion_ci(level, method="exact")
        return result(
            exact.low, exact.high, "exact binomial (Clopper–Pearson) over the smaller number of clusters"
        )
    spread = spread_of((answers - estimate) / n_trials, observers, items)
    low, high = spread.interval(estimate, level)
    method = "two-way cluster-robust (observers and items), t with Hall's correction for skewness"
    return result(max(low, 0.0), min(high, 1.0), method, spread)


def next_observer_interval(correct: Answers, observer: ArrayLike, level: float = 0.95) -> Estimate:
    r"""Predict the proportion correct of the next observer of the same items.

    For one more person from the same population who does the same session: the prediction interval of a
    normal distribution, :math:`m \pm t_{n-1}\, s \sqrt{1 + 1/n}`, of the observers' logits, each with
    half a right and half a wrong answer added.

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
        The middle of the prediction, at :math:`m`, and between which proportions it will most likely lie.

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
    middle = float(special.expit(logits.mean()))
    if n < 2:
        return Estimate(middle, np.nan, np.nan, level, None, reason="one observer tells nothing of others")
    reach = stats.t.ppf((1 + level) / 2, n - 1) * logits.std(ddof=1) * np.sqrt(1 + 1 / n)
    low, high = special.expit(logits.mean() + reach * np.array([-1, 1]))
    method = "for the next observer of these items: prediction interval of a normal distribution of logits"
    return Estimate(middle, float(low), float(high), level, method)


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
    from statsmodels.stats.proportion import proportion_confint

    check_level(level)
    answers, [(codes, names)] = answered(correct, observer)
    n_trials = np.bincount(codes)
    n_correct = np.bincount(codes, weights=answers).astype(int)
    low, high = proportion_confint(n_correct, n_trials, alpha=1 - level, method="wilson")
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


def answered(correct: Answers, *groups: ArrayLike) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Return the answers that were given, 0 or 1, and for each grouping its codes and sorted names."""
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


def check_level(level: float) -> None:
    """Refuse a coverage that is none."""
    if not 0 < level < 1:
        raise InputError(f"level is {level}, but a coverage lies between 0 and 1: write 0.95 for 95%")
