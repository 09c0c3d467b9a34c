"""One model of an evaluation: from batches to parts of its file of decisions."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import torch

from model_eval.evaluate.batches import Batch
from model_eval.evaluate.decision_files import DecisionFile
from model_eval.evaluate.run_model import ModelFailure, RunningModel
from model_eval.networks.decision_rows import decision_table, decision_values

PART_IMAGES = 512
"""Images after which a model's decisions are written at the earliest."""

PART_S = 5.0
"""Seconds after which they are: a killed run loses those of more recent images."""


class ModelRun:
    """A model that is running, with the decisions that aren't written yet.

    Parameters
    ----------
    file : DecisionFile
    model : RunningModel
    images : DataFrame
        `IMAGE_COLUMNS`: the images that batches are made of.
    noise : float or None
        As measured in an earlier run; None to measure it.
    """

    def __init__(
        self, file: DecisionFile, model: RunningModel, images: pd.DataFrame, noise: float | None
    ) -> None:
        self.file = file
        self.model = model
        self._images = images
        self._noise = noise
        self._noise_to_write: float | None = None
        self._values: list[np.ndarray] = []
        self._first = self._end = 0
        self._written_at = time.monotonic()

    @property
    def name(self) -> str:
        """Name of the model's entry in the pool."""
        return self.model.name

    def run(self, batch: Batch) -> torch.Tensor | ModelFailure:
        """Return the `decision_values` of a batch, on the device, or why there are none."""
        inputs = batch.inputs[self.model.preprocessing.key]
        try:
            logits = self.model.logits(inputs, batch.n_images)
            if self._noise is None:
                self._noise = self._noise_to_write = self.model.noise(inputs, logits)
        except ModelFailure as failure:
            return failure
        if logits.device.type == "mps":  # which has no double precision
            return decision_values(logits.cpu(), batch.labels.cpu())
        return decision_values(logits, batch.labels)

    def record(self, rows: slice, values: np.ndarray) -> ModelFailure | None:
        """Keep the values of a batch, and write those of several; return why the model failed, if it did.

        Parameters
        ----------
        rows : slice
            The images, which follow those of the last batch.
        values : ndarray of float64, shape (6, n_images)
        """
        finite = np.isfinite(values[0])
        if not finite.all():
            image_id = self._images["image_id"].iloc[rows.start + int(finite.argmin())]
            return ModelFailure(f"its output for image {image_id} isn't finite")
        self._values.append(values)
        self._end = rows.stop
        if self._end - self._first >= PART_IMAGES and time.monotonic() - self._written_at >= PART_S:
            self.write()
        return None

    def write(self) -> None:
        """Write the decisions on the images since the last part."""
        if not self._values:
            return
        images = self._images.iloc[self._first : self._end]
        values = np.concatenate(self._values, axis=1)
        rows = decision_table(images["image_id"].tolist(), images["label"].to_numpy(), values)
        device, batch_size = self.model.device.type, self.model.batch_size
        self.file.write_part(rows, images["sha256"], device, batch_size, self._noise_to_write)
        self._values, self._noise_to_write, self._first = [], None, self._end
        self._written_at = time.monotonic()
