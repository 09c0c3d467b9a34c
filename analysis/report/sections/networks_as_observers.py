"""Networks as observers of the trials that observers judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.report.network_choices import network_choices
from analysis.report.section import Section
from analysis.report.sections import consistency, population
from analysis.report.style import BLUE, FAINT, INK, VERMILION, WIDTH_IN, reach, styled, without_left_axis
from analysis.report.task import StudyReport
from analysis.statistics.accuracy import observer_accuracy
from analysis.statistics.items import answer_matrix
from analysis.statistics.networks_as_observers import consistency_with_people
from analysis.statistics.population_mean import PopulationMean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MEASURES = {
    "confidence": ("o", INK, "confidence"),
    "margin": ("s", "white", "margin of the two best logits"),
    "entropy": ("v", "white", "entropy of the prediction"),
    "agreement": ("D", INK, "agreement of all models"),
    "cross-validated": ("^", VERMILION, "low-level features, cross-validated"),
}
"""Marker, filling and name of what a network chooses by."""
NETWORKS_UP_TO = 24
"""Of more networks, the best are drawn."""


@dataclass(frozen=True)
class NetworkObservers:
    """Networks, and low-level features, as observers.

    Attributes
    ----------
    observers : DataFrame
        As `score_networks` returns it.
    best : dict or None
        Row of the single model that is most often right.
    models_low, models_high : float or None
        Range of the accuracy of single models.
    all_models : dict or None
        Row of the mean confidence of all models.
    features : dict or None
        Row of low-level features.
    """

    observers: pd.DataFrame
    best: dict[Any, Any] | None
    models_low: float | None
    models_high: float | None
    all_models: dict[Any, Any] | None
    features: dict[Any, Any] | None


def compute(report: StudyReport) -> NetworkObservers | None:
    """Score the networks; None where there are neither decisions nor features."""
    choices = report.of(network_choices)
    if choices.empty or choices.isna().all(axis=None):
        return None
    table = score_networks(choices, answer_matrix(report.data.answers), report.level)
    of_models = table["measure"].isin(["confidence", "margin", "entropy"])
    models = table[of_models & (table["network"] != "all models")]
    together = table[(table["network"] == "all models") & (table["measure"] == "confidence")]
    features = table[table["measure"] == "cross-validated"]
    return NetworkObservers(
        observers=table,
        best=None if models.empty else models.iloc[models["accuracy"].argmax()].to_dict(),
        models_low=models["accuracy"].min() if len(models) else None,
        models_high=models["accuracy"].max() if len(models) else None,
        all_models=None if together.empty else together.iloc[0].to_dict(),
        features=None if features.empty else features.iloc[0].to_dict(),
    )


def score_networks(choices: pd.DataFrame, answers: pd.DataFrame, level: float) -> pd.DataFrame:
    """Score networks that judged the same trials as observers.

    Parameters
    ----------
    choices : DataFrame, trials × (network, measure)
        1 right, 0 wrong, NaN no answer.
    answers : DataFrame, observers × trials
        The same of observers.
    level : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame, one row a network and measure
        `network`, `measure`, `n_pairs` (answered), `n_correct`, `accuracy`, `low`, `high`, `reason`, and
        the error consistency with observers: `kappa`, `kappa_low`, `kappa_high`, `kappa_reason`.
    """
    names = choices.columns.to_frame(index=False)
    numbered = choices.set_axis(range(choices.shape[1]), axis=1)
    long = numbered.melt(var_name="network", value_name="right").dropna()
    accuracy = observer_accuracy(long["right"].astype(bool), long["network"].astype(int), level)
    kappa = consistency_with_people(choices.T.to_numpy(float), answers.to_numpy(), level)
    # A network without an answer to any pair has a row, too.
    found = accuracy.reindex(range(len(names))).rename(columns={"n_trials": "n_pairs"})
    found = found.fillna({"n_pairs": 0, "n_correct": 0}).astype({"n_pairs": int, "n_correct": int})
    why = "it cannot tell the images of any pair apart"
    found["reason"] = pd.Series([None if n else why for n in found["n_pairs"]], found.index, dtype=object)
    return pd.concat([names, found, kappa], axis=1)


@styled
def network_accuracies(
    networks: pd.DataFrame, population: PopulationMean, people_kappa: float, *, chance: float, noun: str
) -> Figure:
    """Draw how often each network is right, and its error consistency with observers.

    Parameters
    ----------
    networks : DataFrame
        As `score_networks` returns it.
    population : PopulationMean
        Accuracy of the observers, drawn as a line, and as a band where it has an interval.
    people_kappa : float
        Mean error consistency of two observers.
    chance : float
        Proportion correct by guessing.
    noun : str
        What to call the observers.
    """
    from matplotlib.figure import Figure

    best = networks.groupby("network", sort=False)["accuracy"].max()
    names = list(best.sort_values(ascending=False, kind="stable").index[:NETWORKS_UP_TO])[::-1]
    shown = networks[networks["network"].isin(names)]
    figure = Figure(figsize=(WIDTH_IN, 1.5 + 0.3 * len(names)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    top = len(names) - 0.45
    _draw_observers(left, right, population, people_kappa, chance=chance, noun=noun.split()[-1], top=top)
    for name in names:
        rows = shown[shown["network"] == name]
        for number, (_, row) in enumerate(rows.iterrows()):
            y = names.index(name) + 0.32 * (0.5 * (len(rows) - 1) - number)
            _draw_network(left, right, row, y)
    left.set_yticks(np.arange(len(names)), names)
    for axes in (left, right):
        without_left_axis(axes)
    low = min(networks["low"].min(), chance - 0.05)
    left.set(xlim=(10 * np.floor(10 * low), 101), ylim=(-0.7, len(names) - 0.4))
    left.set_xlabel(f"accuracy (%),\n{population.level:.0%} intervals")
    right.set_xlabel(f"κ with\n{noun}")
    _write_legend(figure, shown)
    return figure


def _draw_observers(
    left: Axes, right: Axes, population: PopulationMean, kappa: float, *, chance: float, noun: str, top: float
) -> None:
    """Draw lines for the observers, for guessing and for independence, named at the top."""
    if np.isfinite(population.low):
        left.axvspan(100 * population.low, 100 * population.high, color=BLUE, alpha=0.14, lw=0)
    left.axvline(100 * population.estimate, color=BLUE, lw=1.4)
    left.axvline(100 * chance, color=FAINT, lw=1, ls=(0, (4, 3)))
    right.axvline(0, color=FAINT, lw=1, ls=(0, (4, 3)))
    at = {"va": "bottom", "size": 8.5}
    left.text(100 * population.estimate, top, noun, color=BLUE, ha="center", **at)
    left.text(100 * chance, top, "guessing", color=FAINT, ha="center", **at)
    sides = ("left", "right") if kappa >= 0 else ("right", "left")  # both lines may be close to each other
    if np.isfinite(kappa):
        right.axvline(kappa, color=BLUE, lw=1.4)
        right.text(kappa, top, f"two {noun}", color=BLUE, ha=sides[0], **at)
    right.text(0, top, "chance", color=FAINT, ha=sides[1], **at)


def _draw_network(left: Axes, right: Axes, row: pd.Series, y: float) -> None:
    """Draw one network by one measure: accuracy on the left, κ on the right."""
    marker, filling, _ = MEASURES[row["measure"]]
    colour = VERMILION if row["measure"] == "cross-validated" else INK
    look = {"fmt": marker, "color": colour, "mfc": filling, "ms": 4.5, "elinewidth": 0.8, "clip_on": False}
    for axes, scale, value, low, high in (
        (left, 100, row["accuracy"], row["low"], row["high"]),
        (right, 1, row["kappa"], row["kappa_low"], row["kappa_high"]),
    ):
        if np.isfinite(value):
            axes.errorbar(scale * value, y, xerr=scale * reach([value], [low], [high]), **look)


def _write_legend(figure: Figure, shown: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D

    used = [MEASURES[each] for each in MEASURES if each in set(shown["measure"])]
    handles = [
        Line2D([], [], marker=m, mfc=f, mec=VERMILION if f == VERMILION else INK, ls="", ms=5, label=text)
        for m, f, text in used
    ]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=2, labelcolor=INK, handletextpad=0.2, fontsize=8.5
    )


def _draw(found: NetworkObservers | None, report: StudyReport) -> Figure | None:
    if found is None:
        return None
    return network_accuracies(
        found.observers,
        report.of(population.compute).accuracy,
        report.of(consistency.compute).observers.summary.mean,
        chance=report.chance,
        noun=report.noun,
    )


SECTION = Section(
    name="networks_as_observers",
    compute=compute,
    results=lambda found: {"networks_as_observers": found},
    figures={"networks_as_observers": _draw},
    tables={"networks_as_observers": lambda found, _: None if found is None else found.observers},
)
