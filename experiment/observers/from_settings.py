"""The observers that `[simulate]` describes: drawn from a population, replayed people, or networks."""

from __future__ import annotations

from pathlib import Path

from experiment.observers.networks import network_observers
from experiment.observers.population import draw_observers
from experiment.observers.replay import replay_observers
from experiment.observers.spec import ObserverSpec
from experiment.settings import SimulateSettings
from stimuli.records import StimulusSet


def observers_from_settings(
    settings: SimulateSettings, stimulus_set: StimulusSet, *, seed: int, decisions: Path, root: Path
) -> dict[str, ObserverSpec]:
    """Return the simulated observers by participant id, as `simulated_ids` numbers them.

    Parameters
    ----------
    settings : SimulateSettings
        Kind, number and accuracy of the observers.
    stimulus_set : StimulusSet
        What they judge.
    seed : int
        The study's seed.
    decisions : Path
        Folder of the networks' decisions.
    root : Path
        The study's folder, which paths in the settings are relative to.

    Raises
    ------
    InputError
        A table of probabilities or recorded data lack a trial of the set, or contain an invalid cell;
        decisions lack a model or an image.
    """
    if settings.replay is not None:
        observers = replay_observers(root / settings.replay)
        return dict(zip(simulated_ids(len(observers)), observers, strict=True))
    if settings.models:
        observers = network_observers(settings.models, settings.score, stimulus_set, decisions)
        return dict(zip(simulated_ids(len(observers)), observers, strict=True))
    return draw_observers(simulated_ids(settings.observers), settings, stimulus_set, seed=seed, root=root)


def simulated_ids(n_observers: int) -> list[str]:
    """Return the participant ids of simulated observers: ``sim01``, ``sim02`` and so on."""
    return [f"sim{number:02d}" for number in range(1, n_observers + 1)]
