"""Studies in which the same observers judge the same items, simulated many at a time.

The logit of being right is the sum of a constant, an effect of the observer and one of the item, both normal.
The constant is chosen by quadrature so that new observers are right on new items in the share of trials that
the design names.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(100)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
CHUNK = 4_000_000
"""Answers that are held in memory at once."""


@dataclass(frozen=True)
class Design:
    """One kind of study, and the truth that its interval should hold."""

    n_observers: int
    n_items: int
    observer_sd_logit: float
    item_sd_logit: float
    accuracy: float

    def __str__(self) -> str:
        return (
            f"{self.n_observers} × {self.n_items}, SD {self.observer_sd_logit} and {self.item_sd_logit}, "
            f"accuracy {self.accuracy}"
        )

    @property
    def constant(self) -> float:
        """The logit of an average observer on an average item."""
        # The sum of two independent normal effects is normal.
        return constant_for(self.accuracy, float(np.hypot(self.observer_sd_logit, self.item_sd_logit)))

    def abilities(self, rng: np.random.Generator, n: int | None = None) -> np.ndarray:
        """Draw observers' logits on an average item."""
        return self.constant + self.observer_sd_logit * rng.standard_normal(n or self.n_observers)

    def answers(self, abilities: np.ndarray, rng: np.random.Generator, shift: np.ndarray | float = 0.0):
        """Draw items and whether each observer is right on each; `shift` in logits."""
        items = self.item_sd_logit * rng.standard_normal(self.n_items)
        logit = abilities[:, np.newaxis] + items + shift
        return rng.random(logit.shape) < special.expit(logit)


def designs_of(
    sizes: Sequence[tuple[int, int]], spreads: Sequence[tuple[float, float]], accuracies: Sequence[float]
) -> list[Design]:
    """Return every combination of observers and items, SD of observers and items (logits), and accuracy."""
    return [Design(*size, *sd, a) for size, sd, a in itertools.product(sizes, spreads, accuracies)]


def with_spread(designs: Sequence[Design], spread: tuple[float, float]) -> dict[str, int]:
    """Return the designs of one spread, as columns of a table: heading → index."""
    return {
        f"{d.n_observers} × {d.n_items}, accuracy {d.accuracy}": i
        for i, d in enumerate(designs)
        if (d.observer_sd_logit, d.item_sd_logit) == spread
    }


def constant_for(accuracy: float, sd_logit: float) -> float:
    """Return the constant at which a logit-normal mixture has the mean `accuracy`, by Gauss–Hermite."""
    found = optimize.root_scalar(lambda constant: mixture(constant, sd_logit) - accuracy, bracket=(-40, 40))
    return found.root


def mixture(constant: float, sd_logit: float) -> float:
    """Return the mean of a logit-normal mixture."""
    return float(WEIGHTS @ special.expit(constant + sd_logit * NODES))


@dataclass(frozen=True)
class Moments:
    """What an interval of accuracy is made of, of many complete studies, each array of shape (n_studies,).

    Attributes
    ----------
    share : ndarray of float
        Proportion correct.
    by_observer, by_item, rest : ndarray of float
        Variances of the share: mean squares of the analysis of variance over the number of trials.
    skewness : ndarray of float
        Third moment of the share, summed over observers and over items, over the standard error's third
        power, as Hall's transformation takes it; 0 without any variance.
    """

    share: np.ndarray
    by_observer: np.ndarray
    by_item: np.ndarray
    rest: np.ndarray
    skewness: np.ndarray

    @property
    def variance(self) -> np.ndarray:
        """Two-way cluster-robust, never less than that of single answers."""
        return np.maximum(self.by_observer + self.by_item - self.rest, self.rest)


def moments_of(design: Design, n_studies: int, rng: np.random.Generator) -> Moments:
    """Simulate studies and return what intervals of their accuracy are made of."""
    n_observers, n_items = design.n_observers, design.n_items
    constant, found = design.constant, []
    at_once = max(1, CHUNK // (n_observers * n_items))
    for start in range(0, n_studies, at_once):
        n = min(at_once, n_studies - start)
        observer = design.observer_sd_logit * rng.standard_normal((n, n_observers, 1), np.float32)
        item = design.item_sd_logit * rng.standard_normal((n, 1, n_items), np.float32)
        chance = special.expit(np.float32(constant) + observer + item)
        right = rng.random(chance.shape, np.float32) < chance
        found.append(_moments(right.mean(axis=2), right.mean(axis=1)))
    return Moments(*np.concatenate(found, axis=1))


def _moments(of_observers: np.ndarray, of_items: np.ndarray) -> np.ndarray:
    n_observers, n_items = of_observers.shape[1], of_items.shape[1]
    share = of_observers.mean(axis=1)
    deviations = [each - share[:, np.newaxis] for each in (of_observers, of_items)]
    squares = [np.square(each).sum(axis=1) / each.shape[1] for each in deviations]
    left = np.maximum(share * (1 - share) - sum(squares), 0)
    by_observer, by_item = (
        square / (each.shape[1] - 1) for square, each in zip(squares, deviations, strict=True)
    )
    rest = left / ((n_observers - 1) * (n_items - 1))
    third = sum((each**3).sum(axis=1) / (each.shape[1] - 1) ** 3 for each in deviations)
    variance = np.maximum(by_observer + by_item - rest, rest)
    skewness = np.divide(third, variance**1.5, out=np.zeros_like(share), where=variance > 0)
    return np.stack([share, by_observer, by_item, rest, skewness])
