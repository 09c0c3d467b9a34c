"""How often does the interval of accuracy hold the true value, and how do other methods compare?

Studies are simulated as in ``simulated_studies.py``, in 108 designs: 3, 5, 9 and 12 observers, 20, 60 and 149
items, accuracies of .6, .81 and .9, and three spreads; then with shares near 0; then in designs that were set
up after the method was chosen.  Tests invert the intervals, so a test errs where the interval misses.

Run ``python -P benchmarks/coverage_accuracy.py [STUDIES] [--save]``.  The last line is one JSON object; with
``--save`` the results go to ``benchmarks/results``, for the tables in the docs (``coverage_tables.py``).
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.interval_methods import METHODS
from benchmarks.simulated_studies import Design, moments_of
from benchmarks.stored_results import Table, save

N_STUDIES = 10_000
SEED = 1
LEVEL = 0.95
USED = next(iter(METHODS))
OBSERVERS, ITEMS, ACCURACIES = (3, 5, 9, 12), (20, 60, 149), (0.6, 0.81, 0.9)
SPREADS = ((0.0, 0.0), (0.45, 1.6), (1.5, 0.3))
"""Standard deviations over observers and items, in logits: none, as published, nearly all of observers."""
NEW_SPREADS = ((0.3, 0.3), (0.7, 1.0), (2.0, 1.0))
RARE_SHARES, RARE_OBSERVERS, RARE_ITEMS = (0.003, 0.01, 0.03, 0.06), (3, 8, 20), 57
DESIGNS = [Design(o, i, *s, a) for o, s, i, a in itertools.product(OBSERVERS, SPREADS, ITEMS, ACCURACIES)]
NEW = [
    Design(o, i, *s, a)
    for o, s, i, a in itertools.product((4, 7, 20), NEW_SPREADS, (30, 100), (0.52, 0.75, 0.95))
]
RARE = [
    Design(o, RARE_ITEMS, *s, a)
    for o, s, a in itertools.product(RARE_OBSERVERS, (*SPREADS, (1.5, 1.5)), RARE_SHARES)
]


def outcome(design: Design, n_studies: int, seed: Sequence[int]) -> dict[str, dict[str, float]]:
    """Simulate one design; return of each method how often it covers, its width, how often it degenerates."""
    moments = moments_of(design, n_studies, np.random.default_rng(seed))
    estimable = (moments.share > 0) & (moments.share < 1)
    found = {}
    for name, method in METHODS.items():
        low, high = method(moments, design.n_observers, design.n_items, LEVEL)
        width = high - low
        found[name] = {
            "coverage": ((low <= design.accuracy) & (design.accuracy <= high)).mean(),
            "truth_below": (design.accuracy < low).mean(),
            "width": width.mean(),
            "width_99": np.quantile(width, 0.99),
            "degenerate": (estimable & ((low <= 0) | (high >= 1))).mean(),
        }
    return {name: {key: round(float(each), 4) for key, each in of.items()} for name, of in found.items()}


def _outcome(numbered: tuple[int, Design, int]) -> dict[str, dict[str, float]]:
    number, design, n_studies = numbered
    return outcome(design, n_studies, [SEED, number])


def comparison(found: Sequence[dict[str, dict[str, float]]], note: str) -> Table:
    """Return how methods compare over the 108 designs."""
    rows = []
    five, nine = ([d.n_observers == n and d.observer_sd_logit == 1.5 for d in DESIGNS] for n in (5, 9))
    for name in METHODS:
        of = {key: np.array([each[name][key] for each in found]) for key in found[0][name]}
        inside = (of["coverage"] >= 0.93) & (of["coverage"] <= 0.97)
        rows.append(
            [
                name,
                *(
                    f"{100 * value:.1f}"
                    for value in (of["coverage"].mean(), of["coverage"].min(), of["coverage"].max())
                ),
                f"{(of['coverage'] < 0.93).sum()} / {inside.sum()} / {(of['coverage'] > 0.97).sum()}",
                f"{of['width'].mean():.3f}",
                f"{of['width'][five].mean():.3f}",
                f"{of['width_99'][nine].mean():.3f}",
                f"{100 * of['degenerate'].mean():.1f}",
            ]
        )
    columns = (
        *("interval", "coverage (%): mean", "least", "most", "designs below / within / above 93–97%"),
        *("mean width", "5 observers, SD 1.5", "99th percentile of width, 9 observers, SD 1.5"),
        "limits of 0 or 1 (%)",
    )
    return Table("accuracy-methods", f"Over the 108 designs. {note}", columns, rows)


def by_design(name: str, caption: str, designs: Sequence[Design], found: Iterable[float]) -> Table:
    """Return coverage in percent: rows of observers and spreads, columns of items and accuracy."""
    values = dict(zip(designs, found, strict=True))
    rows_of = list(dict.fromkeys((d.n_observers, d.observer_sd_logit, d.item_sd_logit) for d in designs))
    columns_of = list(dict.fromkeys((d.n_items, d.accuracy) for d in designs))
    rows = [
        [str(observers), f"{sd_observers:g}, {sd_items:g}"]
        + [
            f"{100 * values[Design(observers, items, sd_observers, sd_items, accuracy)]:.1f}"
            for items, accuracy in columns_of
        ]
        for observers, sd_observers, sd_items in rows_of
    ]
    heads = (f"{items} items, {accuracy:g}".replace("0.", ".") for items, accuracy in columns_of)
    return Table(name, caption, ("observers", "SD of observers, items", *heads), rows)


def main() -> None:
    """Simulate all designs, print what the used method covers, and save it."""
    numbers = [each for each in sys.argv[1:] if not each.startswith("--")]
    n_studies = int(numbers[0]) if numbers else N_STUDIES
    designs = [*DESIGNS, *NEW, *RARE]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(_outcome, [(i, design, n_studies) for i, design in enumerate(designs)]))
    error = 196 * np.sqrt(LEVEL * (1 - LEVEL) / n_studies)
    note = f"{n_studies:,} studies a design; one figure is sure to ±{error:.1f} points."
    coverages = [each[USED]["coverage"] for each in found]
    ends = np.cumsum([0, len(DESIGNS), len(NEW), len(RARE)])
    of_designs, of_new, of_rare = (coverages[a:b] for a, b in itertools.pairwise(ends))
    truth = "How often the 95% interval of accuracy holds the true value, in percent."
    tables = [
        comparison(found[: len(DESIGNS)], note),
        by_design("accuracy-designs", f"{truth} {note}", DESIGNS, of_designs),
        by_design(
            "accuracy-new-designs",
            f"The same, in designs set up after the method was chosen. {note}",
            NEW,
            of_new,
        ),
        by_design("shares-near-0", f"The same for shares near 0. {note}", RARE, of_rare),
    ]
    for table in tables:
        print(table.markdown())
    if "--save" in sys.argv[1:]:
        results = [
            {"design": vars(design), "methods": each} for design, each in zip(designs, found, strict=True)
        ]
        save(
            "coverage_accuracy",
            {"n_studies": n_studies, "seed": SEED, "level": LEVEL, "results": results},
            tables,
        )
    extremes = {
        name: [round(min(each), 4), round(max(each), 4)]
        for name, each in (("108 designs", of_designs), ("new designs", of_new), ("near 0", of_rare))
    }
    print(json.dumps(extremes))


if __name__ == "__main__":
    main()
