"""What a report says of common errors: means of error consistency with intervals, and a test of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd

from analysis.statistics.consistency_intervals import (
    ConsistencyEstimate,
    measure_consistency,
    pairs_between,
    pairs_within,
)
from analysis.statistics.error_consistency import (
    ConsistencySummary,
    error_consistency,
    summarise_pairs,
    why_undefined,
)
from analysis.statistics.independence import mean_independence_p_value
from model_eval.records import Decisions

MOST_PERMUTATIONS, FEWEST_PERMUTATIONS = 1999, 99
SUBJECTS_SQUARED = 2e7
"""Permutations times subjects squared, which time grows with: 2,000 permutations for 100 subjects."""
COLUMNS = [
    "between",
    *(each.name for each in fields(ConsistencyEstimate)),
    *("p_value", "p_value_reason", "n_permutations"),
]
LARGE = 100_000
"""Answers beyond which the fewest permutations are enough: a dependence that matters is then obvious."""


@dataclass(frozen=True)
class Consistency:
    """Error consistency of one group of subjects.

    Attributes
    ----------
    kappa : DataFrame, subjects × subjects
        The most accurate subject first.
    summary : ConsistencySummary
        Over all pairs of two.
    undefined : dict of str to int
        Why pairs have no κ, and how many for each reason; the most frequent first.
    """

    kappa: pd.DataFrame
    summary: ConsistencySummary
    undefined: dict[str, int]


def consistency_of(correct: np.ndarray, seen: np.ndarray, names: pd.Index) -> Consistency:
    """Return the error consistency of every two subjects, (n_subjects, n_items) each."""
    kappa = error_consistency(correct, seen)
    reasons = why_undefined(correct, seen)[np.triu_indices(len(kappa), k=1)]
    undefined = Counter(str(reason) for reason in reasons[reasons != ""])
    return Consistency(
        pd.DataFrame(kappa, names, names), summarise_pairs(kappa), dict(undefined.most_common())
    )


def pairs_of(kappa: pd.DataFrame, who: str) -> pd.DataFrame:
    """Return a table of κ with a row for each two subjects, so that a name of theirs is never a column's.

    Parameters
    ----------
    kappa : DataFrame, subjects × subjects
    who : str
        What a subject is: ``observer`` or ``model``.

    Returns
    -------
    DataFrame
        `who`, ``other_`` and `who`, `kappa`; in the order of `kappa`.
    """
    first, second = np.triu_indices(len(kappa), k=1)
    names = kappa.index.to_numpy()
    values = kappa.to_numpy(float)[first, second]
    return pd.DataFrame({who: names[first], f"other_{who}": names[second], "kappa": values})


def n_permutations_for(n_subjects: int, n_answers: int) -> int:
    """Return how many permutations the test over so many subjects and answers takes."""
    if n_answers >= LARGE:
        return FEWEST_PERMUTATIONS
    n_permutations = SUBJECTS_SQUARED / max(n_subjects, 1) ** 2 - 1
    return int(np.clip(n_permutations, FEWEST_PERMUTATIONS, MOST_PERMUTATIONS))


def score_consistency(
    answers: np.ndarray,
    machines: np.ndarray,
    decisions: Decisions | None,
    rng: np.random.Generator,
    level: float,
) -> pd.DataFrame:
    """Measure the mean error consistency between observers, between them and models, and between models.

    Parameters
    ----------
    answers : ndarray of float, shape (n_observers, n_pairs)
        Of observers: 1 right, 0 wrong, NaN not seen.
    machines : ndarray of float, shape (n_models, n_pairs)
        Of models that judge the same pairs, likewise; as many as there are, also none.
    decisions : Decisions or None
        What the models answered to all images.
    rng : Generator
    level : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame
        `between`: ``observers``, ``observers and models``, ``observers less observers and models`` (how much
        more two observers have in common than an observer and a model), ``models`` (on the same pairs) and
        ``models on all images``; `estimate`, `low`, `high`, `level`, `method`, `reason`, `n_items`, `n_pairs`
        and `n_undefined` as in `ConsistencyEstimate`; `p_value` of independence, or `p_value_reason`;
        `n_permutations` of the test. Observers are taken for a sample of
        others, models for themselves. Rows that there is nothing for are left out.
    """
    n, m = len(answers), len(machines)
    every = np.concatenate([answers, machines.reshape(m, answers.shape[1])])
    right, seen = every == 1, ~np.isnan(every)
    people, models = np.arange(n), np.arange(n, n + m)
    rows = []
    if n > 1:
        rows.append(_measured("observers", right, seen, pairs_within(people), [people], rng, level))
    if n and m:
        across = pairs_between(people, models)
        groups = [people] if n > 1 else []
        rows.append(_measured("observers and models", right, seen, across, groups, rng, level))
        if n > 1:
            row = _measured(
                "observers less observers and models",
                *(right, seen, pairs_within(people), groups, rng, level),
                compared_with=across,
            )
            rows.append(row)
    if m > 1:
        rows.append(_measured("models", right[n:], seen[n:], pairs_within(models - n), [], rng, level))
    if decisions is not None and len(decisions.models) > 1:
        pairs = pairs_within(np.arange(len(decisions.models)))
        rows.append(
            _measured("models on all images", decisions.correct, decisions.seen, pairs, [], rng, level)
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _measured(
    between: str,
    right: np.ndarray,
    seen: np.ndarray,
    pairs: np.ndarray,
    groups: list[np.ndarray],
    rng: np.random.Generator,
    level: float,
    compared_with: np.ndarray | None = None,
) -> dict[str, object]:
    involved = np.unique(pairs if compared_with is None else np.concatenate([pairs, compared_with]))
    place = np.full(len(right), -1)
    place[involved] = np.arange(len(involved))
    right, seen, pairs = right[involved], seen[involved], place[pairs]
    mask = None if seen.all() else seen
    found = measure_consistency(
        right,
        pairs,
        compared_with=None if compared_with is None else place[compared_with],
        observed=mask,
        new_subjects=[place[group] for group in groups],
        level=level,
    )
    more = {"p_value": np.nan, "p_value_reason": "a difference is not tested", "n_permutations": 0}
    if compared_with is None:
        n_permutations = n_permutations_for(len(involved), right.size)
        p_value = mean_independence_p_value(right, pairs, rng, mask, n_permutations)
        reason = found.reason if np.isnan(p_value) else None
        more |= {"p_value": p_value, "p_value_reason": reason, "n_permutations": n_permutations}
    return {"between": between} | asdict(found) | more
