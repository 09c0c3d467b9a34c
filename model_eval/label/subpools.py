"""Is the pool large and diverse enough? How labels change in parts of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from model_eval.columns import Difficulty
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

_WORDS_AT_ONCE = 16_384
"""Number of words whose bits stay in a processor's cache."""

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
    n_models = len(correct)
    sizes = np.arange(2 * tolerance + 1, n_models + 1)
    orders = np.array([rng.permutation(n_models) for _ in range(n_orders)])
    by_all = seen.all(axis=0)
    counts = _count_seen_by_all(correct if by_all.all() else correct[:, by_all], orders, tolerance)
    counts = counts[:, sizes - 1]
    if not by_all.all():
        rule = (tolerance, min_models_share)
        counts += _count_seen_by_some(correct[:, ~by_all], seen[:, ~by_all], orders, sizes, *rule)
    n_labelled = counts.sum(axis=2, keepdims=True)
    shares = np.divide(counts, n_labelled, out=np.full(counts.shape, np.nan), where=n_labelled > 0)
    shares = np.ascontiguousarray(shares.reshape(n_orders, -1).T)  # sizes and difficulties × orders
    n_pools = np.count_nonzero(~np.isnan(shares), axis=1)
    low, high = np.nanquantile(shares[n_pools > 0], [0.025, 0.975], axis=1)
    return pd.DataFrame(
        {
            "n_models": np.repeat(sizes, len(_KINDS))[n_pools > 0],
            "difficulty": np.tile([kind.value for kind, _ in _KINDS], len(sizes))[n_pools > 0],
            "share": np.nanmean(shares[n_pools > 0], axis=1),
            "sd": np.nanstd(shares[n_pools > 0], axis=1),
            "low": low,
            "high": high,
            "n_pools": n_pools[n_pools > 0],
        }
    )


def _count_seen_by_all(correct: np.ndarray, orders: np.ndarray, tolerance: int) -> np.ndarray:
    """Count the images of each difficulty in the first 1, 2, 3 … models of each order.

    An image is not impossible (trivial) as soon as more than `tolerance` models were right (wrong), so higher
    counts are not needed.  Each image has a counter, whose bits are spread over as many arrays, so that an
    operation adds 64 images at once; it starts such that it overflows as soon as there are too many.

    Parameters
    ----------
    correct : ndarray of bool, shape (n_models, n_images)
    orders : ndarray of int, shape (n_orders, n_models)
    tolerance : int

    Returns
    -------
    ndarray of int, shape (n_orders, n_models, 3)
        In the order of `_KINDS`.
    """
    n_orders, n_models = orders.shape
    n_images = correct.shape[1]
    n_bits, every = tolerance.bit_length(), 2**64 - 1
    start = 2**n_bits - (tolerance + 1)
    n_beyond = np.zeros((2, n_orders, n_models), dtype=np.int64)  # images that more models got right, wrong
    for which, answers in enumerate((correct, ~correct)):
        packed = _packed(answers)
        at_once = max(1, _WORDS_AT_ONCE // max(1, packed.shape[1]))
        for first in range(0, n_orders, at_once):
            part = slice(first, first + at_once)
            beyond = np.zeros((len(orders[part]), packed.shape[1]), dtype=np.uint64)
            bits = [beyond + np.uint64(every * (start >> k & 1)) for k in range(n_bits)]
            for place, models in enumerate(orders[part].T):
                carry = packed[models]
                for bit in bits:
                    bit ^= carry
                    carry &= ~bit
                beyond |= carry
                n_beyond[which, part, place] = np.bitwise_count(beyond).sum(axis=1)
    impossible, trivial = n_images - n_beyond
    return np.stack([trivial, n_images - trivial - impossible, impossible], axis=2)


def _packed(answers: np.ndarray) -> np.ndarray:
    """Return booleans as bits of 64-bit words, the last of which is padded with False."""
    n_models, n_images = answers.shape
    n_bytes = -(-n_images // 64) * 8
    packed = np.zeros((n_models, n_bytes), dtype=np.uint8)
    packed[:, : -(-n_images // 8)] = np.packbits(answers, axis=1)
    return packed.view(np.uint64)


def _count_seen_by_some(
    correct: np.ndarray,
    seen: np.ndarray,
    orders: np.ndarray,
    sizes: np.ndarray,
    tolerance: int,
    min_models_share: float,
) -> np.ndarray:
    """Count as `_count_seen_by_all`, of shape (n_orders, n_sizes, 3), images that not all models saw."""
    counts = np.zeros((len(orders), len(sizes), len(_KINDS)), dtype=np.int64)
    least = [least_models(size, tolerance, min_models_share) for size in sizes]
    for order, found in zip(orders, counts, strict=True):
        n_correct, n_seen = np.zeros((2, correct.shape[1]), dtype=np.int32)
        for size, model in enumerate(order, start=1):
            n_correct += correct[model]
            n_seen += seen[model]
            if size >= sizes[0]:
                codes = codes_of(n_correct, n_seen, tolerance, least[size - sizes[0]])
                found[size - sizes[0]] = _number_of_each(codes)
    return counts


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
    n_correct, n_seen = correct.sum(axis=0, dtype=np.int32), seen.sum(axis=0, dtype=np.int32)
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
            right = n_correct - correct[members].sum(axis=0, dtype=np.int32)
            n_left = n_seen - seen[members].sum(axis=0, dtype=np.int32)
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
    counts = _number_of_each(codes)
    n_labelled = counts.sum()
    return {
        kind.value: n / n_labelled if n_labelled else np.nan
        for (kind, _), n in zip(_KINDS, counts, strict=True)
    }


def _number_of_each(codes: np.ndarray) -> np.ndarray:
    """Return how many images have each difficulty, in the order of `_KINDS`."""
    return np.bincount(codes, minlength=len(NAMES))[[code for _, code in _KINDS]]
