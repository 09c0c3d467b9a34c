"""The rhythm of a screen, and how a trial kept it: pure arithmetic on times between flips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiment.records import Timing

LATE_AFTER_PERIODS = 1.5
"""A frame that took longer than so many refresh periods missed at least one."""
UNLOCKED_PERIOD_S = 1 / 60
"""Pace of the frames where flips do not wait for a screen's refresh (virtual and remote screens)."""


@dataclass(frozen=True)
class Refresh:
    """The rhythm of the screen.

    Attributes
    ----------
    period_s : float
        Of one frame: the measured one, or `UNLOCKED_PERIOD_S`.
    locked : bool
        Whether flips wait for the screen's refresh.
    measured_interval_s : float
        Median time from flip to flip, as fast as they come.
    """

    period_s: float = UNLOCKED_PERIOD_S
    locked: bool = False
    measured_interval_s: float = UNLOCKED_PERIOD_S


def refresh_of(intervals_s: Sequence[float]) -> Refresh:
    """Tell from the times between flips, as fast as they come, whether the screen keeps a rhythm.

    Real screens keep 20 to 500 Hz to well within a tenth; drawing as fast as possible does not.
    """
    first, median, third = np.quantile(intervals_s, [0.25, 0.5, 0.75])
    locked = bool(1 / 500 < median < 1 / 20 and third - first < 0.1 * median)
    return Refresh(float(median) if locked else UNLOCKED_PERIOD_S, locked, float(median))


def timing_of(frames_s: Sequence[float], refresh: Refresh) -> Timing:
    """Judge the times between the flips of a trial.

    Parameters
    ----------
    frames_s : sequence of float
        From each flip to the next, from the onset of the images on.
    refresh : Refresh
        Of the screen they were shown on.
    """
    periods = [frame_s / refresh.period_s for frame_s in frames_s]
    missed = [round(each) - 1 for each in periods if each > LATE_AFTER_PERIODS]
    return Timing(sum(missed), len(missed), max(frames_s, default=0.0), refresh.locked and not missed)
