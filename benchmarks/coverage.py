"""How often do intervals hold the true value, and how often do tests find what is not there?

Studies are simulated in which the same observers judge the same items: the logit of being right is the sum of
a constant, an effect of the observer and one of the item, both normal.  The constant is chosen by quadrature
so that the population, new observers on new items, has the accuracy that the design names; the true error
consistencies follow by quadrature too.  What is about one observer is simulated with its own parameters.
Each study then goes through the functions that any data go through.

Run ``python -P benchmarks/coverage.py [STUDIES]``.  It prints one table of intervals and one of tests; the
last line is one JSON object with the extremes of each over the designs.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import optimize, special

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.statistics.accuracy import next_observer_interval, observer_accuracy, population_accuracy
from analysis.statistics.bootstrap import bootstrap_accuracy
from analysis.statistics.confidence import type_2_area
from analysis.statistics.consistency_bounds import independence_p_values, mean_independence_p_value
from analysis.statistics.consistency_intervals import measure_consistency, pairs_between, pairs_within
from analysis.statistics.contrasts import accuracy_difference, study_difference
from analysis.statistics.detection import observer_detection
from analysis.statistics.observers import halves, repeat_agreement, side_bias, times_by_correctness

N_STUDIES = 500
LEVEL = 0.95
SEED = 1
SIZES = ((6, 60), (9, 149), (40, 300))
"""Observers and items: small, as in the published study (Meding et al. 2022), and large."""
SPREADS = ((0.2, 0.8), (0.45, 1.6), (0.9, 1.6), (1.5, 0.3))
"""Standard deviations over observers and over items, on the logit scale: small, as published, large, and
nearly all variance between observers."""
ACCURACIES = (0.81, 0.9)
EFFECT_LOGIT = 0.5
"""Of the second of two conditions, where there is a difference."""
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(100)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


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


def constant_for(accuracy: float, sd_logit: float) -> float:
    """Return the constant at which a logit-normal mixture has the mean `accuracy`, by Gauss–Hermite."""
    found = optimize.root_scalar(lambda constant: mixture(constant, sd_logit) - accuracy, bracket=(-20, 20))
    return found.root


def mixture(constant: float, sd_logit: float) -> float:
    """Return the mean of a logit-normal mixture."""
    return float(WEIGHTS @ special.expit(constant + sd_logit * NODES))


def true_kappa(abilities: np.ndarray, item_sd_logit: float) -> np.ndarray:
    """Return the κ of every two observers over all items that there could be."""
    p = special.expit(abilities[:, np.newaxis] + item_sd_logit * NODES)
    a, both = p @ WEIGHTS, (p * WEIGHTS) @ p.T
    apart = a[:, np.newaxis] * (1 - a) + a * (1 - a[:, np.newaxis])
    return 1 - (a[:, np.newaxis] + a - 2 * both) / apart


def coverage(design: Design, n_studies: int, rng: np.random.Generator, level: float = LEVEL) -> float:
    """Return the share of simulated studies whose interval of the population's accuracy holds it."""
    observer, item = (index.ravel() for index in np.indices((design.n_observers, design.n_items)))
    n_held = 0
    for _ in range(n_studies):
        correct = design.answers(design.abilities(rng), rng)
        result = population_accuracy(correct.ravel(), observer, item, level)
        n_held += result.low <= design.accuracy <= result.high
    return n_held / n_studies


