"""How often do the intervals of ratings hold the true value?

Studies are simulated in which the same observers rate the same items: the logit of a rating above a step of
the scale is a slope times the item's predictor, plus an effect of the observer and one of the item, both
normal.  The true slope is that of very many ratings, each by an observer and of an item of its own, the true
agreement that of one very large study.

Run ``python -P benchmarks/coverage_ratings.py [STUDIES]``.  It prints one line a design; the last line is one
JSON object.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from scipy import special

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.statistics.agreement import rating_agreement
from analysis.statistics.ratings import ordinal_regression

N_STUDIES = 400
SEED = 1
DESIGNS = ((6, 60, 0.5, 0.7), (9, 149, 0.5, 0.7), (9, 149, 1.0, 0.3), (6, 60, 0.1, 0.3), (40, 300, 0.5, 0.7))
"""Observers, items, and the standard deviations of their effects on the logit scale."""
LARGE = 500, 3000
N_RATINGS = 200_000
STEPS_LOGIT = np.array([-1.0, 0.2, 1.3, 2.5])
SLOPE_LOGIT = 2.0


def simulate(rng: np.random.Generator, n_observers: int, n_items: int, observer_sd: float, item_sd: float):
    """Return ratings, predictor, observers and items, one entry a trial."""
    x = np.resize(np.linspace(0, 1, 5), n_items)
    logit = SLOPE_LOGIT * x + item_sd * rng.standard_normal(n_items)
    logit = logit + observer_sd * rng.standard_normal((n_observers, 1))
    below = special.expit(STEPS_LOGIT[:, np.newaxis, np.newaxis] - logit)
    rating = 1 + (rng.random(logit.shape) > below).sum(axis=0)
    observer, item = (index.ravel() for index in np.indices(logit.shape))
    return rating.ravel(), x[item], observer, item


def true_slope(rng: np.random.Generator, observer_sd: float, item_sd: float) -> float:
    """Return the slope of ratings that share neither observers nor items."""
    x = np.resize(np.linspace(0, 1, 5), N_RATINGS)
    logit = SLOPE_LOGIT * x + np.hypot(observer_sd, item_sd) * rng.standard_normal(N_RATINGS)
    rating = 1 + (rng.random(N_RATINGS) > special.expit(STEPS_LOGIT[:, np.newaxis] - logit)).sum(axis=0)
    # One name for all: an interval, which would take long, is not asked for.
    return ordinal_regression(rating, x, np.zeros(N_RATINGS), np.arange(N_RATINGS)).estimate


def coverage(n_studies: int) -> dict[str, dict[str, float]]:
    """Return how often each interval held, by design."""
    held = {}
    for n_observers, n_items, *spreads in DESIGNS:
        rng = np.random.default_rng(SEED)
        rating, x, observer, item = simulate(rng, *LARGE, *spreads)
        alpha = rating_agreement(rating, observer, item).estimate
        slope = true_slope(rng, *spreads)
        counts = np.zeros(2)
        for _ in range(n_studies):
            rating, x, observer, item = simulate(rng, n_observers, n_items, *spreads)
            agreement = rating_agreement(rating, observer, item)
            fit = ordinal_regression(rating, x, observer, item)
            counts += agreement.low <= alpha <= agreement.high, fit.low <= slope <= fit.high
        name = f"{n_observers} × {n_items}, SD {spreads[0]} and {spreads[1]}"
        held[name] = dict(zip(("agreement", "slope"), (counts / n_studies).round(4).tolist(), strict=True))
        print(f"{name}: agreement {held[name]['agreement']:.1%}, slope {held[name]['slope']:.1%}", flush=True)
    return held


if __name__ == "__main__":
    print(json.dumps(coverage(int(sys.argv[1]) if len(sys.argv) > 1 else N_STUDIES), ensure_ascii=False))
