"""Every benchmark with the figures of speed that it prints, their goals, and the tables of them.

Results lie in ``benchmarks/results/<benchmark>.json``: figure → value, and ``machine``, where they were
measured.  ``benchmarks/run.py`` writes these files; ``docs/performance.md`` shows one table of each.  A new
figure needs a line in `BENCHMARKS`; a new benchmark also needs a pair of markers in that page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.stored_results import RESULTS, Table


@dataclass(frozen=True)
class Figure:
    """A figure that a benchmark prints.

    Attributes
    ----------
    name : str
        Its key in the JSON object; the unit or ``_vs_`` is part of it.
    what : str
        What it measures, for the table.
    at_most, at_least : float or None
        The goal; None without one.
    """

    name: str
    what: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def goal(self) -> str:
        """The goal as the table shows it."""
        if self.at_most is not None:
            return f"≤ {number(self.at_most)}"
        return "–" if self.at_least is None else f"≥ {number(self.at_least)}"

    def is_reached(self, value: float) -> bool:
        """Return whether a value is as good as the goal; without a goal every value is."""
        return (self.at_most is None or value <= self.at_most) and (
            self.at_least is None or value >= self.at_least
        )


@dataclass(frozen=True)
class Benchmark:
    """A file of this folder that prints one JSON object as its last line.

    Attributes
    ----------
    name : str
        The file without its suffix.
    figures : tuple of Figure
        Of speed and memory; none for a benchmark that measures statistics.
    by_make_bench : bool
        Whether ``make bench`` runs it, which does not need a GPU.
    """

    name: str
    figures: tuple[Figure, ...] = ()
    by_make_bench: bool = True


SIZES = ((10, 50_000), (100, 5_000), (100, 50_000), (100, 500_000), (1_000, 50_000))
"""Models and images of the scaling curves."""

COMPARED_SIZES = ((100, 50_000), (1_000, 50_000))
"""Those of them whose models are compared on a page."""

BENCHMARKS = (
    Benchmark(
        "desk",
        (
            Figure("status_vs_pandas", "`tricky status` ÷ `import pandas`", at_most=1.5),
            Figure("label_vs_pandas", "`tricky label`, 50,000 published counts ÷ `import pandas`", at_most=3),
            Figure(
                "first_screen_vs_psychopy",
                "`tricky run` until its first page ÷ PsychoPy's import, window and the same images",
                at_most=1.3,
            ),
            Figure("help_seconds", "`tricky --help`", at_most=0.3),
            Figure("import_tricky_seconds", "`import tricky`, Python's start included", at_most=0.2),
        ),
    ),
    Benchmark(
        "demo",
        (
            Figure("demo_vs_before", "`tricky demo` ÷ the same at commit 6b95eb7", at_most=0.6),
            Figure("demo_seconds", "`tricky demo`"),
        ),
    ),
    Benchmark(
        "evaluate",
        (
            Figure("pool_vs_timm", "`tricky evaluate` ÷ timm's way, a process for each model", at_most=0.22),
            Figure("pool_vs_timm_within", "the same without starting processes"),
            Figure(
                "bound_vs_timm_within",
                "preparing once and forward passes ÷ timm's way without starts",
            ),
            Figure("pool_vs_bound", "tricky ÷ preparing once and forward passes alone", at_most=1.08),
            Figure("fast_vs_exact", "fast arithmetic ÷ exact arithmetic"),
            Figure("overhead_ms", "per model and batch of 128, with networks that do nothing", at_most=1.5),
            Figure(
                "rss_growth_mb",
                "increase in peak memory after 600 of 6,000 images",
                at_most=30,
            ),
        ),
    ),
    Benchmark(
        "import_decisions",
        (
            Figure("import_seconds", "1,600 CSV files of 50,000 images each", at_most=60),
            Figure("rss_mb", "peak memory of that", at_most=4_000),
        ),
    ),
    Benchmark(
        "labels",
        (
            Figure("label_seconds", "labels of 50,000 images by 100 models", at_most=1),
            Figure("label_1000_seconds", "labels of 50,000 images by 1,000 models", at_most=12),
            Figure("label_1000_gb", "peak memory of that"),
        ),
    ),
    Benchmark(
        "scaling",
        (
            *(
                Figure(f"{figure}_{models}_models_{images}_images{unit}", f"{models:,} × {images:,}: {what}")
                for models, images in SIZES
                for figure, unit, what in (
                    ("label", "_seconds", "labels"),
                    ("reading_share", "", "share of reading and checking files, the largest step"),
                    ("kappa", "_seconds", "κ of all pairs"),
                )
            ),
            *(
                Figure(
                    f"dynamics_{models}_models_{images}_images_seconds",
                    f"{models:,} × {images:,}: `tricky dynamics`",
                )
                for models, images in COMPARED_SIZES
            ),
            Figure("rss_gb", "peak memory of all of it", at_most=16),
        ),
    ),
    Benchmark(
        "analyse",
        (
            Figure("report_vs_figures", "`tricky analyse` on the demo ÷ drawing its figures once", at_most=2),
            Figure("report_seconds", "report on 1,000 sessions of 300 trials", at_most=20),
            Figure("report_gb", "peak memory of that", at_most=1.5),
            Figure("kappa_vs_sklearn", "κ of all pairs of 1,000 models: times faster than scikit-learn"),
            Figure("kappa_vs_matmul", "κ of all pairs of 1,000 models ÷ the bare matrix product"),
            Figure("bootstrap_small_seconds", "10,000 draws of 9 observers × 149 items"),
            Figure("bootstrap_large_seconds", "10,000 draws of 1,000 observers × 150 items"),
        ),
    ),
    Benchmark(
        "stimuli",
        (
            Figure("build_seconds", "a set of 300 matched pairs of 50,000 images"),
            Figure("rss_mb", "peak memory of that"),
        ),
    ),
    Benchmark(
        "train",
        (
            Figure("throughput_vs_plain_loop", "images/s of controlled training ÷ a plain torch loop's"),
            Figure(
                "side_by_side_vs_one_after_other",
                "two networks one after the other on all cores ÷ `tricky train` for both",
            ),
        ),
    ),
    Benchmark(
        "session",
        (
            Figure("dropped_frames", "flips missed in a session"),
            Figure("psychopy_dropped_frames", "flips missed when PsychoPy loads images in between"),
            Figure("next_stimulus_ms", "from a key press to the next stimulus"),
            Figure("fsync_ms", "what the disk takes of that"),
            Figure("loopback_ms", "error of response times, median"),
            Figure("loopback_sd_ms", "error of response times, SD"),
        ),
    ),
    Benchmark(
        "online",
        (
            Figure("events_lost", "answers lost, of 300 online sessions at once", at_most=0),
            Figure("answer_p50_ms", "from sending an answer until it is on disk, median", at_most=50),
            Figure("answer_p99_ms", "the same, 99th percentile", at_most=100),
            Figure("session_kib", "memory of the server for each session, KiB"),
            Figure("events_per_second", "events that arrived, per second"),
        ),
    ),
    Benchmark(
        "gpu",
        (
            Figure("gpu_pool_vs_timm", "`tricky evaluate`, exact ÷ timm's way", at_most=0.4),
            Figure("gpu_fast_pool_vs_timm", "`tricky evaluate`, fast ÷ timm's way", at_most=0.25),
            Figure("gpu_mixed_pool_vs_timm", "`tricky evaluate`, mixed ÷ timm's way"),
            Figure("gpu_pool_vs_bound", "exact ÷ the bound, after the first kernel", at_most=1.15),
            Figure("gpu_fast_pool_vs_bound", "fast ÷ the bound, after the first kernel"),
            Figure("gpu_busy", "share of time in which a kernel runs, after the first kernel", at_least=0.9),
            Figure("gpu_first_kernel_s", "from the start to the first kernel, seconds", at_most=5),
            Figure(
                "gpu_overhead_ms", "per model and batch of 128, with networks that do nothing", at_most=1.5
            ),
            Figure("gpu_fast_differs_clearly", "fast: decisions that differ and are no near tie", at_most=0),
            Figure(
                "gpu_mixed_differs_clearly", "mixed: decisions that differ and are no near tie", at_most=0
            ),
        ),
        by_make_bench=False,
    ),
    *(
        Benchmark(name)
        for name in (
            *("conditions", "recovery", "coverage", "coverage_accuracy", "coverage_bound"),
            *("coverage_consistency", "coverage_crossed", "coverage_items", "coverage_observers"),
            *("coverage_pools", "coverage_ratings"),
        )
    ),
)


def number(value: float) -> str:
    """Return a figure with three digits, as the docs write numbers: .28, 1.08, 45.8, 3,120."""
    digits = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return digits.removeprefix("0") if digits.startswith("0.") else digits


def figures_of(results: Mapping[str, Any]) -> dict[str, float]:
    """Return the figures in a file of results, without what else is in it."""
    return {
        name: value
        for name, value in results.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def table_of(benchmark: Benchmark, results: Mapping[str, Any]) -> Table:
    """Return a benchmark's table: what was measured next to its goal, and on which machine.

    Parameters
    ----------
    benchmark : Benchmark
    results : mapping
        Figure → value, and ``machine``; empty before anything was measured.
    """
    measured, declared = figures_of(results), {each.name: each for each in benchmark.figures}
    rows = []
    for name in (*declared, *(each for each in measured if each not in declared)):
        figure = declared.get(name, Figure(name, ""))
        value = measured.get(name)
        if value is None:
            shown, verdict = "not measured", ""
        else:
            shown, verdict = number(value), "missed" if not figure.is_reached(value) else ""
        rows.append([f"`{name}`", figure.what, figure.goal, shown, verdict])
    machine = ", ".join(f"{key} {value}" for key, value in results.get("machine", {}).items())
    caption = f"`benchmarks/{benchmark.name}.py`: {machine or 'not measured yet'}."
    return Table(f"speed-{benchmark.name}", caption, ("figure", "what", "goal", "measured", ""), rows)


def speed_tables(folder: Path = RESULTS) -> dict[str, Table]:
    """Return the tables of all benchmarks of speed by name."""
    tables = {}
    for benchmark in BENCHMARKS:
        if benchmark.figures:
            path = folder / f"{benchmark.name}.json"
            results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            table = table_of(benchmark, results)
            tables[table.name] = table
    return tables
