"""Run benchmarks, keep what they measured, and show it in the docs.

``python -P benchmarks/run.py [NAME …] [--runs N] [--page-only]`` runs the named benchmarks, or all that need
no GPU.  One that measures speed runs three times, and the median of each figure is kept with a description of
the machine in ``benchmarks/results/NAME.json``; one that measures statistics runs once and prints.  Tables in
the docs then show the new results (see ``coverage_tables.py``); ``--page-only`` does only that.
The last line is one JSON object: benchmark → figure → median.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.coverage_tables import write_docs
from benchmarks.figures import BENCHMARKS, Benchmark, figures_of
from benchmarks.stored_results import RESULTS, ROOT
from tricky.core.errors import InputError

RUNS = 3
LIBRARIES = ("numpy", "pandas", "torch", "matplotlib", "psychopy")


def processor() -> str:
    """Return the processor's name as Linux has it, else what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def commit() -> str:
    """Return the commit that is measured, and whether files differ from it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    changed = git(
        "status", "--porcelain", "--untracked-files=no", "--", ".", ":!benchmarks/results", ":!docs"
    )
    return git("rev-parse", "--short=8", "HEAD") + (" with changes" if changed else "")


def machine(n_runs: int) -> dict[str, Any]:
    """Describe what is measured, and on what, for the caption of a table."""
    memory_gb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return {
        "commit": commit(),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": f"{memory_gb:.0f} GB",
        "Python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "medians of": n_runs,
    }


def run_once(benchmark: Benchmark) -> dict[str, Any]:
    """Run a benchmark as a process; return the JSON object in the last line that it prints.

    Raises
    ------
    InputError
        It failed, or its last line is something else.
    """
    path = ROOT / "benchmarks" / f"{benchmark.name}.py"
    done = subprocess.run(
        [sys.executable, "-P", str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    print(done.stdout, end="", flush=True)
    if done.returncode != 0:
        raise InputError(f"{path.name} ended with exit code {done.returncode}")
    last = (done.stdout.splitlines() or [""])[-1]
    try:
        return json.loads(last)
    except json.JSONDecodeError:
        raise InputError(f"{path.name}: its last line is no JSON object but {last!r}") from None


def measure(benchmark: Benchmark, n_runs: int, folder: Path = RESULTS) -> dict[str, float]:
    """Run a benchmark several times, write the medians of its figures, and return them."""
    runs = [figures_of(run_once(benchmark)) for _ in range(n_runs)]
    medians = {name: round(statistics.median(each[name] for each in runs), 4) for name in runs[0]}
    content = {"benchmark": benchmark.name, **medians, "machine": machine(n_runs), "runs": runs}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{benchmark.name}.json"
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return medians


def chosen(names: Sequence[str]) -> list[Benchmark]:
    """Return the benchmarks of these names, or all that need no GPU.

    Raises
    ------
    InputError
        There is none of that name.
    """
    known = {each.name: each for each in BENCHMARKS}
    if unknown := [name for name in names if name not in known]:
        raise InputError(f"no benchmark {unknown[0]!r}; known are {', '.join(known)}")
    return [known[name] for name in names] or [each for each in BENCHMARKS if each.by_make_bench]


def main() -> None:
    """Run what is asked for, one benchmark after the other; a failure stops none of the others."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--runs", type=int, default=RUNS, help="runs of a benchmark of speed")
    parser.add_argument("--page-only", action="store_true", help="run nothing, show what was measured before")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    failures: list[str] = []
    try:
        for benchmark in [] if options.page_only else chosen(options.names):
            print(f"== {benchmark.name}", flush=True)
            try:
                found[benchmark.name] = (
                    measure(benchmark, options.runs) if benchmark.figures else run_once(benchmark)
                )
            except InputError as error:
                failures.append(str(error))
        write_docs()
    except InputError as error:
        failures.append(str(error))
    print(json.dumps(found))
    if failures:
        raise SystemExit("; ".join(failures))


if __name__ == "__main__":
    main()
