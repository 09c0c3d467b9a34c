"""Does accuracy depend on the condition?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.contrasts import accuracy_difference
from analysis.statistics.estimate import Result
from analysis.tables.accuracy import KEEP, Repeats
from analysis.tables.trials import answered, checked_trials, once_each, ordered_labels

OF_ACCURACY = ["estimate", "low", "high", "n_observers", "n_items", "n_trials", "method", "reason"]
OF_DIFFERENCE = ["estimate", "low", "high", "p_value", "method", "reason"]


@dataclass(frozen=True)
class ConditionAnalysis(Result):
    """Accuracy in each condition, and how much it differs between every two.

    Attributes
    ----------
    accuracy : DataFrame, one row a condition
        `condition`, `accuracy`, `low`, `high`, `n_observers`, `n_items`, `n_trials`, `method` and `reason` as
        in `PopulationMean`.
    differences : DataFrame, one row for each two conditions
        `first`, `second`, `difference` (second minus first), `low`, `high`, `p_value`, `p_holm` (corrected
        for the number of differences), `method` and `reason` as in `Contrast`.
    """

    accuracy: pd.DataFrame
    differences: pd.DataFrame


def analyse_conditions(
    trials: pd.DataFrame,
    *,
    condition: str = "condition",
    observer: str = "observer",
    item: str = "item",
    correct: str = "correct",
    repeats: Repeats = "refuse",
    level: float = 0.95,
) -> ConditionAnalysis:
    """Return accuracy in each condition and the difference between every two.

    Both have intervals for new observers and new items.  A condition may vary within observers and items, or
    between them: who and what is in both conditions is compared with itself, the others are samples of their
    condition.

    Parameters
    ----------
    trials : DataFrame
        One row a trial.
    condition, observer, item, correct : str
        Columns.  Conditions are sorted; to choose their order, make the column categorical:
        ``pd.Categorical(column, ["upright", "inverted"])``.  The others are as for `analyse_accuracy`.
    repeats : {"refuse", "keep"}
        Whether an observer may answer an item more than once in a condition.
    level : float
        Coverage of each interval, between 0 and 1.

    Returns
    -------
    ConditionAnalysis

    Raises
    ------
    InputError
        As `analyse_accuracy`, or there are answers in one condition only.

    See Also
    --------
    population_accuracy, accuracy_difference : The statistics, of arrays, with sources.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of
    Statistics, 6(2), 65–70.

    Examples
    --------
    >>> import pandas as pd
    >>> from tricky.stats import analyse_conditions
    >>> trials = pd.DataFrame(
    ...     [(who, what, view, (7 * what + 11 * who) % 40 < (25 if view == "inverted" else 35))
    ...      for who in range(6) for what in range(40) for view in ["upright", "inverted"]],
    ...     columns=["observer", "item", "view", "correct"],
    ... )
    >>> found = analyse_conditions(trials, condition="view")
    >>> found.differences[["first", "second", "difference"]]
          first   second  difference
    0  inverted  upright        0.25
    """
    columns = {"condition": condition, "observer": observer, "item": item, "correct": correct}
    answers = answered(checked_trials(trials, columns), columns)
    if repeats == "refuse":
        once_each(answers, columns, ["observer", "item", "condition"], KEEP)
    names = ordered_labels(answers["condition"])
    of_condition = {name: answers[answers["condition"] == name] for name in names}
    accuracy = [
        {"condition": name} | _of(population_accuracy(*_arrays(rows), level), OF_ACCURACY)
        for name, rows in of_condition.items()
    ]
    differences: list[dict[str, Any]] = []
    for first, second in combinations(names, 2):
        both = pd.concat([of_condition[first], of_condition[second]])
        found = accuracy_difference(*_arrays(both), (both["condition"] == second).to_numpy(bool), level)
        differences.append({"first": first, "second": second} | _of(found, OF_DIFFERENCE))
    table = pd.DataFrame(differences, columns=["first", "second", *OF_DIFFERENCE])
    table.insert(6, "p_holm", _holm(table["p_value"].to_numpy(float)))
    return ConditionAnalysis(
        pd.DataFrame(accuracy).rename(columns={"estimate": "accuracy"}),
        table.rename(columns={"estimate": "difference"}),
    )


def _arrays(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    return rows["correct"], rows["observer"], rows["item"]


def _of(found: Any, names: list[str]) -> dict[str, Any]:
    values = asdict(found)
    return {name: values[name] for name in names}


def _holm(p_values: np.ndarray) -> np.ndarray:
    """Return p-values corrected for their number; what is missing is not counted."""
    from statsmodels.stats.multitest import multipletests  # pyright: ignore[reportMissingTypeStubs]

    corrected = np.full(len(p_values), np.nan)
    known = ~np.isnan(p_values)
    if known.any():
        library: Any = multipletests
        corrected[known] = library(p_values[known], method="holm")[1]
    return corrected
