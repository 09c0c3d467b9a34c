"""What benchmarks of coverage share: count over simulated studies, and make a table for the docs of it.

A benchmark simulates one study, or many observers at once, and yields for each interval whether it holds the
true value, and for each test whether it errs.  ``--save`` stores the counts in ``benchmarks/results`` with
the table for the docs; ``--tables`` makes the table again from stored counts.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.stored_results import Table, read, save

Outcome = tuple[str, Any]
"""The name of an interval or test, and whether it held or erred: a bool, or an array of them."""
LEVEL = 0.95
TARGET = 0.93, 0.97
"""Coverage that counts as right."""
TEST, REFUSED = "test", "refused"
"""How names of tests begin, which should err in 1 − TARGET, and names of methods that refuse the data."""


def count(
    benchmark: str,
    simulate: Callable[[Any, np.random.Generator], Iterable[Outcome]],
    designs: Sequence[Any],
    n_studies: int | Sequence[int],
    seed: int,
) -> list[dict[str, dict[str, float]]]:
    """Simulate all designs, on all cores; with ``--tables`` take the stored counts instead.

    Parameters
    ----------
    benchmark : str
        The benchmark's file without its suffix.
    simulate : callable
        Design, Generator → outcomes of one study.
    designs : sequence
    n_studies : int or sequence of int
        Of each design.
    seed : int

    Returns
    -------
    list of dict
        For each design, by the name of the interval or test, its `share` and the number `n` that this is of.
    """
    if "--tables" in sys.argv[1:]:
        return [
            {key: value for key, value in each.items() if key != "design"}
            for each in read(benchmark)["designs"]
        ]
    numbers = [n_studies] * len(designs) if isinstance(n_studies, int) else n_studies
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(partial(_shares, simulate, seed), range(len(designs)), designs, numbers))


def _shares(simulate: Callable, seed: int, number: int, design: Any, n_studies: int) -> dict:
    rng = np.random.default_rng([seed, number])
    seen: dict[str, list[np.ndarray]] = {}
    for _ in range(n_studies):
        for name, outcome in simulate(design, rng):
            seen.setdefault(name, []).append(np.atleast_1d(outcome))
    found = {name: np.concatenate(outcomes) for name, outcomes in seen.items()}
    return {name: {"share": round(float(each.mean()), 4), "n": len(each)} for name, each in found.items()}


def report(
    benchmark: str,
    n_studies: int,
    counts: Sequence[Mapping[str, Mapping[str, float]]],
    designs: Sequence[Any],
    shown: Mapping[str, int],
    caption: str,
) -> None:
    """Print every share, save results and table with ``--save`` or ``--tables``, print extremes as JSON.

    Parameters
    ----------
    benchmark : str
        The benchmark's file without its suffix; the table in the docs is called the same.
    n_studies : int
        Of each design, as `n_studies_asked` returns it.
    counts : sequence
        As `count` returns it.
    designs : sequence
        What was simulated; text says what.
    shown : mapping of str to int
        Heading → index of a design that has a column of its own in the table.
    caption : str
    """
    names = list(dict.fromkeys(name for each in counts for name in each))
    extremes, rows = {}, []
    for name in names:
        known = [each[name] for each in counts if name in each]
        shares = [each["share"] for each in known]
        print(name, *(f"{100 * share:.1f}" for share in shares))
        extremes[name] = [min(shares), max(shares)]
        cells = [counts[i].get(name) for i in shown.values()]
        rows.append(
            [
                f"**test** {name.removeprefix('test ')}" if name.startswith(TEST) else name,
                *("–" if cell is None else f"{100 * cell['share']:.1f}" for cell in cells),
                f"{100 * min(shares):.1f}–{100 * max(shares):.1f}",
                "–" if name.startswith(REFUSED) else _outside(name, known),
            ]
        )
    if {"--save", "--tables"} & set(sys.argv[1:]):
        columns = ["interval", *shown, "all designs", "designs below, above 93–97 (tests: 3–7)"]
        table = Table(benchmark.replace("_", "-"), caption, columns, rows)
        measured = [{"design": str(design), **each} for design, each in zip(designs, counts, strict=True)]
        save(benchmark, {"n_studies": n_studies, "designs": measured}, [table])
    print(json.dumps(extremes, ensure_ascii=False))


def _outside(name: str, known: Sequence[Mapping[str, float]]) -> str:
    """Return in how many designs a share is outside its target by more than the simulation's error."""
    low, high = TARGET if not name.startswith(TEST) else (1 - TARGET[1], 1 - TARGET[0])
    certain = []
    for each in known:
        n = round(each["n"])
        found = stats.binomtest(round(each["share"] * n), n).proportion_ci(LEVEL, "exact")
        certain.append((found.high < low, found.low > high))
    n_below, n_above = np.sum(certain, axis=0)
    return f"{n_below}, {n_above} of {len(known)}"


def monte_carlo_error(n: int) -> float:
    """Return how far, in percentage points, a coverage measured in n studies may lie off by chance."""
    return 100 * float(stats.norm.ppf((1 + LEVEL) / 2) * np.sqrt(LEVEL * (1 - LEVEL) / n))


def n_studies_asked(benchmark: str, default: int) -> int:
    """Return the number of studies that the command line asks for; with ``--tables`` the stored one."""
    if "--tables" in sys.argv[1:]:
        return read(benchmark)["n_studies"]
    numbers = [each for each in sys.argv[1:] if each.isdigit()]
    return int(numbers[0]) if numbers else default
