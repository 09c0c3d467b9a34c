"""Simulated ratings with a known slope."""

import numpy as np
from scipy import special


def rated(n_observers: int, n_items: int, seed: int, slope=2.0, observer_sd=0.5, item_sd=0.7):
    """Return ratings 1 … 5 of the proportional-odds model, with observers and items that differ."""
    rng = np.random.default_rng(seed)
    x = np.resize(np.linspace(0, 1, 6), n_items)
    ease = slope * x + item_sd * rng.standard_normal(n_items)
    ease = ease + observer_sd * rng.standard_normal((n_observers, 1))
    below = special.expit(np.array([-1.0, 0.2, 1.3, 2.5])[:, None, None] - ease)
    rating = 1 + (rng.random(ease.shape) > below).sum(axis=0)
    observer, item = (index.ravel() for index in np.indices(ease.shape))
    return rating.ravel().astype(float), x[item], observer, item
