"""Observers, who answer in sessions: people, simulated observers, replayed sessions, networks.

`observers_from_settings` returns the simulated observers that ``[simulate]`` describes; a
`SimulatedObserver` answers in simulated time, a `PersonAtKeyboard` with keys. Each implements the protocol
`experiment.interfaces.Observer`; the modules of this package are internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from experiment.observers.from_settings import observers_from_settings
    from experiment.observers.person import PersonAtKeyboard
    from experiment.observers.simulated import SimulatedDisplay, SimulatedObserver
    from experiment.observers.spec import ObserverSpec

__all__ = [
    "ObserverSpec",
    "PersonAtKeyboard",
    "SimulatedDisplay",
    "SimulatedObserver",
    "observers_from_settings",
]

__getattr__, __dir__ = attach(__name__, __file__)
