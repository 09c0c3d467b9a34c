"""How near to 95% can the coverage be, whatever the observers' spread? The part of the degrees of freedom.

Answers are taken as normal and items as many, so that nothing but the spread of few observers is unknown:
the mean square of observers, over that of single answers, is ρ times a χ² over its ν degrees of freedom, with
ρ = 1 where observers do not differ.  A method is a reach as a function of that ratio, in standard errors of
single answers.  It is never less than 1.96, as no interval should be narrower than if all answers were
independent, and never more than t on the mean square of observers.  A linear programme finds, among all such
functions, the one that covers at least 93% for every ρ, and least where observers do not differ: no method
does better.

Run ``python -P benchmarks/coverage_bound.py [--save]``; the last line is one JSON object.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy import optimize, sparse, special, stats

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.statistics.clusters import reach_of
from benchmarks.stored_results import Table, save

OBSERVERS = (3, 5, 9, 12)
TAIL = 0.025
LEAST = 0.93
RHO = np.geomspace(1, 60, 50)
RATIOS = np.geomspace(0.02, 400, 300)
"""Of mean squares, where one bin of the linear programme ends and the next begins."""
N_REACHES = 25


def coverage(share_known: float, df: int) -> np.ndarray:
    """Return, for each ρ, how often the interval covers when λ of the rest is taken as known."""
    ratio = stats.chi2.ppf((np.arange(20_000) + 0.5) / 20_000, df) / df * RHO[:, np.newaxis]
    reach = reach_of(TAIL, np.maximum(ratio, 1), [np.maximum(ratio - share_known, 0)], [float(df)])
    return (1 - 2 * special.ndtr(-reach / np.sqrt(RHO)[:, np.newaxis])).mean(axis=1)


def least_at_zero(df: int, at_least: float) -> float:
    """Return the least coverage at ρ = 1 of any method that covers `at_least` for every ρ."""
    edges = np.concatenate([[0], RATIOS, [np.inf]])
    middle = np.concatenate([RATIOS[:1], np.sqrt(RATIOS[:-1] * RATIOS[1:]), RATIOS[-1:]])
    normal, t = -special.ndtri(TAIL), -special.stdtrit(df, TAIL)
    widest = np.maximum(normal, t * np.sqrt(middle))
    # Reaches between the two are weighted, which allows more methods than there are.
    reach = normal + (widest - normal)[:, np.newaxis] * np.linspace(0, 1, N_REACHES)
    chance = np.diff(stats.chi2.cdf(df * edges / RHO[:, np.newaxis], df))
    held = 1 - 2 * special.ndtr(-reach / np.sqrt(RHO)[:, np.newaxis, np.newaxis])
    covered = (chance[:, :, np.newaxis] * held).reshape(len(RHO), -1)
    one_each = sparse.kron(sparse.identity(len(middle)), np.ones(N_REACHES))
    solver: Any = optimize
    found = solver.linprog(
        covered[0],
        A_ub=-covered[1:],
        b_ub=-np.full(len(RHO) - 1, at_least),
        A_eq=one_each,
        b_eq=np.ones(len(middle)),
        bounds=(0, 1),
    )
    return float(found.fun)


def main() -> None:
    """Print the table, and save it."""
    rows, results = [], {}
    for n_observers in OBSERVERS:
        df = n_observers - 1
        found = [coverage(share, df) for share in (0.0, 1 - 1 / df, 1.0)]
        bound = least_at_zero(df, LEAST)
        results[str(n_observers)] = {
            "coverage": [each.round(4).tolist() for each in found],
            "least_at_zero": round(bound, 4),
        }
        cells = (f"{100 * each.min():.1f}–{100 * each.max():.1f}" for each in found)
        rows.append([str(n_observers), *cells, f"{100 * bound:.1f}"])
    columns = (
        *("observers", "λ = 0 (t of observers)", "λ = 1 − 1/ν (used)", "λ = 1"),
        "least coverage without spread of any method that always covers 93%",
    )
    caption = (
        "Coverage in percent over all spreads of the observers, least and most; the most is that without any "
        "spread. Normal data, by quadrature."
    )
    table = Table("coverage-bound", caption, columns, rows)
    print(table.markdown())
    if "--save" in sys.argv[1:]:
        save("coverage_bound", {"rho": RHO.round(4).tolist(), "results": results}, [table])
    print(json.dumps({number: each["least_at_zero"] for number, each in results.items()}))


if __name__ == "__main__":
    main()
