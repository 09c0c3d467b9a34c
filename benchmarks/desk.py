"""How long a person waits at the desk: commands that should answer at once, each next to its reference.

Every figure is the median over rounds, in which a command and its reference run one right after the other, as
processes; the first round fills the caches and does not count.  Each function in `FIGURES` returns one
or more figures; the last line is one JSON object of all.  Run ``python -P benchmarks/desk.py [NAME …]``.

`status_vs_pandas`
    `tricky status` in a study that has labels, over ``python -c "import pandas"``.
`label_vs_pandas`
    `tricky label --counts` with 50,000 published counts, over the same.
`help_seconds`
    `tricky --help`.
`import_tricky_seconds`
    ``python -c "import tricky"``, Python's start included.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROUNDS = 11
N_IMAGES, N_MODELS = 50_000, 11
PANDAS = ("-c", "import pandas")


def seconds(*arguments: str) -> float:
    """Run Python with arguments, without its output, and return its wall-clock time."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment, cwd="/"
    )
    return time.perf_counter() - started


def ratio(command: tuple[str, ...], reference: tuple[str, ...], rounds: int = ROUNDS) -> float:
    """Return the median over rounds of a command's time over its reference's, and print both."""
    pairs = [(seconds(*command), seconds(*reference)) for _ in range(rounds + 1)][1:]
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    print(f"{' '.join(command)[-40:]}: {ours:.2f} s; {' '.join(reference)[-40:]}: {theirs:.2f} s")
    return statistics.median(a / b for a, b in pairs)


def tricky(study: Path, *arguments: str) -> tuple[str, ...]:
    """Return the arguments of Python for a command that acts on a study."""
    return ("-m", "tricky", "-C", str(study), *arguments)


def labelled_study(folder: Path) -> Path:
    """Make a study, and return a table of published counts in it."""
    seconds(*tricky(folder, "init"))
    n_correct = np.random.default_rng(1).binomial(N_MODELS, 0.7, N_IMAGES)
    rows = (f"ILSVRC2012_val_{index:08d}.JPEG,{n}" for index, n in enumerate(n_correct, start=1))
    counts = folder / "counts.csv"
    counts.write_text("\n".join(["image_id,n_correct", *rows]) + "\n", encoding="utf-8")
    return counts


def status_and_label() -> dict[str, float]:
    """Time `tricky label` and `tricky status` against importing pandas."""
    with tempfile.TemporaryDirectory() as folder:
        counts = labelled_study(Path(folder))
        label = tricky(Path(folder), "label", "--counts", str(counts), "--models", str(N_MODELS))
        label_vs_pandas = ratio(label, PANDAS)
        return {
            "status_vs_pandas": ratio(tricky(Path(folder), "status"), PANDAS),
            "label_vs_pandas": label_vs_pandas,
        }


def help_and_import() -> dict[str, float]:
    """Time `tricky --help` and `import tricky`."""
    commands = {"help_seconds": ("-m", "tricky", "--help"), "import_tricky_seconds": ("-c", "import tricky")}
    return {
        name: statistics.median([seconds(*command) for _ in range(ROUNDS + 1)][1:])
        for name, command in commands.items()
    }


FIGURES: tuple[Callable[[], dict[str, float]], ...] = (status_and_label, help_and_import)


def main() -> None:
    """Measure all, or what is named, and print one line for machines."""
    asked = sys.argv[1:]
    figures: dict[str, float] = {}
    for measure in FIGURES:
        if not asked or measure.__name__ in asked:
            figures |= measure()
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
