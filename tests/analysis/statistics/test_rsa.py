from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import pdist

from analysis.statistics.rsa import dissimilarities, representational_consistency


def test_dissimilarities_are_scipys_correlation_distances():
    features = np.random.default_rng(0).normal(size=(12, 3, 4, 5))
    np.testing.assert_allclose(
        dissimilarities(features), pdist(features.reshape(12, -1), "correlation"), atol=1e-5
    )


def test_consistency_is_spearmans_correlation_of_dissimilarities():
    rng = np.random.default_rng(1)
    matrices = [rng.random(45) for _ in range(3)]
    consistency = representational_consistency(matrices)
    assert consistency[0, 2] == pytest.approx(stats.spearmanr(matrices[0], matrices[2])[0])
    assert consistency[2, 0] == consistency[0, 2]
    assert (np.diag(consistency) == 1).all()


def test_rotating_and_scaling_a_representation_of_centred_units_changes_nothing():
    rng = np.random.default_rng(2)
    features = rng.normal(size=(20, 30))
    features -= features.mean(axis=1, keepdims=True)
    # A rotation that keeps the mean over units where it is: of the space orthogonal to (1, …, 1).
    basis = np.linalg.qr(np.column_stack([np.ones(30), rng.normal(size=(30, 29))]))[0]
    inner = np.linalg.qr(rng.normal(size=(29, 29)))[0]
    rotation = basis @ np.block([[np.ones((1, 1)), np.zeros((1, 29))], [np.zeros((29, 1)), inner]]) @ basis.T
    rotated = 3 * features @ rotation
    same = representational_consistency([dissimilarities(features), dissimilarities(rotated)])
    assert same[0, 1] == pytest.approx(1, abs=1e-5)
    other = representational_consistency(
        [dissimilarities(features), dissimilarities(rng.normal(size=(20, 30)))]
    )
    assert abs(other[0, 1]) < 0.3


def test_images_without_any_difference_between_units_are_left_out():
    rng = np.random.default_rng(3)
    features = rng.normal(size=(10, 8))
    dead = features.copy()
    dead[4] = 0
    matrices = [dissimilarities(dead), dissimilarities(features)]
    assert np.isnan(matrices[0]).sum() == 9  # its pairs
    assert representational_consistency(matrices)[0, 1] == pytest.approx(1)
