"""Do parameters that are put into simulated observers come back?

For each of four parameters, studies of 9 observers × 149 items are simulated with a range of values, and go
through the functions that any data go through.  Run ``python -P benchmarks/recovery.py [STUDIES]``: draws
``docs/images/recovery.png``, and prints, as one JSON object in the last line, the largest distance of a mean
over studies from what was put in.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.report.style import BLUE, FAINT, styled
from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.copy_model import copy_model
from analysis.statistics.error_consistency import error_consistency
from analysis.statistics.variance_components import on_logit_scale, variance_components
from benchmarks.simulated_studies import Design
from tricky.core.errors import InputError

N_STUDIES = 300
N_OBSERVERS, N_ITEMS = 9, 149
PUBLISHED = (0.81, 0.45, 1.6)
"""Accuracy, standard deviation over observers and over items (in logits), as in Meding et al. (2022)."""
SEED = 1
FIGURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "recovery.png"
PUT_IN = {
    "population accuracy": (0.6, 0.7, 0.8, 0.9),
    "SD of observers (logits)": (0.2, 0.5, 0.8, 1.1),
    "SD of items (logits)": (0.5, 1.0, 1.5, 2.0),
    "copy probability": (0.1, 0.3, 0.5, 0.7),
}


def come_back(name: str, value: float, rng: np.random.Generator) -> float:
    """Simulate one study with a value, and estimate it; NaN where the study does not allow to."""
    if name == "copy probability":
        source = rng.random(N_ITEMS) < 0.85
        copier = np.where(rng.random(N_ITEMS) < value, source, rng.random(N_ITEMS) < 0.75)
        kappa = error_consistency(np.array([source, copier]))[0, 1]
        return float(copy_model(kappa, source.mean(), copier.mean()).probability)
    accuracy, sd_observers, sd_items = PUBLISHED
    design = Design(
        N_OBSERVERS,
        N_ITEMS,
        value if name.startswith("SD of observers") else sd_observers,
        value if name.startswith("SD of items") else sd_items,
        value if name == "population accuracy" else accuracy,
    )
    correct = design.answers(design.abilities(rng), rng).ravel()
    observer, item = (index.ravel() for index in np.indices((N_OBSERVERS, N_ITEMS)))
    if name == "population accuracy":
        return population_accuracy(correct, observer, item).estimate
    try:
        found = on_logit_scale(variance_components(correct, observer, item))
    except InputError:
        return np.nan
    return found.observer_sd_logit if name.startswith("SD of observers") else found.item_sd_logit


@styled
def draw(found: dict[str, np.ndarray], n_studies: int) -> None:
    """Draw what came back against what was put in: the mean, and where 95% of studies lie."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 2.9), layout="constrained")
    for axes, (name, values) in zip(figure.subplots(1, len(found)), found.items(), strict=True):
        put_in = np.array(PUT_IN[name])
        mean = np.nanmean(values, axis=1)
        low, high = np.nanquantile(values, [0.025, 0.975], axis=1)
        reach = np.nanmin([low.min(), put_in.min()]), np.nanmax([high.max(), put_in.max()])
        axes.plot(reach, reach, color=FAINT, lw=1, ls="--")
        axes.errorbar(put_in, mean, [mean - low, high - mean], fmt="o", color=BLUE, ms=5, lw=1.4)
        axes.set(title=name, xlabel="put in")
    figure.axes[0].set_ylabel("came back")
    figure.suptitle(
        f"{N_OBSERVERS} observers × {N_ITEMS} items: mean of {n_studies} studies, and where 95% of them lie",
        fontsize=10,
    )
    FIGURE.parent.mkdir(exist_ok=True)
    figure.savefig(FIGURE, dpi=160)


def main() -> None:
    """Simulate, draw, and print the largest bias of each parameter."""
    n_studies = int(sys.argv[1]) if len(sys.argv) > 1 else N_STUDIES
    rng = np.random.default_rng(SEED)
    found = {
        name: np.array([[come_back(name, value, rng) for _ in range(n_studies)] for value in values])
        for name, values in PUT_IN.items()
    }
    bias = {}
    for name, values in found.items():
        print(f"{name}: put in {PUT_IN[name]}, came back {np.nanmean(values, axis=1).round(3).tolist()}")
        bias[name] = round(float(np.abs(np.nanmean(values, axis=1) - PUT_IN[name]).max()), 3)
    draw(found, n_studies)
    print(json.dumps(bias))


if __name__ == "__main__":
    main()
