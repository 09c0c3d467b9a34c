"""How long importing takes: one CSV file for each model, 50,000 images × 1,600 models, with labels in a file.

Files are as ImageNet-X has them (file_name, predicted_class, predicted_probability).  40 different ones are
drawn, each under 40 names (hard links), so that the disk need not hold 4 GB; all are read, matched and
written.  Prints as its last line one JSON object: `import_seconds`, and `rss_mb`, the largest memory of the
process that imports.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

N_CLASSES = 1000
N_DIFFERENT = 40


def write_sources(folder: Path, n_images: int, n_models: int) -> None:
    """Write a study without images, the labels, and the models' predictions."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, N_CLASSES, n_images)
    names = [f"ILSVRC2012_val_{number:08d}.JPEG" for number in range(1, n_images + 1)]
    (folder / "study.toml").write_text('[images]\nsource = "none"\n', encoding="utf-8")
    pd.DataFrame({"file_name": names, "label": labels}).to_csv(folder / "labels.csv", index=False)
    ease = rng.normal(1, 3, n_images)
    models = folder / "models"
    models.mkdir()
    for number in range(n_models):
        path = models / f"model-{number:04d}.csv"
        if number >= N_DIFFERENT:
            os.link(models / f"model-{number % N_DIFFERENT:04d}.csv", path)
            continue
        right = rng.random(n_images) < 1 / (1 + np.exp(-ease - rng.normal(0, 0.5)))
        predicted = np.where(right, labels, (labels + rng.integers(1, 20, n_images)) % N_CLASSES)
        columns = {
            "file_name": names,
            "predicted_class": predicted,
            "predicted_probability": rng.random(n_images),
        }
        pd.DataFrame(columns).to_csv(path, index=False)


def main() -> None:
    """Time importing in a process of its own, print lines for people and one for machines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--models", type=int, default=1_600)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        write_sources(Path(scratch), options.images, options.models)
        command = [sys.executable, "-m", "tricky", "-C", scratch, "import", "decisions", f"{scratch}/models"]
        started = time.perf_counter()
        subprocess.run([*command, "--labels", f"{scratch}/labels.csv"], check=True, stdout=subprocess.DEVNULL)
        took = time.perf_counter() - started
    rss_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{options.images:,} images × {options.models:,} models: {took:.1f} s, {rss_mb:,.0f} MB")
    print(json.dumps({"import_seconds": round(took, 2), "rss_mb": round(rss_mb)}))


if __name__ == "__main__":
    main()
