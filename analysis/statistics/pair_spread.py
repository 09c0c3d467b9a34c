"""How far the κ of all pairs of models, and their mean, vary over resampled images."""

from __future__ import annotations

import numpy as np


class PairSpread:
    """How far the κ of pairs and their means vary over resampled images.

    Parameters
    ----------
    kappa : ndarray of float, shape (n_pairs,)
        On the images themselves.
    of_models : bool
        Whether means without each of the models are needed, too.

    Attributes
    ----------
    kappa : ndarray of float, shape (n_pairs,)
    means : ndarray of float, shape (1,) or (1 + n_models,)
        The mean over defined pairs, and with `of_models` that without each model; NaN where no pair is
        defined.
    """

    def __init__(self, kappa: np.ndarray, of_models: bool) -> None:
        self.kappa = kappa
        self._of_models = of_models
        self.means = _means(kappa[np.newaxis], of_models)[0]
        self._replicates: list[np.ndarray] = []
        self._n = np.zeros(len(kappa))
        self._total = np.zeros(len(kappa))
        self._squares = np.zeros(len(kappa))

    def add(self, kappa: np.ndarray) -> None:
        """Count resamples, of shape (n_resamples, n_pairs)."""
        means = _means(kappa, self._of_models)
        self._replicates.append(means)
        deviations = kappa - means[:, :1]
        self._n += np.isfinite(deviations).sum(axis=0)
        self._total += np.nansum(deviations, axis=0)
        self._squares += np.nansum(deviations**2, axis=0)

    @property
    def replicates(self) -> np.ndarray:
        """The means of each resample, shape (n_resamples, len(means))."""
        return np.concatenate(self._replicates)

    @property
    def reliability(self) -> float:
        """The share of the variance over pairs that resampled images don't explain."""
        usable = np.isfinite(self.kappa) & (self._n > len(self.replicates) / 2)
        if usable.sum() < 2 or (variance := self.kappa[usable].var(ddof=1)) == 0:
            return np.nan
        n, total, squares = (each[usable] for each in (self._n, self._total, self._squares))
        sampling = ((squares - total**2 / n) / np.maximum(n - 1, 1)).mean()
        return float(np.clip(1 - sampling / variance, 0, 1))


def n_models_of(n_pairs: int) -> int:
    """Return how many models make so many pairs."""
    return round((1 + np.sqrt(1 + 8 * n_pairs)) / 2)


def _means(kappa: np.ndarray, of_models: bool) -> np.ndarray:
    """Return the mean over defined pairs, and with `of_models` that without each model.

    Parameters
    ----------
    kappa : ndarray of float, shape (n_samples, n_pairs)
    of_models : bool

    Returns
    -------
    ndarray of float, shape (n_samples, 1) or (n_samples, 1 + n_models)
        NaN, without a warning, where no pair is defined.
    """
    number, total = (
        _sums(each, of_models) for each in (np.isfinite(kappa).astype(float), np.nan_to_num(kappa))
    )
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _sums(values: np.ndarray, of_models: bool) -> np.ndarray:
    """Return the sum over pairs, and with `of_models` that over the pairs without each model."""
    whole = values.sum(axis=1, keepdims=True)
    if not of_models:
        return whole
    n_models = n_models_of(values.shape[1])
    square = np.zeros((len(values), n_models, n_models))
    square[:, *np.triu_indices(n_models, k=1)] = values
    return np.hstack([whole, whole - square.sum(axis=1) - square.sum(axis=2)])
