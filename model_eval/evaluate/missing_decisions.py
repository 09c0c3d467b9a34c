"""Which models lack decisions on which images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing

import numpy as np
import pandas as pd
import torch

from model_eval.evaluate.decision_files import table_sha256
from model_eval.evaluate.load_models import Load, LoadedModel, ModelLoader
from model_eval.evaluate.memory_plan import MemoryPlan, size_bytes
from model_eval.evaluate.run_models import Task
from model_eval.networks.preprocessing import Preprocessing
from model_eval.settings import ModelEntry

Missing = list[tuple[np.ndarray, dict[str, Task]]]
"""Models that lack the same images: bool of shape (n_images,), and tasks by name of the model."""


def find_missing(
    entries: Sequence[ModelEntry],
    early: Mapping[str, Preprocessing | None],
    images: pd.DataFrame,
    load: Load,
    kept: dict[str, LoadedModel],
) -> Missing:
    """Return which models lack decisions on which images.

    Parameters
    ----------
    entries : sequence of ModelEntry
    early : mapping of str to Preprocessing or None
        Of each model without any decisions, as far as it is known before its weights are loaded.  Such a
        model lacks all images, and needn't be loaded to know that.
    images : DataFrame
        `IMAGE_COLUMNS`.
    load : Load
    kept : dict of str to LoadedModel
        Receives the models that were loaded and will be run, as many as fit in memory.
    """
    missing: dict[bytes, dict[str, Task]] = {}
    images_sha256 = table_sha256(images)
    plan = MemoryPlan.of(torch.device("cpu"))
    with closing(ModelLoader([each for each in entries if early.get(each.name) is None], load)) as models:
        for entry in entries:
            preprocessing, noise, lacks = early.get(entry.name), None, np.ones(len(images), dtype=bool)
            if preprocessing is None:
                loaded = next(models)
                preprocessing = loaded.classifier.preprocessing
                if loaded.file.is_finished(images_sha256):
                    continue
                existing = loaded.file.existing(images)
                noise, lacks = existing.noise, ~images["image_id"].isin(existing.rows["image_id"]).to_numpy()
                size = size_bytes(loaded.classifier.module)
                if lacks.any() and plan.fits(size):
                    plan.add(size)
                    kept[entry.name] = loaded
            if lacks.any():
                tasks = missing.setdefault(lacks.tobytes(), {})
                tasks[entry.name] = Task(entry, preprocessing, noise)
    return [(np.frombuffer(lacks, dtype=bool), tasks) for lacks, tasks in missing.items()]
