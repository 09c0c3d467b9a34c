"""What a session needs from its surroundings: a display, an observer, a record, an experimenter.

The engine knows only these protocols. A PsychoPy window with a keyboard, a simulation and the tests each
implement them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from experiment.pages import Page, PageText
from experiment.records import Ask, Choice, Response, ScheduledTrial, Timing
from tricky.core.errors import InputError


class Stopped(Exception):  # noqa: N818 - a participant may stop at any time; this is not an error
    """The observer stopped the session. Recorded responses are kept, and the session can be continued."""


class Paused(Exception):  # noqa: N818 - likewise
    """The experimenter paused the session. The current trial does not count and is shown again."""


class NotSaved(InputError):  # noqa: N818 - named for what it says to people
    """A response could not be saved. All earlier ones are safe, and saving can be tried again."""


class Reader(Protocol):
    """Shows texts and questions outside trials."""

    def fits(self, text: PageText) -> bool:
        """Return whether a page fits on the screen."""
        ...

    def read(self, text: PageText) -> None:
        """Show a page of text until something else is shown."""
        ...

    def question(self, ask: Ask) -> None:
        """Show a question without images, with its answers."""
        ...


class Display(Reader, Protocol):
    """Shows pages and trials, and reports when the images appeared."""

    def start(self, elapsed_s: float) -> None:
        """Start the session's clock, or continue it where `elapsed_s` of the session are over."""
        ...

    def get_ready(self) -> None:
        """Return when every image of the trials can be shown without delay."""
        ...

    def page(self, page: Page) -> None:
        """Show a page until something else is shown."""
        ...

    def fixation(self, duration_s: float) -> None:
        """Show the fixation cross for a duration, then return."""
        ...

    def images(self, trial: ScheduledTrial) -> float:
        """Show a trial's images and its first question; return their onset in s from the session's start."""
        ...

    def further(self, trial: ScheduledTrial, ask: Ask) -> None:
        """Show a further question about the images."""
        ...

    def timing(self) -> Timing:
        """Return the frame timing since the onset of the images."""
        ...

    def feedback(self, correct: bool | None) -> None:
        """Show briefly whether the last choice was correct, then return."""
        ...

    def too_late(self) -> None:
        """Show briefly that the deadline has passed, then return."""
        ...


class Observer(Protocol):
    """Responds to what the display shows."""

    def turn_page(self) -> None:
        """Return when the observer leaves the current page.

        Raises
        ------
        Stopped
            The observer stops the session instead.
        """
        ...

    def choose(self, trial: ScheduledTrial | None, ask: Ask) -> Choice:
        """Return the observer's answer to the current question, about a trial or (None) without one.

        Raises
        ------
        Stopped
            The observer stops the session instead.
        Paused
            The experimenter pauses the session.
        """
        ...


class Recorder(Protocol):
    """Keeps what an observer answers."""

    def record(self, response: Response) -> None:
        """Save a response; return when it is safe.

        Raises
        ------
        NotSaved
            It could not be saved. The same call can be made again.
        """
        ...

    def note(self, name: str, choice: Choice) -> None:
        """Save the answer to a question that belongs to no trial, under the question's name.

        Raises
        ------
        NotSaved
            As for `record`.
        """
        ...


@dataclass(frozen=True)
class Question:
    """A question to the experimenter, in a dialog or in the terminal.

    Attributes
    ----------
    name, text : str
        Key of the answer, and the text that is shown.
    check : callable
        Takes what was typed; returns the answer, or raises `InputError`.
    choices : tuple of str
        Allowed answers, where there is a list of them.
    default : str
        The answer if nothing is typed.
    """

    name: str
    text: str
    check: Callable[[str], str]
    choices: tuple[str, ...] = ()
    default: str = ""


AskExperimenter = Callable[[str, Sequence[Question]], dict[str, str]]
"""Called as ``ask(title, questions)``; returns checked answers, by name."""