def of_accuracy(design: Design, rng: np.random.Generator) -> Iterator[tuple[str, bool]]:
    """Simulate one study; yield of each interval of accuracy whether it holds, of tests whether they err."""
    shape = design.n_observers, design.n_items
    observer, item = (index.ravel() for index in np.indices(shape))
    correct = design.answers(design.abilities(rng), rng).ravel()
    found = population_accuracy(correct, observer, item, LEVEL)
    yield "accuracy, cluster-robust", found.low <= design.accuracy <= found.high
    yield "test of accuracy", found.p_value(design.accuracy) < 1 - LEVEL
    found = bootstrap_accuracy(correct, observer, item, rng, level=LEVEL, n_resamples=1_000)
    yield "accuracy, bootstrap", found.low <= design.accuracy <= found.high

    one_more = design.answers(design.abilities(rng, design.n_observers + 1), rng)
    found = next_observer_interval(one_more[:-1].ravel(), observer, LEVEL)
    yield "next observer", found.low <= one_more[-1].mean() <= found.high

    sd = float(np.hypot(design.observer_sd_logit, design.item_sd_logit))
    effect = mixture(design.constant + EFFECT_LOGIT, sd) - design.accuracy
    splits = {"observers": observer % 2 == 1, "items": item % 2 == 1, "trials": (observer + item) % 2 == 1}
    for name, second in splits.items():
        for shift, truth in ((0.0, 0.0), (EFFECT_LOGIT, effect)):
            answers = design.answers(design.abilities(rng), rng, shift * second.reshape(shape)).ravel()
            found = accuracy_difference(answers, observer, item, second, LEVEL)
            if shift:
                yield f"difference between {name}", found.low <= truth <= found.high
                drawn = bootstrap_accuracy(
                    answers, observer, item, rng, is_second=second, level=LEVEL, n_resamples=1_000
                )
                yield f"difference between {name}, bootstrap", drawn.low <= truth <= drawn.high
            else:
                yield f"test between {name}", found.p_value < 1 - LEVEL
    first, same, better = (
        population_accuracy(design.answers(design.abilities(rng), rng, shift).ravel(), observer, item, LEVEL)
        for shift in (0.0, 0.0, EFFECT_LOGIT)
    )
    found = study_difference(first, better)
    yield "difference between studies", found.low <= effect <= found.high
    yield "test between studies", study_difference(first, same).p_value < 1 - LEVEL


def of_consistency(design: Design, rng: np.random.Generator) -> Iterator[tuple[str, bool]]:
    """Simulate one study; yield the same of error consistency."""
    n, half = design.n_observers, design.n_observers // 2
    abilities = design.abilities(rng)
    correct, truth = design.answers(abilities, rng), true_kappa(abilities, design.item_sd_logit)
    everyone, first = pairs_within(range(n)), pairs_within(range(half))
    across = pairs_between(range(half), range(half, n))
    asked = {
        "κ of a pair": ([(0, 1)], None),
        "κ of a pair less κ of another": ([(0, 1)], [(0, 2)]),
        "mean κ": (everyone, None),
        "mean κ within less across groups": (first, across),
    }
    for name, (pairs, others) in asked.items():
        found = measure_consistency(correct, pairs, rng, compared_with=others, level=LEVEL, n_resamples=1_000)
        true = [0.0 if each is None else truth[tuple(np.transpose(each))].mean() for each in (pairs, others)]
        if np.isfinite(found.estimate):
            yield name, found.low <= true[0] - true[1] <= found.high
    found = measure_consistency(
        correct, everyone, rng, new_subjects=[range(n)], level=LEVEL, n_resamples=1_000
    )
    grid = true_kappa(design.constant + design.observer_sd_logit * NODES, design.item_sd_logit)
    if np.isfinite(found.low):
        yield "mean κ, new observers", found.low <= float(WEIGHTS @ grid @ WEIGHTS) <= found.high

    chance = special.expit(abilities)
    independent = rng.random(correct.shape) < chance[:, np.newaxis]
    p = independence_p_values(independent[:2])[0, 1]
    if np.isfinite(p):
        yield "test of a pair's independence", p < 1 - LEVEL
    p = mean_independence_p_value(independent, everyone, rng, n_permutations=199)
    if np.isfinite(p):
        yield "test of all pairs' independence", p <= 1 - LEVEL


