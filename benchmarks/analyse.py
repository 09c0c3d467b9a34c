"""How fast are the statistics: error consistency of all pairs, the observer × item bootstrap, a whole report?

Everything is timed side by side in one run, on one thread.  Run ``python -P benchmarks/analyse.py``; the last
line is one JSON object:

- `kappa_vs_sklearn`: error consistency of all pairs of 1,000 models on 50,000 images, against as many calls
  of scikit-learn's ``cohen_kappa_score``, whose time is that of 200 calls, scaled.
- `kappa_vs_matmul`: the same against the bare product of a float32 matrix with its transpose.
- `bootstrap_small_seconds`, `bootstrap_large_seconds`: 10,000 draws for 9 observers × 149 items, and for
  1,000 × 150.
- `report_vs_figures`: the whole command ``tricky analyse`` on the demo's study, divided by starting Python
  with matplotlib and drawing the same figures once as SVG.
- `report_seconds`: the whole of ``tricky analyse``, from files on disk to files on disk, on 1,000 simulated
  sessions of 300 trials each, with the demo's images and eleven models; `report_gb`, the largest memory.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import combinations, islice
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.metrics import cohen_kappa_score

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.statistics.bootstrap import bootstrap_accuracy
from analysis.statistics.error_consistency import error_consistency
from tricky.study import Study, create_study

N_MODELS, N_IMAGES = 1_000, 50_000
N_SKLEARN_CALLS = 200
N_SESSIONS, N_TRIALS = 1_000, 300
SEED = 1
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
"""Of commands: of this copy of tricky."""


def seconds(work: Callable[[], object], n_times: int = 1) -> float:
    """Return the shortest time that the work took."""
    times = []
    for _ in range(n_times):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def time_kappa(rng: np.random.Generator) -> dict[str, float]:
    """Time error consistency against scikit-learn and against the bare matrix product."""
    correct = rng.random((N_MODELS, N_IMAGES), dtype=np.float32) < 0.7
    as_floats = correct.astype(np.float32)
    ours = seconds(lambda: error_consistency(correct), 3)
    product = seconds(lambda: as_floats @ as_floats.T, 3)
    pairs = list(islice(combinations(range(N_MODELS), 2), N_SKLEARN_CALLS))
    one_by_one = seconds(lambda: [cohen_kappa_score(correct[j], correct[k]) for j, k in pairs])
    sklearn = one_by_one / N_SKLEARN_CALLS * N_MODELS * (N_MODELS - 1) / 2
    print(
        f"error consistency of {N_MODELS:,} models on {N_IMAGES:,} images: {ours:.2f} s; "
        f"bare matrix product {product:.2f} s; "
        f"scikit-learn, scaled from {N_SKLEARN_CALLS} calls, {sklearn:,.0f} s"
    )
    return {"kappa_vs_sklearn": sklearn / ours, "kappa_vs_matmul": ours / product}


def time_bootstrap(n_observers: int, n_items: int, rng: np.random.Generator) -> float:
    """Time the bootstrap of a population's accuracy at 10,000 draws."""
    correct = rng.random(n_observers * n_items) < 0.8
    observer, item = (index.ravel() for index in np.indices((n_observers, n_items)))
    taken = seconds(lambda: bootstrap_accuracy(correct, observer, item, rng, n_resamples=10_000), 2)
    print(f"observer × item bootstrap, {n_observers:,} × {n_items}, 10,000 draws: {taken:.2f} s")
    return taken


def large_study(folder: Path) -> Study:
    """Make a study with everything but its report, as the demo does, only with more sessions and trials."""
    flags = {
        "label": {"tolerance": 4},  # with less, too few of the demo's images are impossible for so many pairs
        "stimuli": {"main": {"trials": N_TRIALS}},
        "simulate": {"observers": N_SESSIONS},
    }
    study = create_study(folder, name="Large study", seed=SEED).with_settings(**flags)
    study.train()
    study.evaluate()
    study.label()
    study.build_stimuli("main")
    study.simulate()
    return study


def report_and_figures(folder: Path) -> float:
    """Time the whole command, and divide by importing matplotlib and drawing the same figures once."""
    study = create_study(folder, name="Demo", seed=SEED)
    study.train()
    study.evaluate()
    study.label()
    study.build_stimuli("main")
    study.simulate()

    def start(*arguments: str) -> Callable[[], object]:
        command = [sys.executable, "-P", *arguments]
        return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)

    command = seconds(start("-m", "tricky", "-C", str(folder), "analyse"), 3)
    importing = seconds(start("-c", "import matplotlib.figure, matplotlib.backends.backend_svg"), 3)
    report = study.analyse().report

    def draw() -> None:
        for section in report.task.sections:
            for make in section.figures.values():
                drawn = make(report.of(section.compute), report)
                for figure in drawn if isinstance(drawn, Sequence) else [drawn]:
                    if figure is not None:
                        figure.savefig(io.BytesIO(), format="svg")

    drawing = seconds(draw, 3)
    print(f"tricky analyse {command:.2f} s; importing matplotlib {importing:.2f} s, drawing {drawing:.2f} s")
    return command / (importing + drawing)


def time_report() -> dict[str, float]:
    """Measure time and memory of the command that reports on a large study."""
    with tempfile.TemporaryDirectory() as folder:
        study = large_study(Path(folder))
        command = [sys.executable, "-P", "-m", "tricky", "-C", folder, "analyse"]
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
        _, status, used = os.wait4(process.pid, 0)
        taken = time.perf_counter() - started
        if status:
            sys.exit("tricky analyse failed")
        n_bytes = (study.report / "report.html").stat().st_size
    print(
        f"report on {N_SESSIONS:,} sessions of {N_TRIALS} trials: {taken:.1f} s; page {n_bytes / 1e6:.1f} MB"
    )
    return {"report_seconds": taken, "report_gb": used.ru_maxrss / 1024**2}


def main() -> None:
    """Print what was timed, and the figures as JSON."""
    rng = np.random.default_rng(SEED)
    figures = time_kappa(rng)
    figures["bootstrap_small_seconds"] = time_bootstrap(9, 149, rng)
    figures["bootstrap_large_seconds"] = time_bootstrap(1_000, 150, rng)
    with tempfile.TemporaryDirectory() as folder:
        figures["report_vs_figures"] = report_and_figures(Path(folder))
    figures |= time_report()
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
