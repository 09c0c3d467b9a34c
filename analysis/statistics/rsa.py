"""Representational similarity analysis: do two networks represent the same images as similar?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from scipy import stats


def dissimilarities(features: np.ndarray) -> np.ndarray:
    """Return the representational dissimilarity matrix of a layer, without its mirror image.

    1 − Pearson's correlation between the activations to two images, for every two images [1]_.

    Parameters
    ----------
    features : ndarray of float, shape (n_images, …)
        Activations of one layer.

    Returns
    -------
    ndarray of float, shape (n_images · (n_images − 1) / 2,)
        In the order of `numpy.triu_indices`.  NaN in pairs with an image whose activations are all the same.

    References
    ----------
    .. [1] Kriegeskorte, N., Mur, M., & Bandettini, P. (2008). Representational similarity analysis:
       connecting the branches of systems neuroscience. Frontiers in Systems Neuroscience, 2, 4.
    """
    # A copy in single precision, then in place: a convolution's activations are large.
    standard = features.reshape(len(features), -1).astype(np.float32)
    standard -= standard.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(standard, axis=1, keepdims=True)
    standard /= np.where(norm > 0, norm, np.nan)
    return 1 - (standard @ standard.T)[np.triu_indices(len(standard), k=1)]


def representational_consistency(matrices: Sequence[np.ndarray]) -> np.ndarray:
    """Return Spearman's correlation between the dissimilarities of every two networks.

    Parameters
    ----------
    matrices : sequence of ndarray, each of shape (n_pairs,)
        `dissimilarities` of each network, for the same images.

    Returns
    -------
    ndarray of float, shape (n_networks, n_networks)
        1 on the diagonal.  Pairs of images that are undefined for any network are left out for all.
    """
    stacked = np.stack(matrices)
    ranks = stats.rankdata(stacked[:, np.isfinite(stacked).all(axis=0)], axis=1)
    consistency = np.atleast_2d(np.asarray(np.corrcoef(ranks), float))
    np.fill_diagonal(consistency, 1)
    return consistency


def compare_networks(activations: Iterable[np.ndarray | None]) -> np.ndarray:
    """Return `representational_consistency` of networks, from one layer's activations in each.

    Parameters
    ----------
    activations : iterable of ndarray of float, shape (n_images, …), or None
        Used one at a time: a layer's activations can be large.  None for a network without that layer.

    Returns
    -------
    ndarray of float, shape (n_networks, n_networks)
        NaN in the row and column of a network without that layer.
    """
    matrices = [None if each is None else dissimilarities(each) for each in activations]
    present = [row for row, each in enumerate(matrices) if each is not None]
    consistency = np.full((len(matrices),) * 2, np.nan)
    found = representational_consistency([each for each in matrices if each is not None])
    consistency[np.ix_(present, present)] = found
    return consistency
