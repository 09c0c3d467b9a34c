"""From a model's logits to its decisions: pure functions of arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import entr, softmax

from model_eval.columns import DECISION_DTYPES


def decision_rows(image_ids: list[str], labels: np.ndarray, logits: np.ndarray) -> pd.DataFrame:
    """Return the rows of ``decisions/<model>.parquet`` for some images.

    Parameters
    ----------
    image_ids : list of str, length n_images
    labels : ndarray of int, shape (n_images,)
        True class of each image.
    logits : ndarray of float, shape (n_images, n_classes)
        One column a class of the data set, all finite; at least two classes.

    Returns
    -------
    DataFrame, n_images rows
        `DECISION_DTYPES`.  Of classes with equal logits the one with the smallest index counts as the better.
        `entropy` is that of the predicted distribution, −Σ p log p (Shannon 1948), in nats: from 0 to the
        logarithm of n_classes.
    """
    logits = logits.astype(np.float64)
    rows = np.arange(len(logits))
    prediction = logits.argmax(axis=1)
    of_label = logits[rows, labels][:, None]
    before_label = np.arange(logits.shape[1]) < labels[:, None]
    better = (logits > of_label) | ((logits == of_label) & before_label)
    probabilities = softmax(logits, axis=1)
    two_best = np.partition(logits, -2, axis=1)[:, -2:]
    table = pd.DataFrame(
        {
            "image_id": image_ids,
            "epoch": pd.array([pd.NA] * len(rows), dtype="Int16"),
            "label": labels,
            "prediction": prediction,
            "label_rank": 1 + better.sum(axis=1),
            "p_label": probabilities[rows, labels],
            "p_prediction": probabilities[rows, prediction],
            "margin": two_best[:, 1] - two_best[:, 0],
            "entropy": entr(probabilities).sum(axis=1),
        }
    )
    return table.astype(DECISION_DTYPES)
