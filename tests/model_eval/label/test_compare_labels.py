from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from made_up import write_difficulty

from model_eval.difficulty import DifficultyTable, read_difficulty
from model_eval.label.compare_labels import compare
from model_eval.label.criterion import difficulty_of
from tricky.core.errors import InputError


def table(ids: str, n_correct: list[int], n_models: int = 5, class_name: str = "x") -> DifficultyTable:
    images = pd.DataFrame({"image_id": list(ids), "class_name": class_name, "n_correct": n_correct})
    images = images.assign(n_models=n_models, difficulty=difficulty_of(np.array(n_correct), n_models, 1))
    with TemporaryDirectory() as folder:
        write_difficulty(Path(folder), images)
        return read_difficulty(Path(folder))


def test_every_image_is_counted_where_it_was_and_where_it_went() -> None:
    found = compare(table("abcde", [5, 4, 2, 1, 0]), table("bcdef", [9, 10, 0, 5, 3], n_models=10))
    assert (found.n_images, found.n_only_one, found.n_only_other) == (4, 1, 1)
    assert found.counts.index.tolist() == ["trivial", "in-between", "impossible"]
    # b stays, c is 2 of 5 and then 10 of 10, d stays, e has no right answer and then 5 of 10.
    assert found.counts.to_numpy().tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 1]]
    assert found.moved["image_id"].tolist() == ["c", "e"]
    assert found.moved.iloc[1].tolist() == ["e", "x", "impossible", "in-between", 0, 5, 5, 10]
    # Ranks of b c d e: 4 3 2 1, then 3 4 1 2.  Spearman: 1 − 6 · 4 / (4 · 15); Kendall: 4 pairs to 2.
    assert found.spearman == pytest.approx(0.6)
    assert found.kendall == pytest.approx(1 / 3)


def test_equal_shares_of_pools_of_different_size_agree_perfectly() -> None:
    found = compare(table("abc", [1, 2, 5]), table("abc", [2, 4, 10], n_models=10))
    assert (found.spearman, found.kendall) == (pytest.approx(1), pytest.approx(1))


def test_where_all_counts_are_equal_there_is_no_correlation() -> None:
    assert math.isnan(compare(table("ab", [2, 2]), table("ab", [1, 4])).spearman)


def test_images_without_a_difficulty_have_a_row_of_their_own() -> None:
    one = table("ab", [5, 0])
    one.images.loc[1, "difficulty"] = None
    found = compare(one, table("ab", [5, 0]))
    assert found.counts.loc["n/a", "impossible"] == 1
    assert found.moved["image_id"].tolist() == ["b"]


def test_tables_of_other_images_are_refused() -> None:
    with pytest.raises(InputError, match="no image in common"):
        compare(table("ab", [1, 2]), table("cd", [1, 2]))
    with pytest.raises(InputError, match="image a is of class 'x' in one table and 'y' in the other"):
        compare(table("ab", [1, 2]), table("ab", [1, 2], class_name="y"))
