"""Decisions of models that are made up, under conditions and of a pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from made_up import HASH, origins, write_pool

from analysis.data.compared_models import gather_models
from analysis.report.build import DynamicsSettings, Results, write_dynamics
from analysis.report.section import DynamicsReport
from model_eval.epoch_decisions import ConditionModel, write_conditions, write_epochs
from tricky.core.parquet import write_parquet

N_IMAGES, N_EPOCHS = 240, 4
TOLERANCE, LEVEL, SEED = 0, 0.9, 3


def images_table(class_names: Sequence[str] = ("disc", "noise", "stripes")) -> pd.DataFrame:
    labels = np.arange(N_IMAGES) % 3
    return pd.DataFrame(
        {
            "image_id": [f"{i:04d}" for i in range(N_IMAGES)],
            "path": "",
            "label": labels.astype("int32"),
            "class_name": [class_names[int(label)] for label in labels],
            "sha256": "0" * 64,
        }
    )


def right(seed: int, last_epoch: int) -> np.ndarray:
    """Whether a network is right, (1 + last_epoch) × images: what images demand, and chance of its own."""
    demand = np.random.default_rng(0).normal(0, 2, N_IMAGES)
    own = np.random.default_rng(seed).normal(0, 0.7, (1 + last_epoch, N_IMAGES))
    return demand + own + np.arange(1 + last_epoch)[:, np.newaxis] > 1


def rows_of(images: pd.DataFrame, correct: np.ndarray) -> pd.DataFrame:
    prediction = np.where(correct, images["label"], (images["label"] + 1) % 3).astype("int32")
    return images[["image_id", "label"]].assign(
        prediction=prediction, label_rank=1, p_label=0.5, p_prediction=0.5, margin=1.0, entropy=0.7
    )


def make_conditions(
    folder: Path,
    models: Sequence[tuple[str, int, int]],
    source: str = "drawn",
    class_names: Sequence[str] = ("disc", "noise", "stripes"),
) -> None:
    """Write ``conditions/`` of models (condition, replicate, last epoch)."""
    folder.mkdir(parents=True)
    images = images_table(class_names)
    write_parquet(folder / "images.parquet", images)
    records = []
    for seed, (condition, replicate, last) in enumerate(models, start=1):
        name = f"{condition}-{replicate}"
        write_epochs(folder / f"{name}.parquet", [rows_of(images, each) for each in right(seed, last)])
        accuracies = tuple(right(seed, last).mean(axis=1).tolist())
        records.append(
            ConditionModel(name, condition, replicate, "timm:test_resnet", (1.0,) * last, accuracies)
        )
    conditions = {name: {} if name == "base" else {"epochs": 5} for name, *_ in models}
    images_are = {"n": 1, "source": source}
    write_conditions(
        folder,
        conditions=conditions,
        models=records,
        about={
            **origins(train={"training_set": None}, recipe={}),
            "images": images_are,
            "training_images": images_are | {"sha256": HASH},
            "classes": [],
            "device": "cpu",
        },
    )


def make_pool(folder: Path) -> None:
    """Write ``decisions/`` of three models, of which one lacks ten images."""
    folder.mkdir()
    images = images_table()
    write_parquet(folder / "images.parquet", images)
    entries = []
    for seed, name in enumerate(("one", "two", "three"), start=1):
        rows = rows_of(images, right(seed, 2)[2]).assign(epoch=pd.array([pd.NA] * N_IMAGES, dtype="Int16"))
        if name == "three":
            rows = rows.iloc[10:]  # it failed to see ten images
        write_parquet(folder / f"{name}.parquet", rows)
        entries.append({"name": name})
    write_pool(folder, entries, {"n": N_IMAGES})


def dynamics(root: Path, **more: Any) -> Results[DynamicsReport]:
    """Write the comparison of a study's models."""
    settings = DynamicsSettings(TOLERANCE, LEVEL)
    return write_dynamics(root, settings, title="Digits & more", seed=SEED, **more)


def report_of(root: Path, superclass_of: Mapping[str, str] | None = None) -> DynamicsReport:
    """Return the comparison of a study's models, without writing it."""
    return DynamicsReport(
        title="Digits & more",
        seed=SEED,
        level=LEVEL,
        models=gather_models(root),
        tolerance=TOLERANCE,
        superclass_of=superclass_of,
        representations={},
    )
