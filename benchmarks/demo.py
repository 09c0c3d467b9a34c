"""How long a new user waits for the demo, next to the same demo as it once was.

The demo of this checkout and that of commit `BEFORE` run one after the other, each into an empty folder, with
the same Python and the same libraries; the former commit comes from git's history.  Prints as its last line
one JSON object: `demo_seconds`, and `demo_vs_before`, that over the seconds of the former one.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEFORE = "6b95eb7"
"""The last commit before speed was worked on."""


def demo_seconds(code: Path, study: Path) -> float:
    """Run one whole `tricky demo` with the packages in a folder, and return its wall-clock time."""
    command = [sys.executable, "-P", "-m", "tricky", "demo", str(study)]
    started = time.perf_counter()
    subprocess.run(command, env=os.environ | {"PYTHONPATH": str(code)}, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def check_out(commit: str, folder: Path) -> Path:
    """Write the files of a commit into a folder, and return it."""
    done = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def main() -> None:
    """Time both, print a line for people and one for machines."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        before = demo_seconds(check_out(BEFORE, folder / "before"), folder / "study-before")
        now = demo_seconds(ROOT, folder / "study")
    print(f"tricky demo: {now:.1f} s; at commit {BEFORE}: {before:.1f} s")
    print(json.dumps({"demo_vs_before": round(now / before, 3), "demo_seconds": round(now, 1)}))


if __name__ == "__main__":
    main()
