"""Which images models are trained on: a stratified sample, never evaluated."""

from __future__ import annotations

import numpy as np
import pandas as pd

from model_eval.artefacts import InputError
from model_eval.images import class_names


def draw_training_images(catalogue: pd.DataFrame, n_images: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw images at random, from each class the same share.

    Shares that are no whole numbers are rounded by the largest remainder (of equal ones, the first class's).

    Parameters
    ----------
    catalogue : DataFrame
        `IMAGE_COLUMNS`.
    n_images : int
    rng : Generator

    Returns
    -------
    DataFrame, n_images rows
        Rows of `catalogue`, in its order.

    Raises
    ------
    InputError
        No image would be left to evaluate, or a class would have none in training.
    """
    if n_images >= len(catalogue):
        raise InputError(
            f"[train] images = {n_images}, but there are only {len(catalogue)} images, and some must be left "
            "to evaluate; ask for fewer"
        )
    labels = catalogue["label"].to_numpy()
    # Whole-number arithmetic: two equal remainders stay equal.
    quotas, remainders = np.divmod(np.bincount(labels) * n_images, len(labels))
    quotas[np.argsort(-remainders, kind="stable")[: n_images - quotas.sum()]] += 1
    if quotas.min() == 0:
        name = class_names(catalogue)[int(quotas.argmin())]
        raise InputError(
            f"[train] images = {n_images} leaves class {name!r} without a training image; ask for more"
        )
    chosen = [
        rng.choice(np.flatnonzero(labels == label), size=quota, replace=False)
        for label, quota in enumerate(quotas)
    ]
    return catalogue.iloc[np.sort(np.concatenate(chosen))].reset_index(drop=True)
