"""How long labelling takes, with all tables: 50,000 images × 100 models, and × 1,000.

Decisions are drawn at random, with models of different ability and images of different difficulty, and
written as `tricky evaluate` writes them.  Prints as its last line one JSON object: `label_seconds` and
`label_1000_seconds`, medians of `--times` calls that each read, check, label and write, and
`label_1000_gb`, the largest memory of this process.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq  # pyright: ignore[reportMissingTypeStubs]

from model_eval.columns import DECISION_DTYPES, IMAGE_DTYPES
from model_eval.label.label import label_decisions
from model_eval.manifests import PoolManifest
from model_eval.settings import LabelSettings
from tricky.core.files import sha256_of
from tricky.core.manifests import write_manifest
from tricky.core.parquet import write_parquet

N_CLASSES = 1000


def write_decisions(folder: Path, n_images: int, n_models: int) -> None:
    """Write a pool's decisions, ten models to a family."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, N_CLASSES, n_images)
    ids = [f"n{label:08d}/ILSVRC2012_val_{index:08d}.JPEG" for index, label in enumerate(labels)]
    images = pd.DataFrame({"image_id": ids, "path": ids, "label": labels})
    images = images.assign(
        class_name=[f"n{label:08d}" for label in labels], sha256=[sha256_of(i) for i in ids]
    )
    images = images.sort_values("image_id", ignore_index=True).astype(IMAGE_DTYPES)
    write_parquet(folder / "images.parquet", images)
    labels, ease = images["label"].to_numpy(), rng.normal(1, 3, n_images)
    logits = {name: rng.random(n_images) for name in ("p_label", "p_prediction", "margin", "entropy")}
    rows = images[["image_id", "label"]].assign(epoch=None, prediction=0, label_rank=0, **logits)
    table = pa.Table.from_pandas(rows.astype(DECISION_DTYPES)[list(DECISION_DTYPES)])
    models = []
    for index in range(n_models):
        right = rng.random(n_images) < 1 / (1 + np.exp(-ease - rng.normal(0, 0.5)))
        wrong = (labels + rng.integers(1, 20, n_images)) % N_CLASSES
        answers = {"prediction": np.where(right, labels, wrong), "label_rank": np.where(right, 1, 2)}
        for name, values in answers.items():
            place = table.column_names.index(name)
            table = table.set_column(place, table.schema.field(name), pa.array(values, pa.int32()))
        path = folder / f"model-{index:04d}.parquet"
        pq.write_table(table, path)
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


def time_labels(n_images: int, n_models: int, n_times: int) -> float:
    """Return the median time of labelling, in seconds."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "decisions"
        write_decisions(folder, n_images, n_models)
        took = []
        for _ in range(n_times):
            started = time.perf_counter()
            label_decisions(folder, Path(scratch) / "difficulty", LabelSettings())
            took.append(time.perf_counter() - started)
    print(f"{n_images:,} images × {n_models:,} models: {min(took):.2f} to {max(took):.2f} s")
    return statistics.median(took)


def main() -> None:
    """Time labelling, print lines for people and one for machines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    figures = {
        "label_seconds": time_labels(options.images, 100, options.times),
        "label_1000_seconds": time_labels(options.images, 1_000, options.times),
        "label_1000_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
    }
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
