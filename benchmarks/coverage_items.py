"""How often do intervals about items hold the true value: the noise ceiling, the psychometric function?

The noise ceiling is simulated in studies as in ``simulated_studies.py``; the true reliability, of these
observers over all items that there could be, follows by quadrature.  Psychometric functions have a threshold
and a width that are the same for all items of a gap but for a normal effect of the item and one of the
observer, in probits.  A fit takes seconds, so there are few of them.

Run ``python -P benchmarks/coverage_items.py [STUDIES] [--save|--tables]``.  The last line is one JSON object.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.statistics.noise_ceiling import noise_ceiling
from analysis.statistics.psychometric import psychometric
from benchmarks.coverage_counts import LEVEL, count, monte_carlo_error, n_studies_asked, report
from benchmarks.simulated_studies import NODES, WEIGHTS, Design, designs_of, with_spread

N_STUDIES = 200
FITS_OF = 4
"""One study in so many has a psychometric function fitted."""
SEED = 5
SIZES, SPREADS, ACCURACIES = ((6, 60), (9, 149), (20, 149)), ((0.2, 0.8), (0.45, 1.6), (1.5, 0.3)), (0.7, 0.9)
N_SPLITS = 100
GAPS, THRESHOLD, SLOPE_PROBIT, LAPSES = np.linspace(0.2, 1, 6), 0.5, 4.0, 0.02
PROBITS_PER_LOGIT = 0.6


def true_reliability(abilities: np.ndarray, item_sd_logit: float, rng: np.random.Generator) -> float:
    """Return the Spearman–Brown reliability of these observers' mean over all items, averaged over splits."""
    p = special.expit(abilities[:, np.newaxis] + item_sd_logit * NODES)
    a = p @ WEIGHTS
    covariance = (p * WEIGHTS) @ p.T - np.outer(a, a)
    np.fill_diagonal(covariance, a * (1 - a))
    n, half = len(abilities), len(abilities) // 2
    values = []
    for _ in range(N_SPLITS):
        order = rng.permutation(n)
        one, other = order[:half], order[half : 2 * half]
        variances = (covariance[np.ix_(each, each)].sum() for each in (one, other))
        values.append(covariance[np.ix_(one, other)].sum() / np.sqrt(np.prod(list(variances))))
    r, k = float(np.mean(values)), n / half
    return k * r / (1 + (k - 1) * r)


@dataclass(frozen=True)
class Study:
    """A design, and whether a psychometric function is fitted."""

    design: Design
    fits: bool

    def __str__(self) -> str:
        return str(self.design)


def simulate(study: Study, rng: np.random.Generator) -> Iterator[tuple[str, bool]]:
    """Simulate one study; yield for each interval whether it holds."""
    design = study.design
    if not study.fits:
        abilities = design.abilities(rng)
        found = noise_ceiling(design.answers(abilities, rng).astype(float), rng, LEVEL)
        if np.isfinite(found.low):
            true = true_reliability(abilities, design.item_sd_logit, rng)
            yield "noise ceiling", found.low <= true <= found.high
        return
    observer = PROBITS_PER_LOGIT * design.observer_sd_logit * rng.standard_normal((design.n_observers, 1))
    rows = []
    for gap in GAPS:
        n_items = design.n_items // len(GAPS)
        item = PROBITS_PER_LOGIT * design.item_sd_logit * rng.standard_normal(n_items)
        p = 0.5 + (0.5 - LAPSES) * special.ndtr(SLOPE_PROBIT * (gap - THRESHOLD) + observer + item)
        rows.append((gap, (rng.random(p.shape) < p).sum(), p.size))
    table = pd.DataFrame(rows, columns=["gap", "n_correct", "n_answers"])
    curve = psychometric(table, LEVEL)
    low, high = getattr(curve, "low", np.nan), getattr(curve, "high", np.nan)
    if np.isfinite(low):
        yield "psychometric threshold, as if for other observers", low <= THRESHOLD <= high


def main() -> None:
    """Count, print and save."""
    n_studies = n_studies_asked("coverage_items", N_STUDIES)
    designs = designs_of(SIZES, SPREADS, ACCURACIES)
    fitted = [each for each in designs if each.n_observers < 20 and each.accuracy == ACCURACIES[0]]
    studies = [*(Study(each, False) for each in designs), *(Study(each, True) for each in fitted)]
    numbers = [n_studies // (FITS_OF if study.fits else 1) for study in studies]
    counts = count("coverage_items", simulate, studies, numbers, SEED)
    stored = len(counts) == len(designs)  # with --tables: what is merged here already
    merged = (
        counts
        if stored
        else [
            each
            | next((c for s, c in zip(studies, counts, strict=True) if s.fits and s.design == design), {})
            for design, each in zip(designs, counts, strict=False)
        ]
    )
    shown = with_spread(designs, SPREADS[1])
    error = monte_carlo_error(n_studies)
    caption = (
        f"Items, {LEVEL:.0%} intervals, in percent: {n_studies} studies of each of {len(designs)} designs, "
        f"one figure ± {error:.1f}; psychometric functions: a quarter of the studies, ± {2 * error:.1f}."
    )
    report("coverage_items", n_studies, merged, designs, shown, caption)


if __name__ == "__main__":
    main()
