"""How often are people right?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from analysis.statistics.accuracy import next_observer_interval, observer_accuracy, population_accuracy
from analysis.statistics.estimate import Estimate, Result
from analysis.statistics.population_mean import PopulationMean
from analysis.tables.trials import answered, checked_trials, once_each

Repeats = Literal["refuse", "keep"]
KEEP = ", or pass repeats='keep' if both count"


@dataclass(frozen=True)
class AccuracyAnalysis(Result):
    """How often people are right.

    Attributes
    ----------
    population : PopulationMean
        Accuracy of new observers on new items; ``population.p_value(0.5)`` tests it against chance.
    next_observer : Estimate
        Accuracy of one more observer of these items.
    observers : DataFrame, index observer
        Accuracy of each observer, as `observer_accuracy` returns it.
    """

    population: PopulationMean
    next_observer: Estimate
    observers: pd.DataFrame


def analyse_accuracy(
    trials: pd.DataFrame,
    *,
    observer: str = "observer",
    item: str = "item",
    correct: str = "correct",
    repeats: Repeats = "refuse",
    level: float = 0.95,
) -> AccuracyAnalysis:
    """Return how often people are right: as a population, the next one, and each by itself.

    Parameters
    ----------
    trials : DataFrame
        One row a trial.
    observer, item, correct : str
        Columns: who answered, to what, and whether the answer was right (True, False, 1, 0; NA without an
        answer, which is left out).  In a choice between two images the item is the pair.
    repeats : {"refuse", "keep"}
        Whether an observer may answer an item more than once.  Two equal trials usually come from a file that
        was read twice; where items were shown several times, ``keep`` counts all answers, and the intervals
        allow for their dependence.
    level : float
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    AccuracyAnalysis

    Raises
    ------
    InputError
        A column is missing or has a value that it may not have, an observer answered an item twice, or there
        is no answer.

    See Also
    --------
    population_accuracy, next_observer_interval, observer_accuracy : The statistics, of arrays, with sources.

    Examples
    --------
    Five of six observers are right about 30 of 40 items each, the sixth about 20:

    >>> import pandas as pd
    >>> from tricky.stats import analyse_accuracy
    >>> trials = pd.DataFrame(
    ...     [(who, what, (7 * what + who) % 40 < (20 if who == 6 else 30))
    ...      for who in range(1, 7) for what in range(40)],
    ...     columns=["Subject", "Stimulus", "OK"],
    ... )
    >>> found = analyse_accuracy(trials, observer="Subject", item="Stimulus", correct="OK")
    >>> print(f"{found.population.estimate:.3f}")
    0.708
    >>> found.observers["n_correct"].to_list()
    [30, 30, 30, 30, 30, 20]
    """
    columns = {"observer": observer, "item": item, "correct": correct}
    answers = answered(checked_trials(trials, columns), columns)
    if repeats == "refuse":
        once_each(answers, columns, ["observer", "item"], KEEP)
    right, who = answers["correct"], answers["observer"]
    return AccuracyAnalysis(
        population_accuracy(right, who, answers["item"], level),
        next_observer_interval(right, who, level),
        observer_accuracy(right, who, level),
    )
