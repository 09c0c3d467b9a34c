"""Do people and models err on the same items?"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd

from analysis.statistics.consistency_comparisons import Answers, comparisons_of
from analysis.statistics.consistency_intervals import ConsistencyEstimate
from analysis.statistics.error_consistency import count_pairs, kappa_of, why_undefined
from analysis.statistics.estimate import Result, check_level
from analysis.statistics.networks_as_observers import consistency_with_people
from analysis.statistics.pair_limits import PairTable, pair_limits
from analysis.tables.subjects import Models, Subjects, on_common_items, subjects_of_models, subjects_of_table
from tricky.core.errors import InputError


@dataclass(frozen=True)
class ConsistencyAnalysis(Result):
    """Error consistency κ of people and models.

    Attributes
    ----------
    pairs : DataFrame, one row for each two subjects
        `between` (``observers``, ``observers and models``, ``models``), `first`, `second`, `n_items` (that
        both answered), `first_accuracy`, `second_accuracy` (on these), `kappa`, `low`, `high` (for these two
        and other items), `reason` (why κ is undefined; None where it is not).
    means : DataFrame, one row a comparison
        `between`, `estimate`, `low`, `high`, `level`, `method`, `reason`, `n_items`, `n_pairs`,
        `n_undefined` as in `ConsistencyEstimate`: the mean κ of each kind of pair, and ``observers minus
        observers and models``.  Where people are involved, it is for other observers, other items, and these
        models.
    noise_ceiling : ConsistencyEstimate
        The mean κ of two observers, which is also in `means`: no model can be expected to agree with people
        more than they do with each other.
    models : DataFrame, index model
        `n_items`, `accuracy` (on the items that people answered, if there are people), `kappa`, `low`,
        `high`, `reason`: the mean κ with people, for other observers and other items.
    """

    pairs: pd.DataFrame
    means: pd.DataFrame
    noise_ceiling: ConsistencyEstimate
    models: pd.DataFrame


def analyse_consistency(
    people: pd.DataFrame | None = None,
    models: Models | None = None,
    *,
    observer: str = "observer",
    model: str = "model",
    item: str = "item",
    correct: str = "correct",
    level: float = 0.95,
) -> ConsistencyAnalysis:
    """Return the error consistency of all pairs of people and models, with intervals and a noise ceiling.

    κ is agreement beyond what accuracies explain (Geirhos, Meding & Wichmann, 2020), over the items that both
    answered.  It is NaN, with a reason, where one of the two was right (or wrong) on every common item, since
    any other subject then agrees with it as often as chance has it, and where no item is common.

    Parameters
    ----------
    people : DataFrame, optional
        One row a trial.
    models : DataFrame, Decisions, str or Path, optional
        One row for each model and item; or what `tricky.read_decisions` returns, or a folder ``decisions/``,
        whose items are images.  If there are people, items that none of them answered are left out, so that
        all pairs are about the same items.
    observer, model, item, correct : str
        Columns: `observer` of people's table, `model` of the models', `item` and `correct` of both; `correct`
        is True, False, 1, 0, or NA without an answer, which is left out.  A subject answers an item once.
    level : float
        Coverage of each interval, between 0 and 1.

    Returns
    -------
    ConsistencyAnalysis

    Raises
    ------
    InputError
        There is neither a table of people nor of models, or both have no item in common; or as for
        `analyse_accuracy`.

    See Also
    --------
    error_consistency, measure_consistency : The statistics, of arrays, with equations and sources.

    Examples
    --------
    Two people fail on the same ten images, and the model on ten others:

    >>> import pandas as pd
    >>> from tricky.stats import analyse_consistency
    >>> people = pd.DataFrame(
    ...     [(who, image, image >= 10) for who in ["Ada", "Ben"] for image in range(40)],
    ...     columns=["observer", "item", "correct"],
    ... )
    >>> models = pd.DataFrame({"model": "net", "item": range(40), "correct": [True] * 30 + [False] * 10})
    >>> found = analyse_consistency(people, models)
    >>> found.pairs[["between", "first", "second", "n_items", "kappa"]].round(3)
                    between first second  n_items  kappa
    0             observers   Ada    Ben       40  1.000
    1  observers and models   Ada    net       40 -0.333
    2  observers and models   Ben    net       40 -0.333
    >>> found.noise_ceiling.estimate
    1.0
    """
    check_level(level)
    columns = {"item": item, "correct": correct}
    observers = networks = None
    if people is not None:
        columns_of_people = {"observer": observer} | columns
        observers = subjects_of_table(people, columns_of_people, "observer", "the table of people")
    if models is not None:
        networks = subjects_of_models(models, {"model": model} | columns)
    if observers is not None and networks is not None:
        return _analysis(observers, on_common_items(observers, networks), level)
    if observers is not None:
        return _analysis(observers, Subjects.none(observers.items), level)
    if networks is not None:
        return _analysis(Subjects.none(networks.items), networks, level)
    raise InputError("neither people nor models are given; pass a table of at least one of them")


def _analysis(observers: Subjects, models: Subjects, level: float) -> ConsistencyAnalysis:
    both = zip(observers.answers, models.answers, strict=True)
    everyone = Answers(*(np.concatenate(each) for each in both))
    means = {
        between: comparison.measure(everyone, level)
        for between, comparison in comparisons_of(len(observers.names), len(models.names)).items()
    }
    columns = ["between", *(each.name for each in fields(ConsistencyEstimate))]
    rows = [{"between": between} | asdict(found) for between, found in means.items()]
    return ConsistencyAnalysis(
        _pairs(observers, models, everyone, level),
        pd.DataFrame(rows, columns=columns),
        means.get("observers") or _no_ceiling(everyone.right.shape[1], level),
        _models(observers, models, level),
    )


def _no_ceiling(n_items: int, level: float) -> ConsistencyEstimate:
    why = "there are no two observers to compare"
    return ConsistencyEstimate(np.nan, np.nan, np.nan, level, None, n_items, 0, 0, reason=why)


def _pairs(observers: Subjects, models: Subjects, everyone: Answers, level: float) -> pd.DataFrame:
    n = len(observers.names)
    counts = count_pairs(everyone.right, everyone.seen)
    first, second = np.triu_indices(len(everyone.right), k=1)
    kind = (first >= n).astype(int) + (second >= n)
    order = np.argsort(kind, kind="stable")
    first, second, kind = first[order], second[order], kind[order]
    table = PairTable(
        counts.n_common[first, second],
        counts.n_right[first, second],
        counts.n_right[second, first],
        counts.n_both_right[first, second],
    )
    low, high = pair_limits(table, level)
    kappa = kappa_of(*table)
    reasons = np.full(len(kappa), None, dtype=object)
    undefined = np.isnan(kappa)
    if undefined.any():  # of very many subjects, the words take more memory than all the rest
        reasons[undefined] = why_undefined(*everyone)[first[undefined], second[undefined]]
    names = np.array([*observers.names, *models.names, None], dtype=object)[:-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        accuracies = [each / table.n_common for each in (table.n_first, table.n_second)]
    return pd.DataFrame(
        {
            "between": np.array(["observers", "observers and models", "models"], object)[kind],
            "first": names[first],
            "second": names[second],
            "n_items": table.n_common.astype(int),
            "first_accuracy": accuracies[0],
            "second_accuracy": accuracies[1],
            "kappa": kappa,
            "low": low,
            "high": high,
            "reason": reasons,
        }
    )


def _models(observers: Subjects, models: Subjects, level: float) -> pd.DataFrame:
    right, seen = models.answers
    n_items = seen.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        accuracy = right.sum(axis=1) / n_items
    index = pd.Index(models.names, name="model", dtype=object)
    found = pd.DataFrame({"n_items": n_items, "accuracy": accuracy}, index=index)
    if not models.names or not observers.names:
        none = {"kappa": np.nan, "low": np.nan, "high": np.nan, "reason": "there are no people to agree with"}
        return found.assign(**none)
    networks, people = (
        np.where(each.answers.seen, each.answers.right, np.nan) for each in (models, observers)
    )
    kappa = consistency_with_people(networks, people, level).set_index(index)
    return found.join(kappa.rename(columns=lambda name: name.removeprefix("kappa_")))
