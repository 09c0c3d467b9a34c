"""Do intervals about a pool of models cover what they should, for new images and new models?

Models of one population answer images of one population: P(right) is Φ(ability + image), abilities with SD
.4 around .8, images with SD 1.5. For pools of 5, 11 and 20 models the true dichotomy and the true mean κ, on
all images and on in-between ones (as the other models label them), come from large draws; then small pools
and sets are drawn, and the share of 95% intervals that cover the truth is counted. `--draws N` sets how many.
Prints as its last line one JSON object, `<figure>_<models>x<images>` → coverage.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

# Python puts a script's folder first, where this file would stand for the package of the same name.
sys.path[:] = [each for each in sys.path if Path(each).resolve() != Path(__file__).resolve().parent]

from analysis.statistics.dichotomy import dichotomy, measure_dichotomy  # noqa: E402
from analysis.statistics.subsets import LabelledBy, Subset, consistency_by_subset  # noqa: E402

POOLS = ((5, 1000), (11, 1000), (20, 500))
TOLERANCE = 0


def draw(rng: np.random.Generator, n_models: int, n_images: int) -> np.ndarray:
    """Return whether models are right on images, shape (n_models, n_images)."""
    ability = rng.normal(0.8, 0.4, (n_models, 1))
    return ability + rng.normal(0, 1.5, n_images) + rng.normal(size=(n_models, n_images)) > 0


def kappas(correct: np.ndarray, rng: np.random.Generator, n_resamples: int) -> dict[str, tuple[float, ...]]:
    """Return mean κ with its interval on all images and on in-between ones."""
    found = consistency_by_subset(
        correct, TOLERANCE, rng, holds_for="images and models", n_resamples=n_resamples
    )
    chosen = {
        "kappa_all": (Subset.ALL, LabelledBy.POOL),
        "kappa_in_between": (Subset.IN_BETWEEN, LabelledBy.OTHERS),
    }
    return {
        name: next(
            (each.mean, each.low, each.high) for each in found if (each.subset, each.labelled_by) == choice
        )
        for name, choice in chosen.items()
    }


def coverage(n_models: int, n_images: int, n_draws: int) -> dict[str, float]:
    """Return the share of intervals that cover the truth."""
    rng = np.random.default_rng([n_models, n_images])
    large = [draw(rng, n_models, 5000) for _ in range(100)]
    truth = {"dichotomy": float(np.mean([dichotomy(each) for each in large]))}
    means = [kappas(each, rng, 2) for each in large]
    truth |= {name: float(np.mean([each[name][0] for each in means])) for name in means[0]}
    covered = dict.fromkeys(truth, 0)
    for _ in range(n_draws):
        correct = draw(rng, n_models, n_images)
        found = measure_dichotomy(correct, rng, holds_for="images and models", n_resamples=200)
        intervals = {"dichotomy": (found.value, found.low, found.high)} | kappas(correct, rng, 200)
        for name, (_, low, high) in intervals.items():
            covered[name] += low <= truth[name] <= high
    return {f"{name}_{n_models}x{n_images}": n / n_draws for name, n in covered.items()}


def main() -> None:
    """Count for each size of pool and set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--draws", type=int, default=300)
    options = parser.parse_args()
    figures: dict[str, float] = {}
    for n_models, n_images in POOLS:
        found = coverage(n_models, n_images, options.draws)
        print(", ".join(f"{name}: {share:.1%}" for name, share in found.items()))
        figures |= {name: round(share, 3) for name, share in found.items()}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
