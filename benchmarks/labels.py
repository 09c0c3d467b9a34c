"""How long labelling takes, with everything that stands beside the labels: 50,000 images × 100 models.

Decisions are drawn by chance, with models of different ability and images of different difficulty, and
written as `tricky evaluate` leaves them.  Prints as its last line one JSON object: `label_seconds`, the
median of five calls that each read, check, label and write.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from model_eval.columns import DECISION_DTYPES
from model_eval.label.label import label_decisions
from model_eval.manifests import PoolManifest
from model_eval.settings import LabelSettings
from tricky.core.files import sha256_of
from tricky.core.manifests import write_manifest
from tricky.core.parquet import write_parquet

N_CLASSES = 1000


def write_decisions(folder: Path, n_images: int, n_models: int) -> None:
    """Write a pool's decisions, a tenth of the models to a family."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, N_CLASSES, n_images)
    ids = [f"n{label:08d}/ILSVRC2012_val_{index:08d}.JPEG" for index, label in enumerate(labels)]
    images = pd.DataFrame({"image_id": ids, "path": ids, "label": labels.astype("int32")})
    images = images.assign(
        class_name=[f"n{label:08d}" for label in labels], sha256=[sha256_of(i) for i in ids]
    )
    images = images.sort_values("image_id", ignore_index=True)
    write_parquet(folder / "images.parquet", images)
    labels = images["label"].to_numpy()
    ease, models = rng.normal(1, 3, n_images), []
    for index in range(n_models):
        right = rng.random(n_images) < 1 / (1 + np.exp(-ease - rng.normal(0, 0.5)))
        wrong = (labels + rng.integers(1, 20, n_images)) % N_CLASSES
        rows = images[["image_id", "label"]].assign(
            epoch=pd.array([pd.NA] * n_images, dtype="Int16"),
            prediction=np.where(right, labels, wrong),
            label_rank=np.where(right, 1, 2),
            p_label=rng.random(n_images),
            p_prediction=rng.random(n_images),
            margin=rng.random(n_images),
            entropy=rng.random(n_images),
        )
        path = folder / f"model-{index:03d}.parquet"
        write_parquet(path, rows.astype(DECISION_DTYPES)[list(DECISION_DTYPES)])
        models.append(
            {
                **{"name": path.stem, "family": f"family {index // 10}", "source": "drawn"},
                **{"weights": "pretrained", "weights_sha256": "", "n_parameters": 0},
                **{"accuracy": float(right.mean()), "noise": 1e-5, "near_ties": 0},
                "sha256": sha256_of(path),
            }
        )
    about = {"sha256": sha256_of(folder / "images.parquet"), "n": n_images, "source": "drawn"}
    content = {
        **{"made_from": {}, "settings": {"pool": {"models": []}}, "versions": {}},
        **{"images": about, "classes": [], "device": "cpu", "models": models},
    }
    write_manifest(folder / "pool.json", PoolManifest, content)


def main() -> None:
    """Time labelling, print a line for people and one for machines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--models", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "decisions"
        write_decisions(folder, options.images, options.models)
        took = []
        for _ in range(5):
            started = time.perf_counter()
            label_decisions(folder, Path(scratch) / "difficulty", LabelSettings())
            took.append(time.perf_counter() - started)
    print(f"{options.images:,} images × {options.models} models: {min(took):.2f} to {max(took):.2f} s")
    print(json.dumps({"label_seconds": round(statistics.median(took), 3)}))


if __name__ == "__main__":
    main()
