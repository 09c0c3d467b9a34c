"""How large must a study be? Power and precision, by simulation with the observers of `experiment`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from analysis.statistics.accuracy import population_accuracy
from experiment.population_intercept import population_intercept
from experiment.settings import SimulateSettings
from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress
from tricky.core.randomness import generator

CHANCE = 0.5
"""Proportion correct by guessing, with two alternatives."""
N_STUDIES = 1000
"""Simulated studies a design: a power near 80% is then known to 2.5 points."""
ENOUGH = 0.8
"""The power that is asked for by custom (Cohen 1988)."""


@dataclass(frozen=True)
class Plan:
    """What was simulated, and what came of it.

    Attributes
    ----------
    settings : SimulateSettings
        Accuracy of the population and spreads of observers and items.
    level : float
        Coverage of intervals.
    designs : DataFrame, one row a design
        `n_observers`, `n_trials`, `power`: share of studies whose interval lies above chance, `power_error`:
        its standard error, `width`: median width of the interval, and `width_90`: the width that nine studies
        in ten stay within (both as shares).
    """

    settings: SimulateSettings
    level: float
    designs: pd.DataFrame


def plan_study(
    n_observers: Sequence[int],
    n_trials: Sequence[int],
    settings: SimulateSettings,
    *,
    level: float,
    seed: int,
    n_studies: int = N_STUDIES,
    progress: Progress = no_progress,
) -> Plan:
    """Simulate studies of every size and count what `population_accuracy` finds in them.

    Every observer sees every item; the logit of being right is that of the simulated observers of
    `experiment`: a constant, an effect of the observer and one of the item, both normal.

    Parameters
    ----------
    n_observers, n_trials : sequence of int
        Sizes, each at least 2; all combinations are simulated.
    settings : SimulateSettings
        The population: its accuracy, and how much observers and items differ.
    level : float
        Coverage of intervals.
    seed : int
        A design's studies depend on the seed and its own size only.
    n_studies : int
        Simulated studies a design.
    progress : Progress
        Called for each design.

    Raises
    ------
    InputError
        A size is below 2.
    """
    if min(*n_observers, *n_trials) < 2:
        raise InputError("a study needs at least 2 observers and 2 trials")
    sizes = sorted(set(itertools.product(n_observers, n_trials)))
    rows: list[dict[str, float]] = []
    for done, (observers, trials) in enumerate(sizes):
        progress("Simulating studies", done, len(sizes))
        rng = generator(seed, "power", f"{observers} observers", f"{trials} trials")
        rows.append(_design(observers, trials, settings, level, n_studies, rng))
    progress("Simulating studies", len(sizes), len(sizes))
    return Plan(settings, level, pd.DataFrame(rows))


def _design(
    n_observers: int,
    n_trials: int,
    settings: SimulateSettings,
    level: float,
    n_studies: int,
    rng: np.random.Generator,
) -> dict[str, float]:
    sd = settings.observer_sd_logit, settings.item_sd_logit
    constant = population_intercept(settings.accuracy, float(np.hypot(*sd)))
    observer, item = (index.ravel() for index in np.indices((n_observers, n_trials)))
    low, width = np.empty(n_studies), np.empty(n_studies)
    for study in range(n_studies):
        ease = (
            constant + sd[0] * rng.standard_normal((n_observers, 1)) + sd[1] * rng.standard_normal(n_trials)
        )
        right = rng.random(ease.shape) < special.expit(ease)
        found = population_accuracy(right.ravel(), observer, item, level)
        low[study], width[study] = found.low, found.high - found.low
    power = float((low > CHANCE).mean())
    return {
        "n_observers": n_observers,
        "n_trials": n_trials,
        "power": power,
        "power_error": float(np.sqrt(power * (1 - power) / n_studies)),
        "width": float(np.median(width)),
        "width_90": float(np.quantile(width, 0.9)),
    }


def recommendation(plan: Plan) -> str:
    """Say in words which design is enough: the one with the fewest trials in all, of those with the power."""
    designs, accuracy = plan.designs, plan.settings.accuracy
    aim = f"that people who are right in {accuracy:.0%} of trials do better than guessing"
    enough = designs[designs["power"] >= ENOUGH]
    if enough.empty:
        best = designs.iloc[designs["power"].argmax()]
        return (
            f"None of these designs is enough to show {aim}: the best, {_size(best)}, does so with a chance "
            f"of {best['power']:.0%}. Ask for more observers; more trials help less, where observers differ."
        )
    total = enough["n_observers"] * enough["n_trials"]
    chosen = enough.iloc[total.argmin()]
    narrowest = designs.iloc[designs["width"].argmin()]
    text = (
        f"{_size(chosen)} are enough to show {aim}: the chance is {chosen['power']:.0%}. "
        f"The {plan.level:.0%} interval is then expected to be {100 * chosen['width']:.0f} percentage points "
        "wide"
    )
    if _size(narrowest) == _size(chosen):
        return text + ", the narrowest of these designs."
    return text + f"; with {_size(narrowest)} it is {100 * narrowest['width']:.0f}."


def _size(design: pd.Series) -> str:
    return f"{design['n_observers']:.0f} observers × {design['n_trials']:.0f} trials"
