"""How often does the interval of `population_accuracy` hold the true value?

Studies are simulated in which the same observers judge the same items: the logit of being right is the sum of
a constant, an effect of the observer and one of the item, both normal.  The constant is chosen by quadrature
so that the population, new observers on new items, has the accuracy that the design names.  Each study then
goes through `population_accuracy` as any data would.

Run ``python benchmarks/coverage.py``; the last line is one JSON object with the smallest and the largest
coverage over the designs.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import optimize, special

if __name__ == "__main__":  # started as a file, the script's own folder stands in place of the repository's
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.accuracy import population_accuracy

N_STUDIES = 2_000
LEVEL = 0.95
SEED = 1
SIZES = ((9, 149), (6, 60), (12, 60), (40, 300))
"""Observers and items; the first is the published study (Meding et al. 2022)."""
SPREADS = ((0.45, 1.6), (0.2, 0.8), (0.45, 0.5), (0.9, 1.6), (0.1, 0.3))
"""Standard deviations over observers and over items, on the logit scale."""
ACCURACIES = (0.65, 0.81, 0.9)


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


def constant_for(accuracy: float, sd_logit: float) -> float:
    """Return the constant at which a logit-normal mixture has the mean `accuracy`.

    The mixture's mean is an integral over a normal distribution, by Gauss–Hermite quadrature.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(100)
    weights = weights / weights.sum()
    found = optimize.root_scalar(
        lambda constant: weights @ special.expit(constant + sd_logit * nodes) - accuracy, bracket=(-20, 20)
    )
    return found.root


def coverage(design: Design, n_studies: int, rng: np.random.Generator, level: float = LEVEL) -> float:
    """Return the share of simulated studies whose interval holds the true value."""
    n_observers, n_items = design.n_observers, design.n_items
    # The sum of two independent normal effects is normal.
    constant = constant_for(design.accuracy, np.hypot(design.observer_sd_logit, design.item_sd_logit))
    observer, item = (index.ravel() for index in np.indices((n_observers, n_items)))
    n_held = 0
    for _ in range(n_studies):
        logit = (
            constant
            + design.observer_sd_logit * rng.standard_normal((n_observers, 1))
            + design.item_sd_logit * rng.standard_normal(n_items)
        )
        correct = rng.random(logit.shape) < special.expit(logit)
        result = population_accuracy(correct.ravel(), observer, item, level)
        n_held += result.low <= design.accuracy <= result.high
    return n_held / n_studies


def _full_coverage(numbered: tuple[int, Design]) -> float:
    number, design = numbered
    return coverage(design, N_STUDIES, np.random.default_rng([SEED, number]))


def main() -> None:
    """Print the coverage of each design, and the extremes as JSON."""
    designs = [
        Design(*size, *spread, accuracy)
        for size, spread, accuracy in itertools.product(SIZES, SPREADS, ACCURACIES)
    ]
    print(f"{N_STUDIES} studies a design, nominal {LEVEL:.0%}; binomial error of one figure ±1.0 point (95%)")
    print(f"{'observers':>9} {'items':>5} {'SD obs.':>7} {'SD items':>8} {'accuracy':>8} {'coverage':>8}")
    shares = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for design, share in zip(designs, pool.map(_full_coverage, enumerate(designs)), strict=True):
            shares.append(share)
            print(
                f"{design.n_observers:9} {design.n_items:5} {design.observer_sd_logit:7} "
                f"{design.item_sd_logit:8} {design.accuracy:8} {share:8.1%}",
                flush=True,
            )
    print(json.dumps({"coverage_min": min(shares), "coverage_max": max(shares)}))


if __name__ == "__main__":
    main()