def of_one_observer(design: Design, rng: np.random.Generator) -> Iterator[tuple[str, bool]]:
    """Simulate one observer with parameters of its own; yield for each interval whether it holds."""
    n = design.n_items
    ability = float(design.abilities(rng, 1)[0])
    p = special.expit(ability)
    who = np.zeros(n)
    correct = rng.random(n) < p

    def held(table, value: float, low: str = "low", high: str = "high") -> bool:
        return bool(table[low].iloc[0] <= value <= table[high].iloc[0])

    yield "observer's accuracy", held(observer_accuracy(correct, who, LEVEL), p)
    is_left = np.arange(n) % 2 == 0
    d, c = ability / np.sqrt(2), 0.2
    for task in ("2afc", "single"):
        evidence = d * (np.sqrt(2) if task == "2afc" else 1) * (is_left - 0.5) + rng.standard_normal(n)
        table = observer_detection(evidence > c, is_left, who, task, LEVEL)
        yield f"d′, {task}", held(table, d, "d_prime_low", "d_prime_high")
        yield f"criterion, {task}", held(table, c, "criterion_low", "criterion_high")
    bias = np.where(is_left, special.expit(ability + 0.3), special.expit(ability - 0.3))
    chose_left = (rng.random(n) < bias) == is_left
    yield "side bias", held(side_bias(chose_left, is_left, who, LEVEL), bias[0] - bias[1])
    yield "change between halves", held(halves(correct, np.arange(n), who, LEVEL), 0.0)
    again = np.where(rng.random(n) < 0.8, correct, ~correct)
    yield "agreement over repeats", held(repeat_agreement(correct, again, who, LEVEL), 0.8)
    times = np.exp(0.4 * rng.standard_normal(n) + np.where(correct, 0, 0.2))
    table = times_by_correctness(times, correct, who, LEVEL)
    if np.isfinite(table["low"].iloc[0]):
        yield "time wrong over right", held(table, np.exp(0.2))
    # Confidence with normal noise: the area is Φ(gain/√2).
    table = type_2_area(correct + rng.standard_normal(n), correct, who, LEVEL)
    if np.isfinite(table["low"].iloc[0]):
        yield "type-2 area", held(table, special.ndtr(1 / np.sqrt(2)))


def shares(numbered: tuple[int, Design, int]) -> dict[str, float]:
    """Return, of each interval and test, the share of studies in which it held, or erred."""
    number, design, n_studies = numbered
    rng = np.random.default_rng([SEED, number])
    seen: dict[str, list[bool]] = {}
    for _ in range(n_studies):
        for of in (of_accuracy, of_consistency, of_one_observer):
            for name, outcome in of(design, rng):
                seen.setdefault(name, []).append(bool(outcome))
    return {name: float(np.mean(outcomes)) for name, outcomes in seen.items()}


def main() -> None:
    """Print a table of coverage and one of false alarms, and their extremes as JSON."""
    n_studies = int(sys.argv[1]) if len(sys.argv) > 1 else N_STUDIES
    designs = [
        Design(*size, *spread, accuracy)
        for size, spread, accuracy in itertools.product(SIZES, SPREADS, ACCURACIES)
    ]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(shares, [(i, each, n_studies) for i, each in enumerate(designs)]))
    error = 196 * np.sqrt(0.95 * 0.05 / n_studies)
    print(
        f"{n_studies} studies a design, nominal {LEVEL:.0%}; binomial error of one figure ±{error:.1f} points"
    )
    names = list(dict.fromkeys(name for each in found for name in each))
    extremes = {}
    for title, mine in (
        ("coverage of intervals (%)", [name for name in names if not name.startswith("test")]),
        ("false alarms of tests (%)", [name for name in names if name.startswith("test")]),
    ):
        print(f"\n{title}")
        for label, values in (
            ("observers × items", [f"{each.n_observers}×{each.n_items}" for each in designs]),
            ("SD of observers", [each.observer_sd_logit for each in designs]),
            ("SD of items", [each.item_sd_logit for each in designs]),
            ("accuracy", [each.accuracy for each in designs]),
        ):
            print(f"{label:>38}", *(f"{value!s:>6}" for value in values))
        for name in mine:
            values = [each.get(name, np.nan) for each in found]
            print(f"{name:>38}", *(f"{100 * value:6.1f}" for value in values))
            extremes[name] = [round(float(np.nanmin(values)), 3), round(float(np.nanmax(values)), 3)]
    print(json.dumps(extremes, ensure_ascii=False))


if __name__ == "__main__":
    main()
