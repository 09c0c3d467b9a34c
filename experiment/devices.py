"""What the engine needs of a screen and of an observer, and no more.

A PsychoPy window with a keyboard, a simulation and the tests each bring their own pair.
"""

from __future__ import annotations

from typing import Protocol

from experiment.plan import Page
from experiment.records import Choice, ScheduledTrial, Timing
from model_eval.artefacts import InputError


class Stopped(Exception):  # noqa: N818 - stopping is the observer's right, no error
    """The observer asked to stop; what was recorded stays, and the session can be taken up again."""


class Paused(Exception):  # noqa: N818 - likewise
    """The experimenter asked for a pause; the trial that is on counts for nothing and is shown again."""


class NotSaved(InputError):  # noqa: N818 - named for what it says to people
    """A response could not be made safe; every earlier one is, and recording it can be tried again."""


class Display(Protocol):
    """Shows things, and tells when they were on the screen."""

    def page(self, page: Page) -> None:
        """Show a page of text; it stays until something else is shown."""
        ...

    def fixation(self, duration_s: float) -> None:
        """Show the fixation for a time, then return."""
        ...

    def pair(self, trial: ScheduledTrial) -> float:
        """Show the two images; return their onset in s from the start of the session."""
        ...

    def timing(self) -> Timing:
        """Return how the screen kept its rhythm since the onset of the pair."""
        ...

    def feedback(self, correct: bool | None) -> None:
        """Show briefly whether the last choice was right, then return."""
        ...


class Observer(Protocol):
    """Answers to what the display shows."""

    def goes_on(self) -> None:
        """Return when the observer wants to leave the page that is on.

        Raises
        ------
        Stopped
            The observer asks to stop instead.
        """
        ...

    def choose(self, trial: ScheduledTrial) -> Choice:
        """Return the observer's choice between the two images that are on.

        Raises
        ------
        Stopped
            The observer asks to stop instead.
        Paused
            The experimenter asks for a pause.
        """
        ...
