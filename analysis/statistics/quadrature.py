"""Gauss–Hermite quadrature: averages over a standard normal distribution."""

from __future__ import annotations

import numpy as np


def normal_quadrature(n_nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights that average a smooth function of a standard normal variable.

    Parameters
    ----------
    n_nodes : int

    Returns
    -------
    nodes, weights : ndarray of float, shape (n_nodes,)
        Weights sum to 1.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(n_nodes)
    return nodes, weights / weights.sum()
