"""How long a new user waits: the whole demo, and `tricky --help`.

Prints as its last line one JSON object: `demo_seconds` (one whole `tricky demo` into an empty folder) and
`help_seconds` (the median of eleven `tricky --help`, the first one, which fills the caches, left out).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def seconds(*arguments: str) -> float:
    """Run one `tricky` command as a process and return its wall-clock time."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "tricky", *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Time both, print a line for people and one for machines."""
    helps = [seconds("--help") for _ in range(12)][1:]
    with tempfile.TemporaryDirectory() as folder:
        demo = seconds("demo", str(Path(folder) / "study"))
    print(f"tricky --help: {min(helps):.2f} to {max(helps):.2f} s; tricky demo: {demo:.1f} s")
    figures = {"demo_seconds": round(demo, 1), "help_seconds": round(statistics.median(helps), 3)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
