"""How often do intervals about a population hold the true value, and how often do tests err?

Studies are simulated as in ``simulated_studies.py``.  Each study then goes through the functions that any
data go through.  ``coverage_accuracy.py`` has the interval of accuracy in many more designs and studies.

Run ``python -P benchmarks/coverage.py [STUDIES] [--save|--tables]`` (see ``coverage_counts.py``).  The last
line is one JSON object with the extremes over the designs.  Others: ``coverage_consistency.py``,
``coverage_observers.py`` (one observer), ``coverage_items.py`` (noise ceiling, explained variance,
psychometric function), ``coverage_pools.py`` (models), ``coverage_ratings.py``, ``coverage_crossed.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.statistics.accuracy import next_observer_interval, population_accuracy
from analysis.statistics.bootstrap import bootstrap_accuracy
from analysis.statistics.contrasts import accuracy_difference, study_difference
from analysis.statistics.population_mean import population_mean
from benchmarks.coverage_counts import LEVEL, count, monte_carlo_error, n_studies_asked, report
from benchmarks.simulated_studies import Design, designs_of, mixture, with_spread

N_STUDIES = 500
SEED = 1
SIZES = ((6, 60), (9, 149), (40, 300))
"""Observers and items: small, as in the published study (Meding et al. 2022), and large."""
SPREADS = ((0.2, 0.8), (0.45, 1.6), (0.9, 1.6), (1.5, 0.3))
"""Standard deviations over observers and over items, on the logit scale: small, as published, large, and
nearly all variance between observers."""
ACCURACIES = (0.81, 0.9)
EFFECT_LOGIT = 0.5
"""Of the second of two conditions, where there is a difference."""
CHANGED_LABELS = 0.1
"""Share of items whose right answer is another one by other labels."""


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
    changed = rng.random(design.n_items) < CHANGED_LABELS
    change = np.where(changed, 1.0 - 2.0 * design.answers(design.abilities(rng), rng), 0.0)
    found = population_mean(change.ravel(), observer, item, LEVEL)
    if np.isfinite(found.low):
        yield (
            "change under other labels",
            found.low <= CHANGED_LABELS * (1 - 2 * design.accuracy) <= found.high,
        )
    first, same, better = (
        population_accuracy(design.answers(design.abilities(rng), rng, shift).ravel(), observer, item, LEVEL)
        for shift in (0.0, 0.0, EFFECT_LOGIT)
    )
    found = study_difference(first, better)
    yield "difference between studies", found.low <= effect <= found.high
    yield "test between studies", study_difference(first, same).p_value < 1 - LEVEL


def main() -> None:
    """Count, print and save."""
    n_studies = n_studies_asked("coverage", N_STUDIES)
    designs = designs_of(SIZES, SPREADS, ACCURACIES)
    counts = count("coverage", of_accuracy, designs, n_studies, SEED)
    published = with_spread(designs, SPREADS[1])
    error = monte_carlo_error(n_studies)
    caption = (
        f"Population, {LEVEL:.0%} intervals and tests at {1 - LEVEL:.0%}, in percent: {n_studies} studies of "
        f"each of {len(designs)} designs, one figure ± {error:.1f}. "
        "Columns: SD .45 over observers and 1.6 over items, in logits."
    )
    report("coverage", n_studies, counts, designs, published, caption)


if __name__ == "__main__":
    main()
