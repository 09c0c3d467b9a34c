"""A population of observers with known accuracy, and the observers drawn from it.

The model is a logistic mixed model with crossed random effects of observer and item::

    logit P(correct) = mu + observer + item,   observer ~ N(0, sd_o²),   item ~ N(0, sd_i²)

An item is a trial of the stimulus set. `mu` is chosen such that the proportion correct of the population,
over new observers and new items, is the one in the settings. A table of probabilities can replace the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from pathlib import Path
from statistics import NormalDist

import numpy as np

from experiment.interfaces import Observer
from experiment.observers.simulated import SimulatedDisplay, SimulatedObserver
from experiment.observers.spec import ObserverSpec
from experiment.population_intercept import population_intercept
from experiment.settings import SimulateSettings
from stimuli.records import StimulusSet
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.matching import match_entries
from tricky.core.tables import read_table


def standard_normal(*key: object) -> float:
    """Return a standard normal deviate that is determined by a key: the same on every machine."""
    uniform = (int(sha256_of("/".join(map(str, key)))[:13], 16) + 0.5) / 16**13
    return NormalDist().inv_cdf(uniform)


@dataclass(frozen=True)
class Population:
    """The population that simulated observers are drawn from.

    Attributes
    ----------
    settings : SimulateSettings
        Accuracy and standard deviations.
    seed : int
        The study's seed.
    intercept_logit : float
        `mu`.
    """

    settings: SimulateSettings
    seed: int
    intercept_logit: float

    @classmethod
    def of(cls, settings: SimulateSettings, seed: int) -> Population:
        """Return the population with the accuracy of the settings."""
        sd = hypot(settings.observer_sd_logit, settings.item_sd_logit)
        return cls(settings, seed, population_intercept(settings.accuracy, sd))

    def item_effect(self, trial_id: str) -> float:
        """Return a trial's effect in logits: the same for all observers, determined by the trial's id."""
        return self.settings.item_sd_logit * standard_normal(self.seed, "item", trial_id)

    def observer_effect(self, participant: str) -> float:
        """Return an observer's effect in logits, determined by the id: adding observers changes no other."""
        return self.settings.observer_sd_logit * standard_normal(self.seed, "observer", participant)


def draw_observers(
    participants: Sequence[str],
    settings: SimulateSettings,
    stimulus_set: StimulusSet,
    *,
    seed: int,
    root: Path,
) -> dict[str, ObserverSpec]:
    """Draw observers from the population of the settings, or make them follow a table of probabilities.

    Parameters
    ----------
    participants : sequence of str
        Ids, without ``sub-``; each observer depends on the seed and the own id only.
    settings : SimulateSettings
        Accuracy and standard deviations, or the table.
    stimulus_set : StimulusSet
        What they judge.
    seed : int
        The study's seed.
    root : Path
        The study's folder, which the table's path is relative to.

    Raises
    ------
    InputError
        The table lacks a trial of the set, or contains something other than a probability.
    """
    population = Population.of(settings, seed)
    matched: dict[str, dict[str, int]] = {}
    if settings.probabilities is None:
        effects = {trial.trial_id: population.item_effect(trial.trial_id) for trial in stimulus_set.trials}
    else:
        population = Population(settings.model_copy(update={"observer_sd_logit": 0.0}), seed, 0.0)
        effects, counts = read_probabilities(root / settings.probabilities, stimulus_set)
        matched["probabilities"] = counts
    return {each: _draw(each, population, effects, matched) for each in participants}


def _draw(
    participant: str,
    population: Population,
    item_effects: Mapping[str, float],
    matched: Mapping[str, Mapping[str, int]],
) -> ObserverSpec:
    effect = population.observer_effect(participant)
    parameters = population.settings.model_dump(
        mode="json", exclude={"observers", "replay", "models", "score"}
    )
    parameters |= {
        "seed": population.seed,
        "intercept_logit": population.intercept_logit,
        "observer_effect_logit": effect,
    }
    if matched:
        parameters["matched"] = matched
    seed = int(sha256_of(f"{population.seed}/{participant}"), 16)

    def make(display: SimulatedDisplay) -> Observer:
        rng = np.random.Generator(np.random.PCG64(seed))
        ability = population.intercept_logit + effect
        return SimulatedObserver(ability, item_effects, rng, display, population.settings)

    return ObserverSpec(parameters, make)


def read_probabilities(path: Path, stimulus_set: StimulusSet) -> tuple[dict[str, float], dict[str, int]]:
    """Read a table of item probabilities: a CSV file with `trial_id` and `p_correct`.

    Returns
    -------
    effects : dict of str to float
        `trial_id` → logit of the probability.
    counts : dict of str to int
        How many trials the table has, and how many of them are trials of the set.

    Raises
    ------
    InputError
        The file can't be read, lacks a trial of the set, or contains something other than a probability.
    """
    table = read_table(path, ["trial_id", "p_correct"])
    trial_ids = table.names("trial_id", unique=True)
    p_correct = np.asarray(table.numbers("p_correct", least=0, most=1))
    with np.errstate(divide="ignore"):  # the logit of 1 is infinite; 30 gives the same draws
        logits = np.clip(np.log(p_correct) - np.log1p(-p_correct), -30, 30).tolist()
    known = [trial.trial_id for trial in stimulus_set.trials]
    where = f"{path} ([simulate] probabilities)"
    what = f"trial of {stimulus_set.name}"
    found = match_entries(trial_ids, known, where=where, what=what, lines=table.lines, partial=True)
    if missing := [trial_id for trial_id in known if trial_id not in found.names]:
        raise InputError(f"{path}: lacks {missing[0]} of {stimulus_set.name}; add its row")
    return dict(zip(trial_ids, logits, strict=True)), found.counts()
