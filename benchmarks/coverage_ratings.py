"""How often do the intervals of ratings hold the true value?

Studies are simulated in which the same observers rate the same items: the logit of a rating above a step of
the scale is a slope times the item's predictor, plus an effect of the observer and one of the item, both
normal.  The true mean and the true shares follow by quadrature; the true slope is that of very many ratings,
each by an observer and of an item of its own, the true agreement that of one very large study.

Shares of groups within a rating are those of items with a low, a middle and a high predictor (two, one and
two of its five values), over all ratings.  Counted shares depend on how many items of each group a study has.

Each study goes through the functions that any data go through.  A regression takes a hundred times as long as
the rest, so slopes come from a part of the studies, and so do shares, of which a study has many.

Run ``python -P benchmarks/coverage_ratings.py [STUDIES] [--save]``.  It prints a table; the last line is one
JSON object.  With ``--save`` the results go to ``benchmarks/results``, for the table in the docs.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy import special

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.statistics.agreement import rating_agreement
from analysis.statistics.ordinal_regression import ordinal_regression
from analysis.statistics.population_mean import population_mean
from analysis.statistics.rating_composition import rating_composition
from benchmarks.coverage_counts import monte_carlo_error
from benchmarks.simulated_studies import mixture
from benchmarks.stored_results import Table, save
from tricky.core.errors import InputError

N_STUDIES = 1200
SEED = 1
LEVEL = 0.95
LARGE = 500, 3000
N_RATINGS = 200_000
STEPS_LOGIT = np.array([-1.0, 0.2, 1.3, 2.5])
SLOPE_LOGIT = 2.0
PREDICTOR = np.linspace(0, 1, 5)
"""The values that the predictor has, each as often as any other."""
GROUPS = np.array([0, 0, 1, 2, 2])
"""The group of each of these."""
SLOPES_EVERY = {True: 20, False: 2}
"""Of how many studies one has its slope estimated, of large ones and of others."""
SHARES_EVERY = 4


@dataclass(frozen=True)
class RatingDesign:
    """One kind of study: its size, spreads of observers and items in logits, and the slope of its ratings."""

    n_observers: int
    n_items: int
    observer_sd_logit: float
    item_sd_logit: float
    slope_logit: float = SLOPE_LOGIT


DESIGNS = (
    RatingDesign(3, 20, 0.5, 0.7),
    RatingDesign(6, 60, 0.5, 0.7),
    RatingDesign(9, 149, 0.5, 0.7),
    RatingDesign(40, 300, 0.5, 0.7),
    RatingDesign(6, 60, 0.1, 0.3),
    RatingDesign(9, 149, 1.0, 0.3),
    RatingDesign(9, 60, 1.0, 1.0, 0.0),
    RatingDesign(12, 20, 0.5, 1.5, 3.0),
    RatingDesign(4, 30, 0.3, 3.0, 6.0),
    RatingDesign(5, 20, 0.0, 0.0, 0.0),
)


def simulate(
    rng: np.random.Generator,
    n_observers: int,
    n_items: int,
    observer_sd: float,
    item_sd: float,
    slope: float = SLOPE_LOGIT,
):
    """Return ratings, predictor, observers and items, one entry a trial."""
    x = rng.choice(PREDICTOR, n_items)
    logit = slope * x + item_sd * rng.standard_normal(n_items)
    logit = logit + observer_sd * rng.standard_normal((n_observers, 1))
    chance = special.expit(logit[..., np.newaxis] - STEPS_LOGIT)
    # One draw an answer: a rating lies above as many steps as its chances exceed the draw.
    rating = 1 + (rng.random(logit.shape)[..., np.newaxis] < chance).sum(axis=-1)
    observer, item = (index.ravel() for index in np.indices(logit.shape))
    return rating.ravel(), x[item], observer, item


def true_mean(design: RatingDesign) -> float:
    """Return the mean rating of new observers of new items."""
    sd = float(np.hypot(design.observer_sd_logit, design.item_sd_logit))
    above = [mixture(design.slope_logit * x - step, sd) for x in PREDICTOR for step in STEPS_LOGIT]
    return 1 + sum(above) / len(PREDICTOR)


def true_shares(design: RatingDesign) -> np.ndarray:
    """Return the share of each rating in each group, shape (n_ratings, n_groups)."""
    sd = float(np.hypot(design.observer_sd_logit, design.item_sd_logit))
    above = np.array(
        [[mixture(design.slope_logit * x - step, sd) for x in PREDICTOR] for step in STEPS_LOGIT]
    )
    ends = np.ones((1, len(PREDICTOR)))
    of_value = -np.diff(np.concatenate([ends, above, 0 * ends]), axis=0)
    return np.stack([of_value[:, group == GROUPS].mean(axis=1) for group in np.unique(GROUPS)], axis=1)


def composition_held(ratings: tuple[np.ndarray, ...], shares: np.ndarray, *, equalised: bool) -> list[bool]:
    """Return for each rating and group that has an interval whether it holds the true share."""
    rating, x, observer, item = ratings
    group = GROUPS[np.searchsorted(PREDICTOR, x)]
    found = rating_composition(rating, group, observer, item, LEVEL, equalised=equalised)
    joint = found["base_rate"] * shares[found["rating"].astype(int) - 1, found["group"].astype(int)]
    truth = joint / joint.groupby(found["rating"]).transform("sum")
    held = (found["low"] <= truth) & (truth <= found["high"])
    return held[found["low"].notna()].tolist()


def true_slope(rng: np.random.Generator, design: RatingDesign) -> float:
    """Return the slope of ratings that share neither observers nor items."""
    x = rng.choice(PREDICTOR, N_RATINGS)
    sd = np.hypot(design.observer_sd_logit, design.item_sd_logit)
    logit = design.slope_logit * x + sd * rng.standard_normal(N_RATINGS)
    chance = special.expit(logit[:, np.newaxis] - STEPS_LOGIT)
    rating = 1 + (rng.random(N_RATINGS)[:, np.newaxis] < chance).sum(axis=1)
    # One name for all: an interval, which would take long, is not asked for.
    return ordinal_regression(rating, x, np.zeros(N_RATINGS), np.arange(N_RATINGS)).estimate


def coverage(numbered: tuple[int, RatingDesign, int]) -> dict[str, float]:
    """Return how often each interval held, and in how many studies each was counted."""
    number, design, n_studies = numbered
    rng = np.random.default_rng([SEED, number])
    about = design.observer_sd_logit, design.item_sd_logit, design.slope_logit
    rating, _, observer, item = simulate(rng, *LARGE, *about)
    truth = {
        "agreement": rating_agreement(rating, observer, item).estimate,
        "mean": true_mean(design),
        "slope": true_slope(rng, design),
    }
    shares = true_shares(design)
    held: dict[str, list[bool]] = {name: [] for name in (*truth, "counted", "equalised")}
    every = SLOPES_EVERY[design.n_observers * design.n_items > 5000]
    for study in range(n_studies):
        ratings = simulate(rng, design.n_observers, design.n_items, *about)
        rating, x, observer, item = ratings
        found = {
            "agreement": rating_agreement(rating, observer, item, LEVEL),
            "mean": population_mean(rating, observer, item, LEVEL, bounds=(1, len(STEPS_LOGIT) + 1)),
        }
        if study % every == 0:
            with suppress(InputError):  # where the fit does not converge, and the function says so
                found["slope"] = ordinal_regression(rating, x, observer, item, LEVEL)
        if study % SHARES_EVERY == 0:
            held["counted"] += composition_held(ratings, shares, equalised=False)
            held["equalised"] += composition_held(ratings, shares, equalised=True)
        for name, each in found.items():
            if np.isfinite(each.low):
                held[name].append(bool(each.low <= truth[name] <= each.high))
    shares = {name: round(float(np.mean(each)), 4) for name, each in held.items()}
    return shares | {f"n_{name}": len(each) for name, each in held.items()}


def table_of(results: list[dict[str, float]], n_studies: int) -> Table:
    """Return the coverage of each interval by design, in percent."""
    rows = [
        [
            f"{design.n_observers} × {design.n_items}",
            f"{design.observer_sd_logit:g}, {design.item_sd_logit:g}",
            f"{design.slope_logit:g}",
            *(f"{100 * found[name]:.1f}" for name in ("agreement", "mean", "counted", "equalised")),
            f"{100 * found['slope']:.1f} ± {monte_carlo_error(round(found['n_slope'])):.1f}",
        ]
        for design, found in zip(DESIGNS, results, strict=True)
    ]
    error = monte_carlo_error(n_studies)
    caption = (
        "How often 95% intervals of ratings hold the true value, in percent. "
        f"{n_studies:,} studies a design; "
        f"a figure of α or mean is sure to ±{error:.1f} points, of slopes, from fewer studies, as stated. "
        f"Shares are averaged over ratings and groups in every {SHARES_EVERY}th study."
    )
    columns = (
        *("observers × items", "SD of observers, items", "slope", "Krippendorff's α", "mean rating"),
        *("share of a group, counted", "share of a group, equalised", "estimated slope"),
    )
    return Table("coverage-ratings", caption, columns, rows)


def main() -> None:
    """Simulate all designs; print the table and, if asked to, save it."""
    numbers = [each for each in sys.argv[1:] if not each.startswith("--")]
    n_studies = int(numbers[0]) if numbers else N_STUDIES
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(coverage, [(i, design, n_studies) for i, design in enumerate(DESIGNS)]))
    table = table_of(results, n_studies)
    print(table.markdown())
    if "--save" in sys.argv[1:]:
        rows = [asdict(design) | found for design, found in zip(DESIGNS, results, strict=True)]
        measured = {"n_studies": n_studies, "seed": SEED, "level": LEVEL, "results": rows}
        save("coverage_ratings", measured, [table])
    extremes = {
        name: [min(each[name] for each in results), max(each[name] for each in results)]
        for name in ("agreement", "mean", "counted", "equalised", "slope")
    }
    print(json.dumps(extremes))


if __name__ == "__main__":
    main()
