"""How often do intervals about one observer hold the true value?

Many observers are simulated at once, each with an ability of its own (normal in logits), all answers of one
observer with the same probability: these intervals are for this observer on these items.  Confidence has
normal noise, so that the true type-2 area has a closed form; in one case it is given in four steps.  Ratings
on five steps depend on a predictor; their true rank correlation comes from a million of them.

Run ``python -P benchmarks/coverage_observers.py [OBSERVERS] [--save|--tables]``.  The last line is one JSON
object.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.statistics.accuracy import observer_accuracy
from analysis.statistics.confidence import type_2_area
from analysis.statistics.detection import Task, observer_detection
from analysis.statistics.observers import halves, repeat_agreement, side_bias, times_by_correctness
from analysis.statistics.ratings import observer_correlations
from benchmarks.coverage_counts import LEVEL, count, monte_carlo_error, n_studies_asked, report
from benchmarks.simulated_studies import Design

N_OBSERVERS = 4000
AT_ONCE = 500
SEED = 3
TRIALS, ACCURACIES, SPREADS = (60, 149, 300), (0.6, 0.81, 0.9), (0.2, 1.5)
STEPS = np.array([0.0, 0.5, 1.0])
"""Between which confidence is given in four steps."""
STEPS_LOGIT, SLOPE_LOGIT, ITEM_SD_LOGIT = np.array([-1.0, 0.2, 1.3, 2.5]), 2.0, 0.7
"""Of ratings: between which logits they step, and how they depend on a predictor and on the item."""
N_FOR_TRUTH = 1_000_000


@dataclass(frozen=True)
class Observers:
    """Observers of one kind."""

    n_trials: int
    sd_logit: float
    accuracy: float

    def __str__(self) -> str:
        return f"{self.n_trials} trials, SD {self.sd_logit}, accuracy {self.accuracy}"


def _held(table: pd.DataFrame, value: ArrayLike, low: str = "low", high: str = "high") -> np.ndarray:
    """Return for each observer with an interval whether it holds the value."""
    limits = table[[low, high]].to_numpy(float)
    known = np.isfinite(limits).all(axis=1)
    value = np.broadcast_to(value, len(table))
    return ((limits[:, 0] <= value) & (value <= limits[:, 1]))[known]


def simulate(kind: Observers, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Simulate many observers; yield for each interval whether it holds, of each observer."""
    n = kind.n_trials
    shape = AT_ONCE, n
    ability = Design(1, n, kind.sd_logit, 0.0, kind.accuracy).abilities(rng, AT_ONCE)
    p = special.expit(ability)
    who, place = (index.ravel() for index in np.indices(shape))
    correct = rng.random(shape) < p[:, np.newaxis]
    yield "accuracy", _held(observer_accuracy(correct.ravel(), who, LEVEL), p)
    yield from _preference(ability, who, rng, n)
    yield "change between halves", _held(halves(correct.ravel(), place, who, LEVEL), 0.0)
    again = np.where(rng.random(shape) < 0.8, correct, ~correct)
    yield "agreement over repeats", _held(repeat_agreement(correct.ravel(), again.ravel(), who, LEVEL), 0.8)
    times = np.exp(0.4 * rng.standard_normal(shape) + np.where(correct, 0, 0.2))
    table = times_by_correctness(times.ravel(), correct.ravel(), who, LEVEL)
    yield "time, wrong over right", _held(table, np.exp(0.2))

    x, rating = rated(AT_ONCE * n, rng)
    yield (
        "rank correlation of ratings",
        _held(observer_correlations(rating, x, who, LEVEL), true_correlation()),
    )

    sure = correct + rng.standard_normal(shape)
    table = type_2_area(sure.ravel(), correct.ravel(), who, LEVEL)
    yield "type-2 area", _held(table, special.ndtr(1 / np.sqrt(2)))
    right, wrong = (np.diff(special.ndtr(np.r_[-np.inf, STEPS, np.inf] - mean)) for mean in (1, 0))
    area = sum(right[i] * (wrong[:i].sum() + wrong[i] / 2) for i in range(len(right)))
    table = type_2_area(np.digitize(sure, STEPS).ravel(), correct.ravel(), who, LEVEL)
    yield "type-2 area, confidence in four steps", _held(table, float(area))


def rated(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw a predictor of eleven values, and ratings on five steps of the same observer that depend on it."""
    x = rng.integers(11, size=n) / 10
    logit = SLOPE_LOGIT * x + ITEM_SD_LOGIT * rng.standard_normal(n)
    chance = special.expit(logit[:, np.newaxis] - STEPS_LOGIT)
    return x, 1 + (rng.random(n)[:, np.newaxis] < chance).sum(axis=1)


@cache
def true_correlation() -> float:
    """Return Spearman's correlation of very many such ratings."""
    return float(stats.spearmanr(*rated(N_FOR_TRUTH, np.random.default_rng(SEED))).statistic)  # type: ignore[attr-defined]


def _preference(
    ability: np.ndarray, who: np.ndarray, rng: np.random.Generator, n: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the same of d′, criterion and side bias."""
    is_left = np.arange(n) % 2 == 0
    d, c, lefts = ability / np.sqrt(2), 0.2, np.tile(is_left, len(ability))
    gains: dict[Task, float] = {"2afc": np.sqrt(2), "single": 1.0}
    for task, gain in gains.items():
        evidence = gain * d[:, np.newaxis] * (is_left - 0.5) + rng.standard_normal((len(ability), n))
        table = observer_detection((evidence > c).ravel(), lefts, who, task, LEVEL)
        yield f"d′, {task}", _held(table, d, "d_prime_low", "d_prime_high")
        yield f"criterion, {task}", _held(table, c, "criterion_low", "criterion_high")
    towards = ability[:, np.newaxis] + np.where(is_left, 0.3, -0.3)
    chose_left = (rng.random(towards.shape) < special.expit(towards)) == is_left
    true = special.expit(ability + 0.3) - special.expit(ability - 0.3)
    yield "side bias", _held(side_bias(chose_left.ravel(), lefts, who, LEVEL), true)


def main() -> None:
    """Count, print and save."""
    n_observers = n_studies_asked("coverage_observers", N_OBSERVERS)
    kinds = [Observers(*each) for each in itertools.product(TRIALS, SPREADS, ACCURACIES)]
    counts = count("coverage_observers", simulate, kinds, max(1, n_observers // AT_ONCE), SEED)
    shown = {
        f"{k.n_trials} trials, accuracy {k.accuracy}": i
        for i, k in enumerate(kinds)
        if k.sd_logit == SPREADS[0] and k.accuracy != ACCURACIES[1]
    }
    error = monte_carlo_error(n_observers)
    caption = (
        f"One observer, {LEVEL:.0%} intervals, in percent: {n_observers} observers of each of {len(kinds)} "
        f"kinds, one figure ± {error:.1f}. Columns: observers of nearly the same ability (SD .2 in logits)."
    )
    report("coverage_observers", n_observers, counts, kinds, shown, caption)


if __name__ == "__main__":
    main()
