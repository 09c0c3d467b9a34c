"""How labels and κ scale: 10 to 1,000 models on 50,000 images, and 5,000 to 500,000 images by 100 models.

Decisions are drawn as in ``benchmarks/labels.py``.  Prints as its last line one JSON object: for each size
the seconds of labelling (`label_<models>_models_<images>_images_seconds`) and of the error consistency of
all pairs (`kappa_…`), the share of labelling that reading takes (`reading_share_…`; the lines above
name the largest step, which it was), for two sizes the seconds of the page that compares the models
(`dynamics_…`), and the largest memory of this process (`rss_gb`).
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.report.build import DynamicsSettings, write_dynamics
from analysis.statistics.error_consistency import error_consistency
from benchmarks.figures import COMPARED_SIZES, SIZES
from benchmarks.labels import write_decisions
from model_eval.decisions import read_decisions
from model_eval.label import label
from model_eval.settings import LabelSettings

STEPS = {
    "read_decisions": "reading",
    "shares_by_size": "sub-pools",
    "leave_one_out": "leaving out",
    "modal_answers": "modal answers",
    "count_near_ties": "near ties",
    "write_labels": "writing",
}
"""Function that `label_decisions` calls → what it does."""


def time_steps() -> dict[str, float]:
    """Have each step of labelling add its seconds to what is returned."""
    taken: dict[str, float] = defaultdict(float)

    def timed(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return step(*args, **kwargs)
            finally:
                taken[name] += time.perf_counter() - started

        return run

    for function, name in STEPS.items():
        setattr(label, function, timed(name, getattr(label, function)))
    return taken


def measure(n_models: int, n_images: int, steps: dict[str, float]) -> dict[str, float]:
    """Label the decisions of a pool, compare its models, and return how long both took."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "decisions"
        write_decisions(folder, n_images, n_models)
        steps.clear()
        started = time.perf_counter()
        label.label_decisions(folder, Path(scratch) / "difficulty", LabelSettings())
        of_labels = time.perf_counter() - started
        correct = read_decisions(folder).correct
        of_page = compare(Path(scratch)) if (n_models, n_images) in COMPARED_SIZES else None
    dominating = max(steps, key=lambda name: steps[name])
    started = time.perf_counter()
    error_consistency(correct)
    of_kappa = time.perf_counter() - started
    share = steps[dominating] / of_labels
    print(
        f"{n_models:,} models × {n_images:,} images: labels {of_labels:.2f} s, "
        f"{share:.0%} of it {dominating}; κ {of_kappa:.2f} s",
        flush=True,
    )
    size = f"{n_models}_models_{n_images}_images"
    compared = {} if of_page is None else {f"dynamics_{size}_seconds": round(of_page, 3)}
    return compared | {
        f"label_{size}_seconds": round(of_labels, 3),
        f"reading_share_{size}": round(steps["reading"] / of_labels, 3),
        f"kappa_{size}_seconds": round(of_kappa, 3),
    }


def compare(root: Path) -> float:
    """Write the page that compares the models, and return how long it took."""
    started = time.perf_counter()
    write_dynamics(root, DynamicsSettings(tolerance=0, level=0.95), title="Scaling", seed=1)
    seconds = time.perf_counter() - started
    print(f"their comparison, as `tricky dynamics` writes it: {seconds:.1f} s", flush=True)
    return seconds


def main() -> None:
    """Measure each size, and print the figures as JSON."""
    steps = time_steps()
    figures: dict[str, float] = {}
    for n_models, n_images in SIZES:
        figures |= measure(n_models, n_images, steps)
    figures["rss_gb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2, 2)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
