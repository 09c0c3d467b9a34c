"""A person at a keyboard: which key presses are answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from experiment.interfaces import Paused, Stopped
from experiment.keys import names_of
from experiment.records import TOGETHER_S, Ask, Choice, ScheduledTrial
from experiment.settings import ExperimentSettings

STOP_WITHIN_S = 3.0
"""The quit key stops the session when it is pressed twice within this time."""


@dataclass(frozen=True, slots=True)
class KeyPress:
    """A key going down.

    Attributes
    ----------
    key : str
        PsychoPy's name of it.
    time_s : float
        Time on the clock that also times the flips.
    """

    key: str
    time_s: float


class Keyboard(Protocol):
    """A source of key presses."""

    def presses(self) -> list[KeyPress]:
        """Return the presses since the last call, each once, in order."""
        ...

    def held(self) -> set[str]:
        """Return the keys that were down at the last call of `presses`."""
        ...


class Frames(Protocol):
    """The part of a screen that waiting for a key needs."""

    onset_s: float
    """Time of the first flip that showed the current content, on the keyboard's clock."""

    @property
    def last_flip_s(self) -> float:
        """Time of the last flip, on the same clock."""
        ...

    def frame(self) -> None:
        """Show the same for one more frame."""
        ...

    def ask_to_stop(self, until_s: float) -> None:
        """Show, until a time, that another press of the quit key stops the session."""
        ...


class PersonAtKeyboard:
    """A person who answers with keys (an `Observer`); waits frame by frame.

    A press is an answer only if it is later than the onset of the question: earlier presses are never
    answers, however late they are read, and a key that is held down answers once. A question may have a later
    start, and a deadline. Every press of an answer key is counted once in the session table: as the answer;
    as a key pressed together with it, within `TOGETHER_S` after it; or as an early key of the next trial.
    The quit key works at all times, the pause key in trials.

    Parameters
    ----------
    keyboard : Keyboard
        Source of key presses.
    screen : Frames
        The screen that is refreshed while waiting.
    settings : ExperimentSettings
        Which keys mean what.
    """

    def __init__(self, keyboard: Keyboard, screen: Frames, settings: ExperimentSettings) -> None:
        self._keyboard = keyboard
        self._screen = screen
        self._settings = settings
        self._waiting: list[KeyPress] = []
        self._asked_to_stop_s = float("-inf")

    def turn_page(self) -> None:
        """Wait for the continue key; presses of answer keys before it are ignored."""
        self._wait_for({self._settings.continue_key}, self._screen.onset_s)

    def key_arrives(self, within_s: float) -> bool:
        """Wait a limited time for one press of the continue key; return whether it arrived."""
        onset_s = self._screen.onset_s
        press, _ = self._wait_for({self._settings.continue_key}, onset_s, onset_s + within_s)
        return press is not None

    def choose(self, trial: ScheduledTrial | None, ask: Ask) -> Choice:
        """Wait for an answer key, and for others that are pressed together with it."""
        answers = {key: option.value for option in ask.options for key in names_of(option.key)}
        onset_s = self._screen.onset_s
        self._listen()
        since = {press.key for press in self._waiting if press.time_s > onset_s}
        held = self._keyboard.held() & set(answers) - since
        answer, early = self._wait_for(
            set(answers), onset_s + ask.from_s, onset_s + ask.deadline_s, pauses=trial is not None
        )
        if answer is None:
            return Choice(None, None, early, bool(held))
        until_s = answer.time_s + TOGETHER_S
        while self._screen.last_flip_s <= until_s:
            self._screen.frame()
        self._listen()
        together = [press for press in self._waiting if press.key in answers and press.time_s <= until_s]
        self._waiting = [press for press in self._waiting if press not in together]
        return Choice(
            answers[answer.key], answer.time_s - onset_s, early, bool(held), keys_together=len(together)
        )

    def _listen(self) -> None:
        self._waiting += self._keyboard.presses()

    def _wait_for(
        self, keys: set[str], after_s: float, deadline_s: float = float("inf"), *, pauses: bool = False
    ) -> tuple[KeyPress | None, int]:
        """Return the first press of `keys` between two times, and the number of earlier presses of them.

        A press that was made before the deadline but is read after it still counts.
        """
        early = 0
        while True:
            self._listen()
            while self._waiting:
                press = self._waiting.pop(0)
                if press.key == self._settings.quit_key:
                    self._quit_pressed(press.time_s)
                elif pauses and press.key == self._settings.pause_key:
                    raise Paused
                elif press.key in keys and press.time_s <= after_s:
                    early += 1
                elif press.key in keys and press.time_s > deadline_s:
                    self._waiting.insert(0, press)  # early for the next trial
                    return None, early
                elif press.key in keys:
                    self._ask_to_stop(float("-inf"))
                    return press, early
            if self._screen.last_flip_s > deadline_s:
                return None, early
            self._screen.frame()

    def _quit_pressed(self, time_s: float) -> None:
        if time_s - self._asked_to_stop_s <= STOP_WITHIN_S:
            raise Stopped
        self._ask_to_stop(time_s)

    def _ask_to_stop(self, time_s: float) -> None:
        self._asked_to_stop_s = time_s
        self._screen.ask_to_stop(time_s + STOP_WITHIN_S)
