"""Small files of what people said about labels, in the layouts in which studies publish it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from model_eval.images.imagenet_classes import wordnet_ids
from model_eval.label_evidence.imagenet_x import FACTORS

EVIDENCE = {
    "real.json": "real:read_real",
    "raters.npz": "real:read_raters",
    "imagenet_mturk.json": "mturk:read_mturk",
    "cifar10_mturk.json": "mturk:read_mturk",
    "cifar10h-counts.npy": "cifar10h:read_counts",
    "cifar10h-raw.csv": "cifar10h:read_trials",
    "imagenet_x.jsonl": "imagenet_x:read_factors",
}
"""File → its reader in `model_eval.label_evidence`."""
SLOW_EVIDENCE = ("real.json", "cifar10h-counts.npy")
"""Files that are large because their layout demands it."""

_NUMBERS = range(1, 5)
_NAMES = [f"ILSVRC2012_val_{number:08d}.JPEG" for number in _NUMBERS]
_TRIALS = "annotator_id,is_attn_check,true_label,chosen_label,cifar10_test_test_idx,reaction_time"


def published_images(name: str) -> pd.DataFrame:
    """Return images that a file of `EVIDENCE` is about."""
    if "cifar" in name:
        labels = [place % 10 for place in range(20)]
        return pd.DataFrame(
            {
                "image_id": [f"{place:04d}" for place in range(20)],
                "label": labels,
                "class_name": [f"class {label}" for label in labels],
            }
        )
    classes = [wordnet_ids()[number] for number in _NUMBERS]
    return pd.DataFrame({"image_id": _NAMES, "label": range(4), "class_name": classes})


def write_evidence(lab: Path) -> None:
    """Write each file of `EVIDENCE`."""
    (lab / "real.json").write_text(json.dumps([[number % 1000] for number in range(1, 50_001)]))
    tensor = np.zeros((5, len(_NAMES), 3))
    tensor[:, :, 2] = 1
    info = [[name, str(number)] for name, number in zip(_NAMES, _NUMBERS, strict=True)]
    np.savez_compressed(lab / "raters.npz", tensor=tensor, info=np.array(info), ids=np.arange(5))
    (lab / "imagenet_mturk.json").write_text(
        json.dumps(
            [_worker(n, n, f"imagenet/val/x/{name}") for n, name in zip(_NUMBERS, _NAMES, strict=True)]
        )
    )
    (lab / "cifar10_mturk.json").write_text(
        json.dumps([_worker(number, number, f"cifar10/{number}.png") for number in _NUMBERS])
    )
    factors = dict.fromkeys(FACTORS, 0) | {"pose": 1}
    lines = [{"file_name": name, "class": n, **factors} for n, name in zip(_NUMBERS, _NAMES, strict=True)]
    (lab / "imagenet_x.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    counts = 50 * np.eye(10, dtype=int)[np.arange(10_000) % 10]
    np.save(lab / "cifar10h-counts.npy", counts)
    rows = [f"0,0,{place % 10},{place % 10},{place},812.5" for place in range(20)]
    (lab / "cifar10h-raw.csv").write_text("\n".join([_TRIALS, *rows, "0,1,3,3,-99999,700"]) + "\n")


def _worker(number: int, label: int, place: str) -> dict[str, object]:
    url = f"https://labelerrors.com/static/{place}"
    answers = {"given": 2, "guessed": 2, "neither": 1, "both": 0}
    return {"id": number, "url": url, "given_original_label": label, "mturk": answers}
