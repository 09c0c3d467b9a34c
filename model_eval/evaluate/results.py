"""Results of a batch on their way from the device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from model_eval.evaluate.model_run import ModelRun
from model_eval.evaluate.run_model import stopped_working


class BatchResults:
    """The `decision_values` of all models for a batch: copied asynchronously, all models in one transfer.

    Parameters
    ----------
    rows : slice
        The images of the batch.
    values : sequence of (ModelRun, Tensor)
        Tensors of one shape, on one device.

    Attributes
    ----------
    rows : slice
    """

    def __init__(self, rows: slice, values: Sequence[tuple[ModelRun, torch.Tensor]]) -> None:
        self.rows = rows
        self._runs = [run for run, _ in values]
        self._event: Any = None
        self._values = torch.stack([each for _, each in values]) if values else torch.empty(0)
        if self._values.device.type == "cuda":
            there = torch.empty(self._values.shape, dtype=self._values.dtype, pin_memory=True)
            self._values = there.copy_(self._values, non_blocking=True)
            self._event = torch.cuda.current_stream().record_event()

    def fetch(self) -> list[tuple[ModelRun, np.ndarray]]:
        """Wait for the copy, and return the values of each model.

        Raises
        ------
        InputError
            The device stopped working.
        """
        if self._event is not None:
            try:
                self._event.synchronize()
            except torch.AcceleratorError as error:
                raise stopped_working(error) from error
        return list(zip(self._runs, self._values.numpy(), strict=True))
