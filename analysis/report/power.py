"""`tricky power`: the figure and the files of a simulation of power, `analysis.statistics.power`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.report import style
from analysis.report.style import BLUE, FAINT, INK, styled
from analysis.statistics.power import N_STUDIES, Plan, recommendation
from tricky.core.files import versions_of, write_json
from tricky.core.write_tables import write_csv

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKERS = "osD^vP"
"""Designs are distinguished by marker and label, not by colour alone."""


@styled
def power_and_width(designs: pd.DataFrame, level: float) -> Figure:
    """Draw the chance to find people better than guessing, and the width of the interval, by size.

    Parameters
    ----------
    designs : DataFrame
        As in `analysis.statistics.power.Plan`.
    level : float
        Coverage of the interval.
    """
    from matplotlib.colors import to_rgb
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.8, 4.9), layout="constrained")
    above, below = figure.subplots(2, sharex=True)
    by_trials = list(designs.groupby("n_trials"))
    for number, (n_trials, rows) in enumerate(by_trials):
        strength = 0.45 + 0.55 * number / max(1, len(by_trials) - 1)
        colour = tuple(1 - strength * (1 - np.array(to_rgb(BLUE))))
        look = {"color": colour, "marker": MARKERS[number % len(MARKERS)], "ms": 5.5, "lw": 1.6}
        label = f"{n_trials} trials each"
        error = 100 * 1.96 * rows["power_error"]
        above.errorbar(rows["n_observers"], 100 * rows["power"], yerr=error, label=label, **look)
        below.plot(rows["n_observers"], 100 * rows["width"], label=label, **look)
    above.axhline(80, color=FAINT, lw=1, ls=(0, (4, 3)))
    above.annotate(
        "80%",
        (1, 80),
        (3, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        color=FAINT,
        size=9,
    )
    above.set(ylim=(-3, 103), ylabel="chance to find people\nbetter than guessing (%)")
    below.set(xlabel="observers", ylabel=f"expected width of the\n{level:.0%} interval (points)")
    below.set_ylim(0, None)
    below.set_xticks(sorted(designs["n_observers"].unique()))
    figure.legend(
        *above.get_legend_handles_labels(),
        loc="outside upper left",
        ncols=3,
        labelcolor=INK,
        handlelength=1.6,
    )
    return figure


def write_plan(plan: Plan, folder: Path, *, seed: int) -> None:
    """Write a plan into ``power/``: its figure, its table, and its settings."""
    style.save(power_and_width(plan.designs, plan.level), folder / "power")
    write_csv(folder / "power.csv", plan.designs)
    content = {
        "settings": {
            "simulate": plan.settings.model_dump(mode="json", exclude={"observers"}),
            "analyse": {"level": plan.level},
        },
        "seed": seed,
        "versions": versions_of("numpy", "scipy", "pandas"),
        "n_studies": N_STUDIES,
        "designs": plan.designs.to_dict("records"),
        "recommendation": recommendation(plan),
    }
    write_json(folder / "power.json", content)
