"""Is the pool large and diverse enough? How labels change in parts of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from model_eval.difficulty import Difficulty
from model_eval.label.criterion import (
    IMPOSSIBLE,
    IN_BETWEEN,
    NAMES,
    TRIVIAL,
    UNSEEN,
    codes_of,
    least_models,
    probability_of,
)

N_ORDERS = 100
"""Number of random orders of the models; each order gives one sub-pool of every size."""

_KINDS = (
    (Difficulty.TRIVIAL, TRIVIAL),
    (Difficulty.IN_BETWEEN, IN_BETWEEN),
    (Difficulty.IMPOSSIBLE, IMPOSSIBLE),
)


def shares_by_size(
    correct: np.ndarray,
    seen: np.ndarray,
    tolerance: int,
    min_models_share: float,
    rng: np.random.Generator,
    n_orders: int = N_ORDERS,
) -> pd.DataFrame:
    """Return the shares of each difficulty in random sub-pools of every size.

    Models are put in a random order, and the first 1, 2, 3 … of them are a sub-pool: of one size, the
    sub-pools of different orders are independent draws without replacement.

    Parameters
    ----------
    correct, seen : ndarray of bool, shape (n_models, n_images)
        Which models were right, and which saw an image at all.
    tolerance, min_models_share
        As in `LabelSettings`; sizes for which the tolerance is too large are left out.
    rng : Generator
    n_orders : int

    Returns
    -------
    DataFrame, one row a size and a difficulty
        `n_models`, `difficulty`, `share` (mean over sub-pools, of the images that have a difficulty), `sd`,
        `low`, `high` (the central 95% of the sub-pools), `n_pools`.
    """
    n_models, n_images = correct.shape
    first = 2 * tolerance + 1
    sizes = np.arange(first, n_models + 1)
    counts = np.zeros((n_orders, len(sizes), len(_KINDS)))
    whole = bool(seen.all())
    small = np.int8 if n_models < 128 else np.int16  # small integers are counted faster
    for order in range(n_orders):
        n_correct, n_seen = np.zeros(n_images, dtype=small), np.zeros(n_images, dtype=small)
        for size, model in enumerate(rng.permutation(n_models), start=1):
            n_correct += correct[model]
            if not whole:
                n_seen += seen[model]
            if size < first:
                continue
            if whole:  # counting is faster than labelling, and all images have a difficulty
                trivial = np.count_nonzero(n_correct >= size - tolerance)
                impossible = np.count_nonzero(n_correct <= tolerance)
                found = trivial, n_images - trivial - impossible, impossible
            else:
                least = least_models(size, tolerance, min_models_share)
                codes = np.bincount(codes_of(n_correct, n_seen, tolerance, least), minlength=len(NAMES))
                found = codes[[code for _, code in _KINDS]]
            counts[order, size - first] = found
    n_labelled = counts.sum(axis=2, keepdims=True)
    shares = np.divide(counts, n_labelled, out=np.full_like(counts, np.nan), where=n_labelled > 0)
    rows = []
    for at, size in enumerate(sizes):
        for kind, (difficulty, _) in enumerate(_KINDS):
            values = shares[:, at, kind]
            values = values[~np.isnan(values)]
            if len(values):
                low, high = np.quantile(values, [0.025, 0.975])
                rows.append((size, difficulty.value, values.mean(), values.std(), low, high, len(values)))
    columns = ["n_models", "difficulty", "share", "sd", "low", "high", "n_pools"]
    return pd.DataFrame(rows, columns=columns)


def leave_one_out(
    correct: np.ndarray,
    seen: np.ndarray,
    models: Sequence[str],
    families: Sequence[str],
    tolerance: int,
    min_models_share: float,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return how labels change when one model, or one family of models, is left out.

    Parameters
    ----------
    correct, seen : ndarray of bool, shape (n_models, n_images)
    models : sequence of str
    families : sequence of str
        Of each model; a model without one is a family of its own.
    tolerance, min_models_share
        As in `LabelSettings`.

    Returns
    -------
    table : DataFrame, one row a model, then one a family
        `what` (`model` or `family`), `left_out`, `n_models` (that remain), the shares `trivial`,
        `in-between` and `impossible` of the images that have a difficulty, `trivial_change` and
        `impossible_change` (these shares minus those of the whole pool), `n_relabelled` (images whose
        difficulty changes), and `stability`: the mean probability that a pool resampled from the remaining
        models gives the same difficulty as the whole pool.  Missing where too few models remain.
    stability : ndarray of float, shape (n_images,)
        For each image that probability without the family whose removal lowers it most; NaN where the image
        has no difficulty or there is only one family.
    """
    n_correct, n_seen = correct.sum(axis=0), seen.sum(axis=0)
    codes = codes_of(n_correct, n_seen, tolerance, least_models(len(models), tolerance, min_models_share))
    before = _shares(codes)
    family_of = np.array([family or model for model, family in zip(models, families, strict=True)])
    groups = [("model", model, np.array([index])) for index, model in enumerate(models)]
    names = dict.fromkeys(family_of.tolist())
    groups += [("family", name, np.flatnonzero(family_of == name)) for name in names]
    lowest = np.full(len(codes), np.inf)
    rows = []
    for what, name, members in groups:
        row = {"what": what, "left_out": name, "n_models": len(models) - len(members)}
        if row["n_models"] > 2 * tolerance:
            right, n_left = n_correct - correct[members].sum(axis=0), n_seen - seen[members].sum(axis=0)
            least = least_models(row["n_models"], tolerance, min_models_share)
            without = codes_of(right, n_left, tolerance, least)
            same = probability_of(codes, right, n_left, tolerance)
            same[(without == UNSEEN) & (codes != UNSEEN)] = 0  # too few of the remaining models saw it
            shares = _shares(without)
            row |= shares | {
                "trivial_change": shares["trivial"] - before["trivial"],
                "impossible_change": shares["impossible"] - before["impossible"],
                "n_relabelled": int((without != codes).sum()),
                "stability": float(np.nanmean(same)) if np.isfinite(same).any() else np.nan,
            }
            if what == "family":
                lowest = np.fmin(lowest, same)
        rows.append(row)
    columns = ["what", "left_out", "n_models", *(kind.value for kind, _ in _KINDS), "trivial_change"]
    columns += ["impossible_change", "n_relabelled", "stability"]
    table = pd.DataFrame(rows).reindex(columns=columns).astype({"n_relabelled": "Int64"})
    return table, np.where(np.isfinite(lowest), lowest, np.nan)


def _shares(codes: np.ndarray) -> dict[str, float]:
    counts = np.bincount(codes, minlength=len(NAMES))
    n_labelled = sum(counts[code] for _, code in _KINDS)
    return {kind.value: counts[code] / n_labelled if n_labelled else np.nan for kind, code in _KINDS}
