"""How often do the intervals of the crossed-effects model hold the true value?

Studies of the published size and spread, and of the smallest, are simulated as in ``simulated_studies.py``
and fitted by `crossed_model`.  Models whose chains have not converged are refused by it; they are counted and
left out of the coverage.  A fit takes some ten seconds, so there are few of them.

Run ``python -P benchmarks/coverage_crossed.py [STUDIES] [--save|--tables]``, with the extra ``bayes``.  The
last line is one JSON object.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import special

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.statistics.crossed_model import crossed_model
from benchmarks.coverage_counts import LEVEL, REFUSED, count, monte_carlo_error, n_studies_asked, report
from benchmarks.simulated_studies import Design
from tricky.core.errors import InputError

N_STUDIES = 30
SEED = 6
DESIGNS = (Design(6, 60, 0.45, 1.6, 0.81), Design(9, 149, 0.45, 1.6, 0.81))


def simulate(design: Design, rng: np.random.Generator) -> Iterator[tuple[str, bool]]:
    """Simulate one study; yield for each interval whether it holds, and whether the model was refused."""
    observer, item = (index.ravel() for index in np.indices((design.n_observers, design.n_items)))
    correct = design.answers(design.abilities(rng), rng).ravel()
    try:
        found = crossed_model(correct, observer, item, rng, level=LEVEL)
    except InputError as refused:
        print(refused, file=sys.stderr, flush=True)
        yield f"{REFUSED}: not converged", True
        return
    for name, estimate, truth in (
        ("average accuracy", found.average[0], design.accuracy),
        ("typical accuracy", found.typical[0], float(special.expit(design.constant))),
        ("SD of observers, in logits", found.observer_sd_logit, design.observer_sd_logit),
        ("SD of items, in logits", found.item_sd_logit, design.item_sd_logit),
    ):
        yield name, estimate.low <= truth <= estimate.high
    yield f"{REFUSED}: not converged", False


def main() -> None:
    """Count, print and save."""
    n_studies = n_studies_asked("coverage_crossed", N_STUDIES)
    counts = count("coverage_crossed", simulate, DESIGNS, n_studies, SEED)
    shown = {f"{d.n_observers} × {d.n_items}": i for i, d in enumerate(DESIGNS)}
    caption = (
        f"Crossed-effects model, {LEVEL:.0%} intervals, in percent: {n_studies} studies of each of "
        f"{len(DESIGNS)} designs (SD .45 over observers and 1.6 over items, in logits; accuracy .81), one "
        f"figure ± {monte_carlo_error(n_studies):.1f}."
    )
    report("coverage_crossed", n_studies, counts, DESIGNS, shown, caption)


if __name__ == "__main__":
    main()
