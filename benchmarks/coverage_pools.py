"""How often do intervals about a pool of models hold the true value, for new images and for new models?

Models of one population answer images of one population: P(right) is Φ(ability + image), abilities with SD
.4 around .8, images with SD 1.5.  True values of the models at hand, and of their population, follow by
quadrature; mean κ on images that the other models disagree about depends on the pool's size, and is taken
from large draws.

Run ``python -P benchmarks/coverage_pools.py [POOLS] [--save|--tables]``.  The last line is one JSON object.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy import special

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.statistics.consistency_intervals import measure_consistency, pairs_between
from analysis.statistics.dichotomy import measure_dichotomy
from analysis.statistics.subsets import HoldsFor, LabelledBy, Subset, SubsetConsistency, consistency_by_subset
from benchmarks.coverage_counts import LEVEL, count, monte_carlo_error, n_studies_asked, report

N_POOLS = 400
N_RESAMPLES = 200
SEED = 4
MEAN_ABILITY, ABILITY_SD, IMAGE_SD = 0.8, 0.4, 1.5
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
N_LARGE_DRAWS, LARGE = 100, 5000


@dataclass(frozen=True)
class Pool:
    """How many models answer how many images."""

    n_models: int
    n_images: int

    def __str__(self) -> str:
        return f"{self.n_models} models × {self.n_images} images"


def draw(abilities: np.ndarray, n_images: int, rng: np.random.Generator) -> np.ndarray:
    """Return whether models are right on images, shape (n_models, n_images)."""
    images = IMAGE_SD * rng.standard_normal(n_images)
    return abilities[:, np.newaxis] + images + rng.standard_normal((len(abilities), n_images)) > 0


def draw_abilities(n_models: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the abilities of a pool's models."""
    return MEAN_ABILITY + ABILITY_SD * rng.standard_normal(n_models)


def true_values(abilities: np.ndarray, weights: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Return dichotomy, mean κ and the κ of each two of these models; weights of pairs, (n, n)."""
    p = special.ndtr(abilities[:, np.newaxis] + IMAGE_SD * NODES)
    a, both = (p @ WEIGHTS)[:, np.newaxis], (p * WEIGHTS) @ p.T
    observed, expected = a + a.T - 2 * both, a + a.T - 2 * a * a.T
    kappa = 1 - observed / expected
    dichotomy = 1 - (weights * observed).sum() / (weights * expected).sum()
    return float(dichotomy), float((weights * kappa).sum() / weights.sum()), kappa


@cache
def true_in_between(n_models: int) -> float:
    """Return the mean κ on images that the other models disagree about, from large draws."""
    rng = np.random.default_rng([SEED, n_models])
    values = []
    for _ in range(N_LARGE_DRAWS):
        correct = draw(draw_abilities(n_models, rng), LARGE, rng)
        found = consistency_by_subset(correct, 0, rng, holds_for="images", n_resamples=2)
        values.append(_of(found, Subset.IN_BETWEEN, LabelledBy.OTHERS).estimate)
    return float(np.mean(values))


def _of(found: list[SubsetConsistency], subset: Subset, labelled_by: LabelledBy) -> SubsetConsistency:
    return next(each for each in found if (each.subset, each.labelled_by) == (subset, labelled_by))


def simulate(pool: Pool, rng: np.random.Generator) -> Iterator[tuple[str, bool]]:
    """Simulate the decisions of one pool; yield for each interval whether it holds."""
    abilities = draw_abilities(pool.n_models, rng)
    correct = draw(abilities, pool.n_images, rng)
    dichotomy, mean, kappa = true_values(abilities, 1 - np.eye(pool.n_models))
    grid = MEAN_ABILITY + ABILITY_SD * NODES
    of_population = true_values(grid, np.outer(WEIGHTS, WEIGHTS))
    truths: dict[HoldsFor, tuple[str, float, float]] = {
        "images": ("these models", dichotomy, mean),
        "images and models": ("new models", *of_population[:2]),
    }
    for holds_for, (whom, true_dichotomy, true_mean) in truths.items():
        found = measure_dichotomy(correct, rng, holds_for=holds_for, level=LEVEL, n_resamples=N_RESAMPLES)
        yield f"dichotomy, {whom}", found.low <= true_dichotomy <= found.high
        subsets = consistency_by_subset(
            correct, 0, rng, holds_for=holds_for, level=LEVEL, n_resamples=N_RESAMPLES
        )
        every = _of(subsets, Subset.ALL, LabelledBy.POOL)
        yield f"mean κ on all images, {whom}", every.low <= true_mean <= every.high
        if holds_for == "images and models":
            between = _of(subsets, Subset.IN_BETWEEN, LabelledBy.OTHERS)
            true = true_in_between(pool.n_models)
            yield f"mean κ on in-between images, {whom}", between.low <= true <= between.high
    others = np.arange(1, pool.n_models)
    beside = measure_consistency(correct, pairs_between([0], others), level=LEVEL)
    yield "mean κ with one of the models", beside.low <= kappa[0, 1:].mean() <= beside.high


def main() -> None:
    """Count, print and save."""
    n_pools = n_studies_asked("coverage_pools", N_POOLS)
    pools = [Pool(5, 1000), Pool(11, 1000), Pool(20, 500)]
    counts = count("coverage_pools", simulate, pools, n_pools, SEED)
    error = monte_carlo_error(n_pools)
    caption = (
        f"Pools of models, {LEVEL:.0%} intervals, in percent: {n_pools} pools of each size, one figure "
        f"± {error:.1f}."
    )
    report("coverage_pools", n_pools, counts, pools, {str(pool): i for i, pool in enumerate(pools)}, caption)


if __name__ == "__main__":
    main()
