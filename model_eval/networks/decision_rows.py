"""From a model's logits to its decisions, where the logits are: pure functions of tensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from model_eval.columns import DECISION_DTYPES

COMPUTED = ("prediction", "label_rank", "p_label", "p_prediction", "margin", "entropy")
"""Columns of ``decisions/<model>.parquet`` that follow from logits and labels."""


def decision_values(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return what follows from the logits of some images.

    Parameters
    ----------
    logits : Tensor of float, shape (n_images, n_classes)
        One column a class of the data set; at least two classes.
    labels : Tensor of int64, shape (n_images,)
        True class of each image, on the same device.

    Returns
    -------
    Tensor of float64, shape (6, n_images)
        The rows are `COMPUTED`; all are NaN for an image with a logit that isn't finite.  Of classes with
        equal logits the one with the smallest index counts as the better.  `entropy` is that of the predicted
        distribution, −Σ p log p (Shannon 1948), in nats: from 0 to the logarithm of n_classes.
    """
    # Comparisons are as exact in the type of the logits, and take half the time.
    prediction = logits.argmax(dim=1)
    of_label = logits.gather(1, labels[:, None])
    before_label = torch.arange(logits.shape[1], device=logits.device) < labels[:, None]
    better = (logits > of_label) | ((logits == of_label) & before_label)
    probabilities = torch.softmax(logits, dim=1, dtype=torch.float64)
    two_best, _ = logits.topk(2, dim=1)
    best, second = two_best.to(torch.float64).unbind(dim=1)
    values = torch.stack(
        [
            prediction.to(torch.float64),
            1.0 + better.sum(dim=1),
            probabilities.gather(1, labels[:, None])[:, 0],
            probabilities.gather(1, prediction[:, None])[:, 0],
            best - second,
            torch.special.entr(probabilities).sum(dim=1),
        ]
    )
    # A sum is finite if all of its terms are; `isfinite` of each takes five times as long.
    finite = logits.sum(dim=1, dtype=torch.float64).isfinite()
    return torch.where(finite, values, torch.nan)


def decision_table(image_ids: Sequence[str], labels: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    """Return the rows of ``decisions/<model>.parquet`` for some images.

    Parameters
    ----------
    image_ids : sequence of str, length n_images
    labels : ndarray of int, shape (n_images,)
    values : ndarray of float64, shape (6, n_images)
        As `decision_values` returns them, all finite.

    Returns
    -------
    DataFrame, n_images rows
        `DECISION_DTYPES`.
    """
    epoch = pd.array([pd.NA] * len(labels), dtype="Int16")
    columns = dict(zip(COMPUTED, values, strict=True))
    table = pd.DataFrame({"image_id": list(image_ids), "epoch": epoch, "label": labels, **columns})
    return table.astype(DECISION_DTYPES)[list(DECISION_DTYPES)]


def decision_rows(image_ids: Sequence[str], labels: np.ndarray, logits: np.ndarray) -> pd.DataFrame:
    """Return the rows of ``decisions/<model>.parquet`` for the logits of some images, all finite.

    Parameters
    ----------
    image_ids : sequence of str, length n_images
    labels : ndarray of int, shape (n_images,)
    logits : ndarray of float, shape (n_images, n_classes)
    """
    values = decision_values(torch.from_numpy(logits), torch.from_numpy(labels.astype(np.int64)))
    return decision_table(image_ids, labels, values.numpy())
