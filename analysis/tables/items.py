"""Which items are hard, and do observers agree which?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.statistics.accuracy import wilson_interval
from analysis.statistics.estimate import NoResult, Result, or_reason
from analysis.statistics.items import shrunk
from analysis.statistics.noise_ceiling import Ceiling, noise_ceiling
from analysis.statistics.variance_components import Components, variance_components
from analysis.tables.trials import answered, checked_trials, once_each
from tricky.core.randomness import generator


@dataclass(frozen=True)
class ItemAnalysis(Result):
    """How hard each item is, and how far observers agree on it.

    Attributes
    ----------
    items : DataFrame, index item, the hardest first
        `n_answers`, `n_correct`, `accuracy`; `low` and `high`, Wilson's interval of this item for new
        observers; `shrunk_accuracy`, the best guess of its accuracy over very many observers (empirical
        Bayes).
    ceiling : Ceiling
        Reliability of the items' accuracies over observers, with an interval for new items: the largest share
        of their variance that any knowledge of the items, such as a model, can explain.
    components : Components or NoResult
        Variance of being right between observers, between items, and the rest.
    """

    items: pd.DataFrame
    ceiling: Ceiling
    components: Components | NoResult


def analyse_items(
    trials: pd.DataFrame,
    *,
    observer: str = "observer",
    item: str = "item",
    correct: str = "correct",
    level: float = 0.95,
    seed: int = 1,
) -> ItemAnalysis:
    """Return how hard each item is for people, and the noise ceiling of the items' accuracies.

    Parameters
    ----------
    trials : DataFrame
        One row a trial.
    observer, item, correct : str
        Columns, as for `analyse_accuracy`; each observer answers an item once.
    level : float
        Coverage of the intervals, between 0 and 1.
    seed : int
        Of the random halves of observers and the bootstrap of the noise ceiling; the same seed gives the same
        number.

    Returns
    -------
    ItemAnalysis

    Raises
    ------
    InputError
        As `analyse_accuracy`.

    See Also
    --------
    noise_ceiling, variance_components : The statistics, of arrays, with sources.

    Examples
    --------
    >>> import pandas as pd
    >>> from tricky.stats import analyse_items
    >>> trials = pd.DataFrame(
    ...     [(who, what, what % 4 != 0 or who == 0) for who in range(6) for what in range(40)],
    ...     columns=["observer", "item", "correct"],
    ... )
    >>> found = analyse_items(trials)
    >>> found.items["n_correct"].to_list()[9:12]
    [1, 6, 6]
    >>> round(found.ceiling.estimate, 3)
    1.0
    """
    columns = {"observer": observer, "item": item, "correct": correct}
    answers = answered(checked_trials(trials, columns), columns)
    once_each(answers, columns, ["observer", "item"], "")
    right = answers.astype({"correct": float})
    of_item = right.groupby("item", observed=True)["correct"]
    n_answers, n_correct = of_item.size(), of_item.sum().astype(int)
    low, high = wilson_interval(n_correct, n_answers, level)
    items = pd.DataFrame(
        {
            "n_answers": n_answers,
            "n_correct": n_correct,
            "accuracy": n_correct / n_answers,
            "low": low,
            "high": high,
            "shrunk_accuracy": shrunk(n_correct.to_numpy(), n_answers.to_numpy()),
        }
    )
    matrix = right.pivot_table(index="observer", columns="item", values="correct", observed=True)
    return ItemAnalysis(
        items.sort_values(["accuracy", "n_answers"], ascending=[True, False]),
        noise_ceiling(matrix.to_numpy(float), generator(seed, "noise ceiling"), level),
        or_reason(lambda: variance_components(right["correct"], right["observer"], right["item"])),
    )
