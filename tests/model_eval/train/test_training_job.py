from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model_eval.settings import TrainSettings
from model_eval.train.recipe import read_recipe, runs_of
from model_eval.train.training_job import TrainingJob


@pytest.fixture
def job(tmp_path: Path) -> TrainingJob:
    """The base network of a shipped recipe and the same network after one more epoch, on 50 images."""
    recipe = read_recipe(TrainSettings(recipe="small"), tmp_path)
    assert recipe is not None
    runs = {run.name: run for run in runs_of(recipe, seed=1)}
    both = (runs["base-1"], runs["one-more-epoch-1"])
    unused: Any = object()  # no image is read here
    labels, rows = np.zeros(60, int), np.arange(50)
    return TrainingJob(both, ("a", "b"), unused, labels, rows, unused, "id" * 32, tmp_path)


def test_a_job_trains_up_to_the_last_epoch_of_its_models(job: TrainingJob) -> None:
    recipe = job.runs[0].recipe
    assert job.name == "base-1"
    assert job.last_epoch == recipe.epochs + 1
    assert job.n_batches == job.last_epoch * -(-50 // recipe.batch_size)
    assert job.n_epochs == job.last_epoch


def test_a_job_continues_after_its_last_checkpoint(job: TrainingJob) -> None:
    for epoch in range(4):
        job.checkpoints.write_decisions(epoch, pd.DataFrame({"image_id": ["a"]}))
    job.checkpoints.write_state({"losses": [1.0, 0.9, 0.8]})
    assert job.n_epochs == job.last_epoch - 3
