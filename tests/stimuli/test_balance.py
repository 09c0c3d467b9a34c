"""Balance, against values worked out by hand and groups of known difference."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stimuli.balance import balance_table, classify_by_features, overlap, smd, unbalanced


def test_a_standardised_mean_difference_worked_out_by_hand():
    # Means 2 and 5, variances 1 and 4: (2 − 5) / √((1 + 4) / 2) = −3 / 1.5811.
    assert smd(np.array([1.0, 2.0, 3.0]), np.array([3.0, 5.0, 7.0])) == pytest.approx(-1.8973665961)
    assert smd(np.array([4.0, 4.0]), np.array([4.0, 4.0])) == 0
    assert np.isnan(smd(np.array([4.0, 4.0]), np.array([5.0, 5.0])))
    assert np.isnan(smd(np.array([4.0]), np.array([5.0, 6.0])))


def test_classes_overlap_by_the_smaller_of_their_shares():
    # Shares ½ ½ 0 and ¼ ½ ¼ have ¼ + ½ in common.
    assert overlap(pd.Series(list("aabb")), pd.Series(list("abbc"))) == pytest.approx(0.75)


def test_the_auc_of_a_known_difference_is_that_of_theory():
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"group": ["a"] * 400 + ["b"] * 400, "x": rng.normal(size=800)})
    rows.loc[rows["group"] == "b", "x"] += 1.0
    found = classify_by_features(rows, ("x",), np.random.default_rng(2))
    assert found is not None
    # Two normals one SD apart: AUC = Φ(1 / √2) = .760.
    assert found["auc"] == pytest.approx(stats.norm.cdf(1 / 2**0.5), abs=3 * found["chance_sd"])
    # √((400 + 400 + 1) / (12 · 400 · 400))
    assert found["chance_sd"] == pytest.approx(0.0204, abs=1e-4)


def test_no_classifier_without_enough_images_or_anything_that_varies():
    rows = pd.DataFrame({"group": ["a"] * 4 + ["b"] * 9, "x": np.arange(13.0), "flat": 1.0})
    assert classify_by_features(rows, ("x",), np.random.default_rng(2)) is None
    rows = pd.DataFrame({"group": ["a"] * 9 + ["b"] * 9, "flat": 1.0})
    assert classify_by_features(rows, ("flat",), np.random.default_rng(2)) is None


def test_covariates_that_remain_unbalanced_are_reported():
    after = pd.DataFrame(
        {"group": list("aabb"), "class_name": list("xyxy"), "even": [1.0, 2, 1, 2], "odd": [1.0, 2, 5, 7]}
    )
    table = balance_table(after.drop(columns="odd"), after, ("a", "b"), ("even", "odd"))
    assert [(row["covariate"], row["before"], row["after"]) for row in table] == [
        ("class_name", 1.0, 1.0),
        ("even", 0.0, 0.0),
        ("odd", None, round((1.5 - 6) / ((0.5 + 2) / 2) ** 0.5, 4)),
    ]
    assert unbalanced(table, ("even", "odd")) == ["odd: SMD of a and b is -4.02, above 0.1"]
