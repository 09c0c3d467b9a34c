"""Near ties: decisions that numeric noise alone could change, and the labels that depend on them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from model_eval.columns import DECISION_DTYPES
from model_eval.decisions import EVALUATE, Decisions, read_pool
from model_eval.label.criterion import IMPOSSIBLE, TRIVIAL, codes_of
from tricky.core.parquet import read_arrow


def read_near_ties(folder: Path, decisions: Decisions) -> np.ndarray:
    """Return which decisions are near ties: the two best logits differ by less than numeric noise explains.

    Each of two logits may be off by the noise that was measured for the model, so a margin below twice the
    noise could have either sign.

    Parameters
    ----------
    folder : Path
        ``decisions/``, as `read_decisions` has read and checked it.
    decisions : Decisions
        Its models, or some of them.

    Returns
    -------
    ndarray of bool, shape (n_models, n_images)
        Only near ties that make a difference between right and wrong: one of the two best is the true class.
    """
    noise = {model.name: model.noise for model in read_pool(folder).answered}
    columns = {name: DECISION_DTYPES[name] for name in ("image_id", "margin", "label_rank")}

    def near_ties_of(name: str) -> list[str]:
        largest = np.float32(2 * noise[name])  # in the precision of the margins
        is_near_tie = (pc.field("margin") < pc.scalar(largest)) & (pc.field("label_rank") <= 2)
        path = folder / f"{name}.parquet"
        table = read_arrow(path, columns, EVALUATE, filters=is_near_tie, use_threads=False)
        return table["image_id"].to_pylist()

    near = np.zeros(decisions.predictions.shape, dtype=bool)
    place_of = pd.Index(decisions.images["image_id"])
    with ThreadPoolExecutor() as threads:  # reading releases the interpreter's lock
        for row, image_ids in enumerate(threads.map(near_ties_of, decisions.models)):
            places = place_of.get_indexer(pd.Index(image_ids))
            near[row, places[places >= 0]] = True
    return near


def fragile_labels(correct: np.ndarray, seen: np.ndarray, near: np.ndarray, tolerance: int) -> np.ndarray:
    """Return which images could have another difficulty if near ties had been decided the other way.

    Difficulty increases with the number of models that are right, so it is enough to count all near ties as
    right, or all as wrong.

    Parameters
    ----------
    correct, seen, near : ndarray of bool, shape (n_models, n_images)
    tolerance : int
        As for `difficulty_of`.

    Returns
    -------
    ndarray of bool, shape (n_images,)
    """
    n_models = seen.sum(axis=0)
    codes, most, least = (
        codes_of(counted.sum(axis=0), n_models, tolerance, 2 * tolerance + 1)
        for counted in (correct, correct | near, correct & ~near)
    )
    return (codes != most) | (codes != least)


def count_near_ties(folder: Path, decisions: Decisions, tolerance: int) -> dict[str, Any]:
    """Count near ties, and the trivial and impossible labels that depend on them."""
    near = read_near_ties(folder, decisions)
    fragile = fragile_labels(decisions.correct, decisions.seen, near, tolerance)
    codes = codes_of(decisions.correct.sum(axis=0), decisions.seen.sum(axis=0), tolerance, 2 * tolerance + 1)
    return {
        "decisions": int(near.sum()),
        "trivial": int((fragile & (codes == TRIVIAL)).sum()),
        "impossible": int((fragile & (codes == IMPOSSIBLE)).sum()),
    }
