"""How often do the intervals of the crossed-effects model hold the true value?

Studies of the published size and spread, and of the smallest, are simulated as in ``coverage.py`` and fitted
by `crossed_model`.  Models whose chains have not converged, which it refuses, are counted and left out.

Run ``python -P benchmarks/coverage_crossed.py [STUDIES]``, with the extra ``bayes``.  It prints one line a
design; the last line is one JSON object.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from scipy import special

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.statistics.crossed_model import crossed_model
from analysis.statistics.variance_components import NODES, WEIGHTS
from tricky.core.errors import InputError

N_STUDIES = 100
SEED = 1
DESIGNS = ((9, 149, 0.45, 1.6), (6, 60, 0.45, 1.6))
"""Observers, items, and the standard deviations of their effects on the logit scale."""
CONSTANT_LOGIT = 2.0


def coverage(n_studies: int) -> dict[str, dict[str, float]]:
    """Return how often each interval held, by design, and how many models were refused."""
    held = {}
    for n_observers, n_items, observer_sd, item_sd in DESIGNS:
        rng = np.random.default_rng(SEED)
        observer, item = (index.ravel() for index in np.indices((n_observers, n_items)))
        average = float(WEIGHTS @ special.expit(CONSTANT_LOGIT + np.hypot(observer_sd, item_sd) * NODES))
        counts: dict[str, int] = dict.fromkeys(("average", "typical", "observer SD", "item SD"), 0)
        n_fitted = 0
        for _ in range(n_studies):
            abilities = CONSTANT_LOGIT + observer_sd * rng.standard_normal(n_observers)
            logit = abilities[observer] + (item_sd * rng.standard_normal(n_items))[item]
            try:
                found = crossed_model(rng.random(logit.size) < special.expit(logit), observer, item, rng)
            except InputError as refused:
                print(refused, file=sys.stderr)
                continue
            n_fitted += 1
            for name, estimate, truth in (
                ("average", found.average[0], average),
                ("typical", found.typical[0], special.expit(CONSTANT_LOGIT)),
                ("observer SD", found.observer_sd_logit, observer_sd),
                ("item SD", found.item_sd_logit, item_sd),
            ):
                counts[name] += estimate.low <= truth <= estimate.high
        design = f"{n_observers} × {n_items}"
        held[design] = {name: round(count / n_fitted, 3) for name, count in counts.items()}
        held[design]["refused"] = n_studies - n_fitted
        shares = ", ".join(f"{name} {held[design][name]:.1%}" for name in counts)
        print(f"{design}, {n_fitted} studies fitted of {n_studies}: {shares}", flush=True)
    return held


if __name__ == "__main__":
    print(json.dumps(coverage(int(sys.argv[1]) if len(sys.argv) > 1 else N_STUDIES), ensure_ascii=False))
