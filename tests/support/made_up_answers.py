"""Rows of sessions that are made up."""

import numpy as np
import pandas as pd


def answers_of(right, *, seed=3):
    """Rows of sessions with these answers, each observer in an order of its own, the rows shuffled."""
    rng = np.random.default_rng(seed)
    n_observers, n_items = right.shape
    rows = [
        {
            "session_key": observer,
            "participant": f"{observer:02d}",
            "trial_index": place,
            "trial_id": f"trial-{item:03d}",
            "response": ["left", "right"][(item % 2) ^ int(not right[observer, item])],
            "response_time": (0.5 if right[observer, item] else 1.0) * rng.uniform(0.99, 1.01),
            "correct": bool(right[observer, item]),
            "repeats": None,
        }
        for observer in range(n_observers)
        for place, item in enumerate(rng.permutation(n_items))
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=seed).reset_index(drop=True)
