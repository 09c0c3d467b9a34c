"""A working model of subjects who answer the same items: how often each is right, given an item's difficulty.

In the model an item has a standard normal difficulty, and the answers of subjects are independent given it.
The correlation of subjects' difficulties grows until all agree on the order of items.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from scipy import special

from analysis.statistics.quadrature import normal_quadrature

NODES, WEIGHTS = normal_quadrature(41)
CORRELATIONS = np.concatenate([np.linspace(0, 0.9, 31), [0.94, 0.97, 0.985, 1.0]])
"""Of subjects' difficulties in the working model, from independent answers to the same order of items."""
SHARED = np.linspace(0, 1, 16)
"""How much of one group's difficulty the other group has too, where a mean is over pairs between groups."""
GROUP_NODES, GROUP_WEIGHTS = normal_quadrature(9)
LARGEST_CORRELATION = 0.97
"""Within a group; above it the model's probabilities are steps that the quadrature does not resolve."""
SUBJECTS_APART = 100
"""More subjects are put into classes of the same accuracy, which changes results by rounding only."""


@dataclass(frozen=True)
class SubjectClasses:
    """Classes of subjects that the working model does not tell apart: of one accuracy, in one group.

    Attributes
    ----------
    place : ndarray of int, shape (n_subjects,)
        Class of each subject.
    threshold : ndarray of float, shape (n_classes, 1)
        Accuracy of each class as a quantile of the normal distribution.
    apart : bool
        Whether the classes are the subjects.
    """

    place: np.ndarray
    threshold: np.ndarray
    apart: bool

    @cached_property
    def _order(self) -> np.ndarray:
        return np.argsort(self.place, kind="stable")

    @cached_property
    def _starts(self) -> np.ndarray:
        return np.searchsorted(self.place[self._order], np.arange(len(self.threshold)))

    def add_up(self, values: np.ndarray) -> np.ndarray:
        """Add up the columns of each class: (n_rows, n_subjects) → (n_rows, n_classes)."""
        return np.add.reduceat(values[:, self._order], self._starts, axis=1, dtype=float)

    def between(self, values: np.ndarray) -> np.ndarray:
        """Add up rows, too: (n_subjects, n_subjects) → (n_classes, n_classes)."""
        return values if self.apart else self.add_up(self.add_up(values).T).T


def classes_of_subjects(accuracy: np.ndarray, first: np.ndarray | None) -> SubjectClasses:
    """Class subjects by accuracy, and by group where there are two; of few subjects each is a class."""
    if len(accuracy) <= SUBJECTS_APART:
        return SubjectClasses(np.arange(len(accuracy)), _threshold(accuracy), apart=True)
    keys = accuracy + 2 * (first if first is not None else np.zeros(len(accuracy), bool))
    _, example, place = np.unique(keys, return_index=True, return_inverse=True)
    return SubjectClasses(place, _threshold(accuracy[example]), apart=False)


def _threshold(accuracy: np.ndarray) -> np.ndarray:
    return cast("np.ndarray", special.ndtri(accuracy))[:, np.newaxis]


def kappa_of_model(p: np.ndarray, probability: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Return the κ of a subject of every class and one of every other in the model, where `used`."""
    a, both = (p @ probability)[:, np.newaxis], (p * probability) @ p.T
    return 1 - (a + a.T - 2 * both) / np.where(used, a + a.T - 2 * a * a.T, 1)


def working_models(
    alike: SubjectClasses, first: np.ndarray | None, kappa: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield probabilities of right answers, classes × difficulties, and those of difficulties; κ grows."""
    if first is None or len(first) == 2:
        yield from (_right_by_difficulty(alike.threshold, correlation) for correlation in CORRELATIONS)
        return
    within = [_correlation_within(alike, each, kappa) for each in (first, ~first)]
    of_first = np.zeros(len(alike.threshold), bool)
    of_first[alike.place[first]] = True
    alone = bool(first.sum() == 1)
    steps = [(shared, 0.0) for shared in SHARED] + [(1.0, more) for more in SHARED[1:-1]]
    for shared, more in steps:
        correlations = [rho + more * (1 - rho) for rho in within]
        yield _right_by_group(alike.threshold, of_first, shared, correlations, alone=alone)
    yield _right_by_difficulty(alike.threshold, 1.0)


def one_group(used: np.ndarray) -> np.ndarray | None:
    """Return who belongs to the smaller of two groups that all pairs are between; None if there are none."""
    first = ~used[0]  # those that have no pair with the first subject
    if used[first[:, np.newaxis] == first].any():
        return None
    return first if 2 * first.sum() <= len(first) else ~first


def _correlation_within(alike: SubjectClasses, group: np.ndarray, kappa: np.ndarray) -> float:
    """Return the correlation of difficulties at which the mean κ within a group is the observed one."""
    defined: np.ndarray = np.isfinite(kappa) & ~np.eye(len(kappa), dtype=bool) & np.outer(group, group)
    if not defined.any():  # as of one subject, whose difficulties are its own
        return 1.0
    there = np.unique(alike.place[group])
    n_pairs = alike.between(defined)[np.ix_(there, there)]
    models = (_right_by_difficulty(alike.threshold[there], each) for each in CORRELATIONS[:-1])
    kappas = (kappa_of_model(*model, n_pairs > 0) for model in models)
    if alike.apart:
        means = [float(each[n_pairs].mean()) for each in kappas]
    else:
        means = [float((each * n_pairs).sum() / n_pairs.sum()) for each in kappas]
    rising = np.maximum.accumulate(means)
    return float(np.interp(float(kappa[defined].mean()), rising, CORRELATIONS[:-1]))


def _right_by_group(
    threshold: np.ndarray, first: np.ndarray, shared: float, correlations: Sequence[float], *, alone: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the same as `_right_by_difficulty` for two groups that share a part of their difficulties.

    What a subject that is `alone` in the first group does not share is noise, and needs no integral.
    """
    u, w = np.meshgrid(NODES, 0.0 if alone else GROUP_NODES, indexing="ij")
    probability = np.outer(WEIGHTS, 1.0 if alone else GROUP_WEIGHTS).ravel()
    rho, rho_other = (min(each, LARGEST_CORRELATION) for each in correlations)
    own = shared * u + np.sqrt(1 - shared**2) * w
    noise = 1 - rho * (shared**2 if alone else 1)
    p = np.empty((len(threshold), u.size))
    p[first] = special.ndtr((threshold[first] + np.sqrt(rho) * own.ravel()) / np.sqrt(noise))
    p[~first] = special.ndtr((threshold[~first] + np.sqrt(rho_other) * u.ravel()) / np.sqrt(1 - rho_other))
    return p, probability


def _right_by_difficulty(threshold: np.ndarray, correlation: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of a right answer, subjects × difficulties, and that of each difficulty."""
    if correlation < 1:
        z = (threshold + np.sqrt(correlation) * NODES) / np.sqrt(1 - correlation)
        return cast("np.ndarray", special.ndtr(z)), WEIGHTS
    # An item is right for all subjects above its difficulty: between two thresholds nothing changes.
    steps = np.sort(-threshold.ravel())
    edges = np.concatenate([[0.0], special.ndtr(steps), [1.0]])
    inside = np.concatenate([[steps[0] - 1], (steps[1:] + steps[:-1]) / 2, [steps[-1] + 1]])
    return (threshold + inside > 0).astype(float), np.diff(edges)
