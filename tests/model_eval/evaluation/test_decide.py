from __future__ import annotations

import numpy as np
import torch
from scipy.stats import rankdata

from model_eval.evaluation.decide import decision_rows
from model_eval.records import DECISION_DTYPES


def test_decisions_of_hand_computed_logits() -> None:
    # softmax of (log 1, log 2, log 5) is (1, 2, 5) / 8.
    rows = decision_rows(["a", "b"], np.array([1, 2]), np.log([[1.0, 2.0, 5.0], [1.0, 2.0, 5.0]]))
    assert rows["prediction"].tolist() == [2, 2]
    assert rows["label_rank"].tolist() == [2, 1]
    np.testing.assert_allclose(rows["p_label"], [0.25, 0.625], rtol=1e-6)
    np.testing.assert_allclose(rows["p_prediction"], 0.625, rtol=1e-6)
    np.testing.assert_allclose(rows["margin"], np.log(5 / 2), rtol=1e-6)
    assert rows["epoch"].isna().all()
    assert {name: str(dtype) for name, dtype in rows.dtypes.items()} == DECISION_DTYPES


def test_decisions_agree_with_scipy_and_torch_on_random_logits() -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 5, (200, 30)).astype(np.float32)
    labels = rng.integers(0, 30, 200)
    rows = decision_rows([str(i) for i in range(200)], labels, logits)

    ranks = rankdata(-logits, axis=1, method="ordinal")[np.arange(200), labels]
    np.testing.assert_array_equal(rows["label_rank"], ranks)
    theirs = torch.softmax(torch.from_numpy(logits).double(), dim=1)
    best, prediction = theirs.max(dim=1)
    np.testing.assert_array_equal(rows["prediction"], prediction)
    np.testing.assert_allclose(rows["p_prediction"], best, rtol=1e-6)
    np.testing.assert_allclose(rows["p_label"], theirs[np.arange(200), labels], rtol=1e-6)


def test_of_equal_logits_the_smaller_class_is_first_and_rank_one_means_right() -> None:
    rows = decision_rows(["a", "b", "c"], np.array([0, 1, 2]), np.zeros((3, 3)))
    assert rows["prediction"].tolist() == [0, 0, 0]
    assert rows["label_rank"].tolist() == [1, 2, 3]
    assert rows["margin"].tolist() == [0, 0, 0]
