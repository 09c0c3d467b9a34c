"""Simulated tables with one row a trial."""

import numpy as np
import pandas as pd
from scipy import special


def crossed_trials(
    n_observers: int = 8, n_items: int = 60, seed: int = 1, logit: float = 1.2, spreads=(0.4, 1.5)
) -> pd.DataFrame:
    """Return answers of observers who differ to items that differ, by normal effects in logits."""
    rng = np.random.default_rng(seed)
    observer_sd, item_sd = spreads
    ease = (
        logit + observer_sd * rng.standard_normal((n_observers, 1)) + item_sd * rng.standard_normal(n_items)
    )
    correct = rng.random((n_observers, n_items)) < special.expit(ease)
    observer, item = (index.ravel() for index in np.indices(correct.shape))
    return pd.DataFrame(
        {
            "observer": [f"s{place:02d}" for place in observer],
            "item": [f"image{place:03d}" for place in item],
            "correct": correct.ravel(),
        }
    )
