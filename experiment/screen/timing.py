"""Refresh rate of a screen and frame timing of a trial, computed from times between flips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiment.records import Timing

LATE_AFTER_PERIODS = 1.5
"""A frame that takes longer than this number of refresh periods has missed at least one."""
UNLOCKED_PERIOD_S = 1 / 60
"""Frame period if flips do not wait for the screen's refresh (virtual and remote screens)."""


@dataclass(frozen=True)
class Refresh:
    """The refresh of the screen.

    Attributes
    ----------
    period_s : float
        Duration of one frame: the measured one, or `UNLOCKED_PERIOD_S`.
    locked : bool
        Whether flips wait for the screen's refresh.
    measured_interval_s : float
        Median time between flips, as fast as the screen allows them.
    """

    period_s: float = UNLOCKED_PERIOD_S
    locked: bool = False
    measured_interval_s: float = UNLOCKED_PERIOD_S


def refresh_of(intervals_s: Sequence[float]) -> Refresh:
    """Determine from times between flips whether they wait for the screen's refresh.

    A real screen refreshes at 20 to 500 Hz, constant to well within 10%; drawing as fast as possible varies
    more.
    """
    first, median, third = np.quantile(intervals_s, [0.25, 0.5, 0.75])
    locked = bool(1 / 500 < median < 1 / 20 and third - first < 0.1 * median)
    return Refresh(float(median) if locked else UNLOCKED_PERIOD_S, locked, float(median))


def timing_of(frames_s: Sequence[float], refresh: Refresh) -> Timing:
    """Summarise the times between the flips of a trial.

    Parameters
    ----------
    frames_s : sequence of float
        Times from each flip to the next, starting at the onset of the images.
    refresh : Refresh
        Of the screen.
    """
    periods = [frame_s / refresh.period_s for frame_s in frames_s]
    missed = [round(each) - 1 for each in periods if each > LATE_AFTER_PERIODS]
    return Timing(sum(missed), len(missed), max(frames_s, default=0.0), refresh.locked and not missed)
