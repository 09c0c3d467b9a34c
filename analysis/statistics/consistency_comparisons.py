"""The comparisons of observers with each other, of observers with models, and of models with each other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis.statistics.consistency_intervals import (
    ConsistencyEstimate,
    measure_consistency,
    pairs_between,
    pairs_within,
)


class Answers(NamedTuple):
    """Whether subjects were right about items, and whether they saw them; both (n_subjects, n_items)."""

    right: np.ndarray
    seen: np.ndarray


class Comparison(NamedTuple):
    """A mean error consistency over pairs of subjects, or a difference of two such means.

    Attributes
    ----------
    pairs : ndarray of int, shape (n_pairs, 2)
        Rows of the answers.
    compared_with : ndarray of int, shape (n, 2), or None
        Pairs whose mean is subtracted.
    new_subjects : list of ndarray of int
        Groups of subjects that are a sample of others of their kind.
    """

    pairs: np.ndarray
    compared_with: np.ndarray | None
    new_subjects: list[np.ndarray]

    def among_involved(self, answers: Answers) -> tuple[Comparison, Answers]:
        """Return the comparison and the answers without subjects that are in none of its pairs."""
        every = self.pairs if self.compared_with is None else np.concatenate([self.pairs, self.compared_with])
        involved = np.unique(every)
        if len(involved) == len(answers.right):  # copying the answers of many models takes long
            return self, answers
        place = np.full(len(answers.right), -1)
        place[involved] = np.arange(len(involved))
        own = Comparison(
            place[self.pairs],
            None if self.compared_with is None else place[self.compared_with],
            [place[group] for group in self.new_subjects],
        )
        return own, Answers(answers.right[involved], answers.seen[involved])

    def measure(self, answers: Answers, level: float) -> ConsistencyEstimate:
        """Return the mean, or the difference, with its interval; by `measure_consistency`."""
        own, (right, seen) = self.among_involved(answers)
        return measure_consistency(
            right,
            own.pairs,
            compared_with=own.compared_with,
            observed=None if seen.all() else seen,
            new_subjects=own.new_subjects,
            level=level,
        )


def comparisons_of(n_observers: int, n_models: int) -> dict[str, Comparison]:
    """Return the comparisons that there are between so many observers and so many models.

    Observers are a sample of other observers, models are fixed.

    Parameters
    ----------
    n_observers, n_models : int
        Observers are the first rows of the answers, models the others.

    Returns
    -------
    dict of str to Comparison
        ``observers``, ``observers and models``, ``observers minus observers and models`` (how far models are
        from agreeing with observers as these do with each other), ``models``; only those with a pair.
    """
    observers, models = np.arange(n_observers), np.arange(n_observers, n_observers + n_models)
    within, across = pairs_within(observers), pairs_between(observers, models)
    sample = [observers] if n_observers > 1 else []
    found: dict[str, Comparison] = {}
    if len(within):
        found["observers"] = Comparison(within, None, sample)
    if len(across):
        found["observers and models"] = Comparison(across, None, sample)
    if len(within) and len(across):
        found["observers minus observers and models"] = Comparison(within, across, sample)
    if n_models > 1:
        found["models"] = Comparison(pairs_within(models), None, [])
    return found
