from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
from made_up import write_pool

from model_eval.columns import DECISION_DTYPES, IMAGE_DTYPES
from model_eval.decisions import read_decisions
from model_eval.label.criterion import difficulty_of
from model_eval.label.near_ties import count_near_ties, fragile_labels
from tricky.core.parquet import write_parquet


def test_labels_are_fragile_where_some_outcome_of_the_near_ties_gives_another_label() -> None:
    rng = np.random.default_rng(4)
    correct = rng.random((5, 300)) < rng.choice([0.05, 0.5, 0.95], 300)
    near = rng.random((5, 300)) < 0.15
    seen = np.ones_like(correct)
    by_hand = []
    for image in range(300):
        ties = np.flatnonzero(near[:, image])
        labels = set()
        for turned in itertools.product([False, True], repeat=len(ties)):
            right = correct[:, image].copy()
            right[ties] ^= np.array(turned, dtype=bool)
            labels.add(str(difficulty_of(np.array([right.sum()]), 5, 1)[0]))
        by_hand.append(len(labels) > 1)
    found = fragile_labels(correct, seen, near, 1)
    assert found.tolist() == by_hand
    assert 20 < found.sum() < 280


def test_near_ties_are_counted_only_where_they_turn_right_into_wrong(tmp_path: Path) -> None:
    # Three models, tolerance 0.  Image a: all are right, one of them barely.  Image b: all are wrong, one
    # barely, with the true class second.  Image c: likewise, but the true class is third: wrong in any case.
    images = pd.DataFrame({"image_id": ["a", "b", "c"], "label": 0}).assign(path="", class_name="", sha256="")
    write_parquet(tmp_path / "images.parquet", images.astype(IMAGE_DTYPES))
    ranks = np.array([[1, 2, 3], [1, 3, 3], [1, 3, 3]])
    margins = np.array([[1e-7, 1e-7, 1e-7], [1, 1, 1], [1, 1, 1]])
    names = ("x", "y", "z")
    for name, rank, margin in zip(names, ranks, margins, strict=True):
        table = pd.DataFrame({"image_id": images["image_id"], "label_rank": rank, "margin": margin})
        table = table.assign(prediction=np.where(rank == 1, 0, 1), p_label=0, p_prediction=0, entropy=0)
        table = table.assign(label=0, epoch=1).astype(DECISION_DTYPES)
        # The rows of a file may have another order than the images.
        write_parquet(tmp_path / f"{name}.parquet", table.iloc[::-1] if name == "x" else table)
    for noise, counts in ((6e-8, (2, 1, 1)), (4e-8, (0, 0, 0))):
        write_pool(tmp_path, [{"name": name, "noise": noise} for name in names])
        read = read_decisions(tmp_path)
        assert read.near_ties is not None
        found = count_near_ties(read.correct, read.seen, read.near_ties, 0)
        assert found == dict(zip(("decisions", "trivial", "impossible"), counts, strict=True))
