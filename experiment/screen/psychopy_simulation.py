"""A simulated observer who presses synthetic keys in front of a window: `tricky simulate --visual`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from psychopy import logging

from experiment.interfaces import Observer
from experiment.observers.person import Frames, KeyPress, PersonAtKeyboard
from experiment.observers.simulated import SimulatedDisplay
from experiment.observers.spec import ObserverSpec
from experiment.records import Ask, Choice, ScheduledTrial
from experiment.screen.content import Devices, SessionContent
from experiment.screen.psychopy_devices import open_devices
from experiment.settings import ExperimentSettings

READING_TIME_S = 0.5
"""Time for which a page is shown."""


class SyntheticKeyboard:
    """A keyboard whose presses are scheduled, on the clock that also times the flips."""

    def __init__(self, now_s: Callable[[], float] = logging.defaultClock.getTime) -> None:
        self._now_s = now_s
        self._scheduled: list[KeyPress] = []

    def press(self, key: str, time_s: float) -> None:
        """Schedule a press of a key."""
        self._scheduled.append(KeyPress(key, time_s))

    def presses(self) -> list[KeyPress]:
        """Return the presses since the last call."""
        now_s = self._now_s()
        due = sorted((each for each in self._scheduled if each.time_s <= now_s), key=lambda each: each.time_s)
        self._scheduled = [each for each in self._scheduled if each.time_s > now_s]
        return due

    def held(self) -> set[str]:
        """Return that no key is down."""
        return set()


class KeyPressingObserver:
    """An observer who decides like a simulated one and presses keys like a person.

    Parameters
    ----------
    simulated : Observer
        Decides.
    keyboard : SyntheticKeyboard
        What is pressed.
    screen : Frames
        What is looked at.
    settings : ExperimentSettings
        Which keys mean what.
    """

    def __init__(
        self, simulated: Observer, keyboard: SyntheticKeyboard, screen: Frames, settings: ExperimentSettings
    ) -> None:
        self._simulated, self._keyboard = simulated, keyboard
        self._screen, self._settings = screen, settings
        self._person = PersonAtKeyboard(keyboard, screen, settings)

    def turn_page(self) -> None:
        """Press the continue key after the reading time."""
        self._simulated.turn_page()
        self._keyboard.press(self._settings.continue_key, self._screen.onset_s + READING_TIME_S)
        self._person.turn_page()

    def choose(self, trial: ScheduledTrial | None, ask: Ask) -> Choice:
        """Press the key of the simulated answer at its response time; without one, wait for the deadline."""
        simulated = self._simulated.choose(trial, ask)
        if simulated.answer is None or simulated.response_time_s is None:
            # Without a deadline the wait would never end: the question stays unanswered.
            return self._person.choose(trial, ask) if ask.deadline_s < float("inf") else simulated
        key = next(option.key for option in ask.options if option.value == simulated.answer)
        self._keyboard.press(key, self._screen.onset_s + ask.from_s + simulated.response_time_s)
        return self._person.choose(trial, ask)


@contextmanager
def open_simulated_devices(observer: ObserverSpec, content: SessionContent) -> Iterator[Devices]:
    """Open a window for a simulated observer, with every image prepared as for a person.

    Raises
    ------
    InputError
        There is no such screen, or the images do not fit the window.
    """
    keyboard = SyntheticKeyboard()
    with open_devices(content, keyboard=keyboard) as devices:
        person = KeyPressingObserver(
            observer.make(SimulatedDisplay()), keyboard, devices.display, content.settings
        )
        devices.display.start(0.0)
        yield replace(devices, observer=person, apparatus=devices.apparatus | {"keyboard": "synthetic"})
