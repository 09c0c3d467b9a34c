"""How often are people right, and how sure is that: of each observer, and of observers and items to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from model_eval.artefacts import InputError

Answers = ArrayLike | Sequence[bool | None]
"""Bools, with None, NaN or NA where a trial has no right answer."""


@dataclass(frozen=True)
class PopulationAccuracy:
    """Proportion correct of the population, with its interval.

    Attributes
    ----------
    estimate : float
        Proportion correct over all trials.
    low, high : float
        Interval for new observers *and* new items; NaN where the data cannot give one.
    level : float
        Coverage that the interval is built for.
    method : str
        How the interval was made, or why there is none: for people to read.
    standard_error : float
        Of the estimate; NaN where the data cannot give one.
    degrees_of_freedom : float
        Of the t distribution that the interval rests on; NaN likewise.
    n_observers, n_items, n_trials : int
        What the estimate rests on; trials without a right answer are not among them.
    """

    estimate: float
    low: float
    high: float
    level: float
    method: str
    standard_error: float
    degrees_of_freedom: float
    n_observers: int
    n_items: int
    n_trials: int


def population_accuracy(
    correct: Answers, observer: ArrayLike, item: ArrayLike, level: float = 0.95
) -> PopulationAccuracy:
    r"""Estimate the proportion correct that new observers reach on new items.

    Trials of one observer are alike, and so are trials on one item, so both count as clusters. The variance
    of the mean is the two-way cluster-robust one [1]_,

    .. math:: V = V_{observer} + V_{item} - V_{observer \cap item}, \qquad
              V_g = \frac{G}{G - 1} \frac{1}{N^2} \sum_{c=1}^{G} \Bigl(\sum_{n \in c} e_n\Bigr)^2

    with residuals e, N trials and G clusters. Where it comes out at 0 or below, as it can when neither
    observers nor items differ beyond chance, the variance of independent trials (the last term) takes its
    place. The interval is built on the logit scale (delta method), hence inside (0, 1), with the quantile of
    a t distribution whose degrees of freedom follow Satterthwaite [2]_,

    .. math:: \nu = V^2 \Big/ \Bigl(\frac{V_{observer}^2}{G_{observer} - 1} +
              \frac{V_{item}^2}{G_{item} - 1}\Bigr),

    but are never fewer than the smaller number of clusters less one: these alone, the usual choice, make
    intervals that cover more than they say where few observers see many items that differ a lot.

    ``benchmarks/coverage.py`` simulates studies with crossed observers and items, and prints how often the
    interval holds the true value. It falls short where the variance comes almost wholly from a few clusters
    (about 20 or fewer) with an accuracy near 0 or 1.

    Where all trials are right (or all wrong) no variance can be estimated; then the interval is the exact
    binomial one [3]_ for as many independent answers as there are clusters in the smaller set, the worst
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
    .. [1] Cameron, A. C., Gelbach, J. B., & Miller, D. L. (2011). Robust inference with multiway clustering.
       Journal of Business & Economic Statistics, 29(2), 238–249, eq. 2.13.
    .. [2] Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance components.
       Biometrics Bulletin, 2(6), 110–114.
    .. [3] Clopper, C. J., & Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in
       the case of the binomial. Biometrika, 26(4), 404–413.
    """
    _check_level(level)
    answers, [(observers, observer_names), (items, item_names)] = _answered(correct, observer, item)
    n_trials, n_observers, n_items = len(answers), len(observer_names), len(item_names)
    estimate = float(answers.mean())
    n_fewest = min(n_observers, n_items)

    def result(low: float, high: float, method: str, error: float = np.nan, df: float = np.nan):
        return PopulationAccuracy(
            estimate, low, high, level, method, error, df, n_observers, n_items, n_trials
        )

    if n_fewest < 2:
        lacking = "observer" if n_observers < 2 else "item"
        return result(np.nan, np.nan, f"no interval: one {lacking} tells nothing of others")
    if estimate in (0.0, 1.0):
        successes = round(estimate * n_fewest)
        exact = stats.binomtest(successes, n_fewest).proportion_ci(level, method="exact")
        return result(
            exact.low, exact.high, "exact binomial (Clopper–Pearson) over the smaller number of clusters"
        )

    residuals = answers - estimate
    pairs = pd.factorize(observers * n_items + items)[0]
    by_observer, by_item, by_pair = (_cluster_variance(residuals, c) for c in (observers, items, pairs))
    variance = by_observer + by_item - by_pair
    if variance <= 0:
        variance = by_pair
    spread = by_observer**2 / (n_observers - 1) + by_item**2 / (n_items - 1)
    # A spread of 0 (all observers and all items alike to the last trial) leaves the normal distribution.
    df = max(variance**2 / spread, n_fewest - 1) if spread > 0 else np.inf
    error = float(np.sqrt(variance))
    centre = special.logit(estimate)
    half_width = stats.t.ppf((1 + level) / 2, df) * error / (estimate * (1 - estimate))
    return result(
        float(special.expit(centre - half_width)),
        float(special.expit(centre + half_width)),
        "two-way cluster-robust (observers and items), t on the logit scale",
        error,
        float(df),
    )


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

    _check_level(level)
    answers, [(codes, names)] = _answered(correct, observer)
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


def _answered(correct: Answers, *groups: ArrayLike) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
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


def _cluster_variance(residuals: np.ndarray, cluster: np.ndarray) -> float:
    """Return the one-way cluster-robust variance of a mean; `cluster` holds codes 0 … G−1."""
    sums = np.bincount(cluster, weights=residuals)
    return len(sums) / (len(sums) - 1) * float(np.square(sums).sum()) / len(residuals) ** 2


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise InputError(f"level is {level}, but a coverage lies between 0 and 1: write 0.95 for 95%")
