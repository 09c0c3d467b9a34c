"""Decisions of a network on the evaluated images, between two epochs of training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn

from model_eval.networks.decision_rows import decision_rows
from model_eval.train.data_loading import DecodedImages
from model_eval.train.training_loop import DivergedError

CHUNK_BATCHES = 16
"""Number of batches whose logits are converted into decisions together."""


@dataclass(frozen=True)
class EvaluationImages:
    """The images that a network is evaluated on after every epoch.

    Attributes
    ----------
    image_ids : list of str
    labels : ndarray of int, shape (n_images,)
    images : DecodedImages
        In the network's input size.
    batch_size : int
        As in `EvaluateSettings`: the last batch is padded.
    """

    image_ids: list[str]
    labels: np.ndarray
    images: DecodedImages
    batch_size: int


@torch.inference_mode()
def evaluate_epoch(
    network: nn.Module, evaluated: EvaluationImages, device: torch.device, after_batch: Callable[[], None]
) -> pd.DataFrame:
    """Return a network's decisions on all images, equal to those of `evaluate_pool` with exact arithmetic.

    Raises
    ------
    DivergedError
        An output isn't finite.
    """
    network.eval()
    tables, outputs, first = [], [], 0
    n_images, size = len(evaluated.labels), evaluated.batch_size
    for start in range(0, n_images, size):
        images = evaluated.images.batch(range(start, min(start + size, n_images)))
        inputs = F.pad(images, (0, 0, 0, 0, 0, 0, 0, size - len(images))) if len(images) < size else images
        outputs.append(network(inputs.to(device))[: len(images)].float().cpu().numpy())
        end = start + len(images)
        if len(outputs) == CHUNK_BATCHES or end == n_images:
            logits = np.concatenate(outputs)
            if not np.isfinite(logits).all():
                raise DivergedError
            tables.append(decision_rows(evaluated.image_ids[first:end], evaluated.labels[first:end], logits))
            outputs, first = [], end
        after_batch()
    return pd.concat(tables, ignore_index=True)
