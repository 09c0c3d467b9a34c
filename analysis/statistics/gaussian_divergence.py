"""How far classes of Gaussian noise lie apart: the closed form that their accuracy is held against."""

from __future__ import annotations

import numpy as np


def divergence_to_neighbour(sd: np.ndarray) -> np.ndarray:
    r"""Return the Kullback–Leibler divergence of each class of noise to the class nearest to it, per pixel.

    For two normal distributions of the same mean,

    .. math:: KL(i \| j) = \ln\frac{\sigma_j}{\sigma_i} + \frac{\sigma_i^2}{2 \sigma_j^2} - \frac{1}{2};

    the nearest class is the one with the smallest.  For standard deviations 1, 2, 3 … that is the next larger
    one, as in Meding et al. (2022, Fig. 9), and for the last class the next smaller.  Clipping to the range
    of pixel values is left out of account.

    Parameters
    ----------
    sd : ndarray of float, shape (n_classes,)
        Standard deviations of the pixels, above 0, each different; at least two.

    Returns
    -------
    ndarray of float, shape (n_classes,)
        In nats.
    """
    own, other = np.asarray(sd, dtype=float)[:, np.newaxis], np.asarray(sd, dtype=float)
    divergence = np.log(other / own) + own**2 / (2 * other**2) - 0.5
    np.fill_diagonal(divergence, np.inf)
    return divergence.min(axis=1)
