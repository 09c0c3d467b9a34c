"""The images that models are trained on: stratified samples, which are not evaluated."""

from __future__ import annotations

import numpy as np
import pandas as pd

from model_eval.images.image_source import class_names
from tricky.core.errors import InputError


def draw_training_images(catalogue: pd.DataFrame, n_images: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw images at random, the same share of each class.

    Numbers of images are rounded by the largest remainder (of equal remainders, that of the first class).

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
    # In whole numbers: equal remainders stay equal.
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


def deal(labels: np.ndarray, n_parts: int, rng: np.random.Generator) -> np.ndarray:
    """Divide images into disjoint parts of equal size, each with the same share of every class.

    Parameters
    ----------
    labels : ndarray of int, shape (n_images,)
    n_parts : int
    rng : Generator

    Returns
    -------
    ndarray of int, shape (n_images,)
        The part of each image, 0 … n_parts − 1.  Sizes differ by at most one, in total and within each class.
    """
    shuffled = rng.permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    parts = np.empty(len(labels), dtype=np.int64)
    parts[by_class] = np.arange(len(labels)) % n_parts
    return parts
