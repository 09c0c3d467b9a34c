"""How often do intervals of error consistency hold the true value, and how often do tests err?

Studies are simulated as in ``coverage.py``; the true values follow by quadrature.  Pairs without κ (one of
the two is always right) are left out of an estimate, and of the true value that it is compared with.

Run ``python -P benchmarks/coverage_consistency.py [STUDIES] [--save|--tables]``.  The last line is one JSON
object.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import special

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.statistics.consistency_intervals import measure_consistency, pairs_between, pairs_within
from analysis.statistics.independence import independence_p_values, mean_independence_p_value
from benchmarks.coverage import ACCURACIES, SIZES, SPREADS
from benchmarks.coverage_counts import LEVEL, count, monte_carlo_error, n_studies_asked, report
from benchmarks.simulated_studies import NODES, WEIGHTS, Design, designs_of, with_spread

N_STUDIES = 500
SEED = 2
NETWORK_LOGIT = 1.0
"""Of a network that shares the items' difficulty with people."""


def true_kappa(first: np.ndarray, second: np.ndarray, item_sd_logit: float) -> np.ndarray:
    """Return the κ of subjects with these logits on an average item, over all items that there could be."""
    p, q = (special.expit(each[:, np.newaxis] + item_sd_logit * NODES) for each in (first, second))
    a, b = (p @ WEIGHTS)[:, np.newaxis], q @ WEIGHTS
    return 1 - (a + b - 2 * (p * WEIGHTS) @ q.T) / (a + b - 2 * a * b)


def simulate(design: Design, rng: np.random.Generator) -> Iterator[tuple[str, bool]]:
    """Simulate one study; yield for each interval whether it holds, and for each test whether it errs."""
    n, half, sd = design.n_observers, design.n_observers // 2, design.item_sd_logit
    abilities = design.abilities(rng)
    correct, truth = design.answers(abilities, rng), true_kappa(abilities, abilities, sd)
    varies = (correct.mean(axis=1) > 0) & (correct.mean(axis=1) < 1)

    def true_mean(pairs: np.ndarray | list | None) -> float:
        if pairs is None:
            return 0.0
        j, k = np.transpose([pair for pair in pairs if varies[list(pair)].all()])
        return float(truth[j, k].mean())

    everyone, first = pairs_within(range(n)), pairs_within(range(half))
    across = pairs_between(range(half), range(half, n))
    for name, pairs, others in (
        ("κ of a pair", [(0, 1)], None),
        ("κ of a pair minus κ of another", [(0, 1)], [(0, 2)]),
        ("mean κ", everyone, None),
        ("mean κ across groups", across, None),
        ("mean κ within minus across groups", first, across),
    ):
        found = measure_consistency(correct, pairs, compared_with=others, level=LEVEL)
        if np.isfinite(found.low):
            yield name, found.low <= true_mean(pairs) - true_mean(others) <= found.high
    yield from _for_new_observers(design, correct, rng)

    independent = rng.random(correct.shape) < special.expit(abilities)[:, np.newaxis]
    p = independence_p_values(independent[:2])[0, 1]
    if np.isfinite(p):
        yield "test of a pair's independence", p < 1 - LEVEL
    p = mean_independence_p_value(independent, everyone, rng, n_permutations=199)
    if np.isfinite(p):
        yield "test of all pairs' independence", p <= 1 - LEVEL


def _for_new_observers(
    design: Design, correct: np.ndarray, rng: np.random.Generator
) -> Iterator[tuple[str, bool]]:
    """Yield the same of intervals for other observers as well: of their mean, and of a network with them."""
    n, sd = design.n_observers, design.item_sd_logit
    people, everyone = np.arange(n), pairs_within(range(n))
    population = design.constant + design.observer_sd_logit * NODES
    of_people = float(WEIGHTS @ true_kappa(population, population, sd) @ WEIGHTS)
    found = measure_consistency(correct, everyone, new_subjects=[people], level=LEVEL)
    if np.isfinite(found.low):
        yield "mean κ, new observers", found.low <= of_people <= found.high
    alone = np.vstack([correct, rng.random(design.n_items) < special.expit(NETWORK_LOGIT)])
    found = measure_consistency(alone, pairs_between([n], people), new_subjects=[people], level=LEVEL)
    if np.isfinite(found.low):
        yield "mean κ of an independent network with new observers", found.low <= 0 <= found.high
    if np.isfinite(found.low):
        found = measure_consistency(
            alone, everyone, compared_with=pairs_between([n], people), new_subjects=[people], level=LEVEL
        )
        if np.isfinite(found.low):
            name = "mean κ of new observers minus with that network"
            yield name, found.low <= of_people <= found.high


def main() -> None:
    """Count, print and save."""
    n_studies = n_studies_asked("coverage_consistency", N_STUDIES)
    designs = designs_of(SIZES, SPREADS, ACCURACIES)
    counts = count("coverage_consistency", simulate, designs, n_studies, SEED)
    published = with_spread(designs, SPREADS[1])
    error = monte_carlo_error(n_studies)
    caption = (
        f"Error consistency, {LEVEL:.0%} intervals and tests at {1 - LEVEL:.0%}, in percent: "
        f"{n_studies} studies of each of {len(designs)} designs, one figure ± {error:.1f}. "
        "Columns: SD .45 over observers and 1.6 over items, in logits."
    )
    report("coverage_consistency", n_studies, counts, designs, published, caption)


if __name__ == "__main__":
    main()
