"""How often does the interval of explained variance hold the true value?

The accuracy of an item depends on a number and on its class, ten of them, plus a normal error.  R² is that of
`explained`: of ridge regressions on items that they were not fitted to.  As the interval is for new items
and this fit, the true value is what fits to as many items reach on average, taken from all simulated studies.

Run ``python -P benchmarks/coverage_explained.py [STUDIES] [--save|--tables]``.  The last line is one JSON
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

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.statistics.noise_ceiling import explained
from benchmarks.coverage_counts import LEVEL, count, monte_carlo_error, n_studies_asked, report

N_STUDIES = 200
SEED = 7
N_CLASSES = 10
N_FOR_TRUTH = 100


@dataclass(frozen=True)
class Items:
    """A set of items, and how much of their variance follows from number and class, each half of it."""

    n_items: int
    r2: float

    def __str__(self) -> str:
        return f"{self.n_items} items, R² {self.r2}"

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, pd.DataFrame]:
        """Draw accuracies of items, and what is known of them."""
        number = rng.standard_normal(self.n_items)
        class_number = rng.integers(N_CLASSES, size=self.n_items)
        effects = rng.standard_normal(N_CLASSES)
        known = np.sqrt(self.r2 / 2) * (number + effects[class_number])
        accuracy = 0.8 + 0.1 * (known + np.sqrt(1 - self.r2) * rng.standard_normal(self.n_items))
        return accuracy, pd.DataFrame({"number": number, "class": class_number.astype(str)})


@cache
def true_r2(items: Items) -> float:
    """Return the R² that fits to as many items reach on average."""
    rng = np.random.default_rng([SEED, items.n_items, int(100 * items.r2)])
    return float(np.mean([_measured(items, rng)["r2"] for _ in range(N_FOR_TRUTH)]))


def _measured(items: Items, rng: np.random.Generator) -> pd.Series:
    accuracy, known = items.draw(rng)
    return explained(accuracy, {"known": known}, 1.0, rng, LEVEL).iloc[0]


def simulate(items: Items, rng: np.random.Generator) -> Iterator[tuple[str, bool]]:
    """Simulate one set of items; yield whether the interval holds."""
    found = _measured(items, rng)
    yield "explained variance", found["low"] <= true_r2(items) <= found["high"]


def main() -> None:
    """Count, print and save."""
    n_studies = n_studies_asked("coverage_explained", N_STUDIES)
    designs = [Items(*each) for each in itertools.product((40, 60, 149), (0.1, 0.4))]
    counts = count("coverage_explained", simulate, designs, n_studies, SEED)
    caption = (
        f"Explained variance of items, {LEVEL:.0%} intervals, in percent: {n_studies} studies of each of "
        f"{len(designs)} designs, one figure ± {monte_carlo_error(n_studies):.1f}."
    )
    report(
        "coverage_explained", n_studies, counts, designs, {str(d): i for i, d in enumerate(designs)}, caption
    )


if __name__ == "__main__":
    main()
