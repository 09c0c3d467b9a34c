from __future__ import annotations

import numpy as np
import torch
from scipy.stats import rankdata

from model_eval.columns import DECISION_DTYPES
from model_eval.networks.decision_rows import decision_rows, decision_values


def test_decisions_of_hand_computed_logits() -> None:
    # softmax of (log 1, log 2, log 5) is (1, 2, 5) / 8.
    rows = decision_rows(["a", "b"], np.array([1, 2]), np.log([[1.0, 2.0, 5.0], [1.0, 2.0, 5.0]]))
    assert rows["prediction"].tolist() == [2, 2]
    assert rows["label_rank"].tolist() == [2, 1]
    np.testing.assert_allclose(rows["p_label"], [0.25, 0.625], rtol=1e-6)
    np.testing.assert_allclose(rows["p_prediction"], 0.625, rtol=1e-6)
    np.testing.assert_allclose(rows["margin"], np.log(5 / 2), rtol=1e-6)
    # −(1/8) log(1/8) − (1/4) log(1/4) − (5/8) log(5/8), in nats
    np.testing.assert_allclose(
        rows["entropy"], (np.log(8) + 2 * np.log(4) + 5 * np.log(8 / 5)) / 8, rtol=1e-6
    )
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
    np.testing.assert_allclose(rows["entropy"], torch.distributions.Categorical(theirs).entropy(), rtol=1e-5)


def test_entropy_reaches_from_zero_to_the_logarithm_of_the_number_of_outputs() -> None:
    rows = decision_rows(["sure", "clueless"], np.array([0, 0]), np.array([[2000.0, 0, 0, 0], [7, 7, 7, 7]]))
    np.testing.assert_allclose(rows["entropy"], [0, np.log(4)], rtol=1e-6)


def test_of_equal_logits_the_smaller_class_is_first_and_rank_one_means_right() -> None:
    rows = decision_rows(["a", "b", "c"], np.array([0, 1, 2]), np.zeros((3, 3)))
    assert rows["prediction"].tolist() == [0, 0, 0]
    assert rows["label_rank"].tolist() == [1, 2, 3]
    assert rows["margin"].tolist() == [0, 0, 0]


def test_an_image_with_a_logit_that_is_not_finite_has_no_values() -> None:
    logits = torch.zeros(4, 3)
    for image, value in enumerate((torch.inf, -torch.inf, torch.nan)):
        logits[image, 1] = value
    values = decision_values(logits, torch.zeros(4, dtype=torch.int64))
    assert values[:, :3].isnan().all()
    assert values[:, 3].isfinite().all()
