"""What a simulated session needs of its observer: how to make one, and the parameters to report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from experiment.interfaces import Observer
from experiment.observers.simulated import SimulatedDisplay


@dataclass(frozen=True)
class ObserverSpec:
    """A simulated observer that has not started yet.

    Attributes
    ----------
    parameters : dict
        Everything that the observer depends on, for the sidecar.
    make : callable
        Takes a display, whose clock the observer's responses advance; returns the observer.
    """

    parameters: dict[str, Any]
    make: Callable[[SimulatedDisplay], Observer]
