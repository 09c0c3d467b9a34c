"""What the engine needs of a screen and of an observer, and no more.

A PsychoPy window with a keyboard, a simulation and the tests each bring their own pair.
"""

from __future__ import annotations

from typing import Protocol

from experiment.records import Ask, Choice, ScheduledTrial, Timing
from experiment.session.plan import Page, PageText
from tricky.core.errors import InputError


class Stopped(Exception):  # noqa: N818 - stopping is the observer's right, no error
    """The observer asked to stop; what was recorded stays, and the session can be taken up again."""


class Paused(Exception):  # noqa: N818 - likewise
    """The experimenter asked for a pause; the trial that is on counts for nothing and is shown again."""


class NotSaved(InputError):  # noqa: N818 - named for what it says to people
    """A response could not be made safe; every earlier one is, and recording it can be tried again."""


class Reader(Protocol):
    """Shows texts and questions outside trials."""

    def fits(self, text: PageText) -> bool:
        """Return whether a page has room on the screen."""
        ...

    def read(self, text: PageText) -> None:
        """Show a page of text; it stays until something else is shown."""
        ...

    def question(self, ask: Ask) -> None:
        """Show a question by itself, with its answers."""
        ...


class Display(Reader, Protocol):
    """Shows things, and tells when they were on the screen."""

    def page(self, page: Page) -> None:
        """Show a page of text; it stays until something else is shown."""
        ...

    def fixation(self, duration_s: float) -> None:
        """Show the fixation for a time, then return."""
        ...

    def images(self, trial: ScheduledTrial) -> float:
        """Show a trial's images and its first question; return their onset in s from the session's start."""
        ...

    def further(self, trial: ScheduledTrial, ask: Ask) -> None:
        """Show a further question about the images."""
        ...

    def timing(self) -> Timing:
        """Return how the screen kept its rhythm since the onset of the images."""
        ...

    def feedback(self, correct: bool | None) -> None:
        """Show briefly whether the last choice was right, then return."""
        ...

    def too_late(self) -> None:
        """Show briefly that the time for an answer is over, then return."""
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

    def choose(self, trial: ScheduledTrial | None, ask: Ask) -> Choice:
        """Return the observer's answer to the question that is on, about a trial or by itself.

        Raises
        ------
        Stopped
            The observer asks to stop instead.
        Paused
            The experimenter asks for a pause.
        """
        ...
