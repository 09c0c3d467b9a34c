"""How often does the interval of explained variance hold the true value?

The accuracy of an item depends on a number and on its class, ten of them, plus a normal error.  The true
value is the R² that the regression fitted to the items at hand reaches on very many new items.

Run ``python -P benchmarks/coverage_explained.py [STUDIES] [--save|--tables]``.  The last line is one JSON
object.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.statistics.noise_ceiling import explained, ridge_regression
from benchmarks.coverage_counts import LEVEL, count, monte_carlo_error, n_studies_asked, report

N_STUDIES = 200
SEED = 7
EFFECTS = np.random.default_rng(SEED).standard_normal(10)
EFFECTS = (EFFECTS - EFFECTS.mean()) / EFFECTS.std()
"""Of the ten classes, the same in all studies."""
N_NEW = 4000


@dataclass(frozen=True)
class Items:
    """A set of items, and how much of their variance follows from number and class, each half of it."""

    n_items: int
    r2: float

    def __str__(self) -> str:
        return f"{self.n_items} items, R² {self.r2}"

    def draw(self, n_items: int, rng: np.random.Generator) -> tuple[np.ndarray, pd.DataFrame]:
        """Draw accuracies of items, and what is known of them."""
        number, class_number = rng.standard_normal(n_items), rng.integers(len(EFFECTS), size=n_items)
        known = np.sqrt(self.r2 / 2) * (number + EFFECTS[class_number])
        accuracy = 0.8 + 0.1 * (known + np.sqrt(1 - self.r2) * rng.standard_normal(n_items))
        classes = pd.Categorical(class_number.astype(str), [str(each) for each in range(len(EFFECTS))])
        return accuracy, pd.DataFrame({"number": number, "class": classes})


def simulate(items: Items, rng: np.random.Generator) -> Iterator[tuple[str, bool]]:
    """Simulate one set of items; yield whether the interval holds."""
    accuracy, known = items.draw(items.n_items, rng)
    found = explained(accuracy, {"known": known}, 1.0, rng, LEVEL).iloc[0]
    fit = ridge_regression().fit(pd.get_dummies(known, dtype=float), accuracy)
    new_accuracy, new_known = items.draw(N_NEW, rng)
    errors = new_accuracy - fit.predict(pd.get_dummies(new_known, dtype=float))
    truth = 1 - np.square(errors).mean() / np.square(new_accuracy - accuracy.mean()).mean()
    yield "explained variance", found["low"] <= truth <= found["high"]


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
