"""A simulated observer in front of the real window: synthetic keys, heard as a person's are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from psychopy import logging

from experiment.observers.cast import Role
from experiment.observers.person import Frames, KeyPress, PersonAtKeyboard
from experiment.observers.simulated import SimulatedDisplay
from experiment.records import Ask, Choice, ScheduledTrial, Task
from experiment.screen.psychopy_devices import open_devices
from experiment.screen.texts import Texts
from experiment.session.interfaces import Observer
from experiment.session.simulate import Seat
from experiment.settings import ExperimentSettings
from stimuli.records import StimulusSet

READS_S = 0.5
"""Time that a page stays on."""


class SyntheticKeyboard:
    """Keys that are pressed at times set beforehand, on the clock that also times the flips."""

    def __init__(self, now_s: Callable[[], float] = logging.defaultClock.getTime) -> None:
        self._now_s = now_s
        self._to_come: list[KeyPress] = []

    def press(self, key: str, time_s: float) -> None:
        """Press a key at a time."""
        self._to_come.append(KeyPress(key, time_s))

    def presses(self) -> list[KeyPress]:
        """Return the presses since the last call."""
        now_s = self._now_s()
        due = sorted((each for each in self._to_come if each.time_s <= now_s), key=lambda each: each.time_s)
        self._to_come = [each for each in self._to_come if each.time_s > now_s]
        return due

    def held(self) -> set[str]:
        """Return that no key is down."""
        return set()


class Marionette:
    """An observer who decides as a simulated one, and acts through keys, as a person does.

    Parameters
    ----------
    mind : Observer
        Who decides.
    keyboard : SyntheticKeyboard
        What is pressed.
    screen : Frames
        What is looked at.
    settings : ExperimentSettings
        Which keys mean what.
    """

    def __init__(
        self, mind: Observer, keyboard: SyntheticKeyboard, screen: Frames, settings: ExperimentSettings
    ) -> None:
        self._mind, self._keyboard, self._screen, self._settings = mind, keyboard, screen, settings
        self._hands = PersonAtKeyboard(keyboard, screen, settings)

    def goes_on(self) -> None:
        """Press the continue key after a while."""
        self._mind.goes_on()
        self._keyboard.press(self._settings.continue_key, self._screen.onset_s + READS_S)
        self._hands.goes_on()

    def choose(self, trial: ScheduledTrial | None, ask: Ask) -> Choice:
        """Press the key of the decision when it is made; without one, wait for the deadline."""
        meant = self._mind.choose(trial, ask)
        if meant.answer is None or meant.response_time_s is None:
            # What has no answer and no deadline would be waited for for ever: it is left open.
            return self._hands.choose(trial, ask) if ask.deadline_s < float("inf") else meant
        key = next(option.key for option in ask.options if option.value == meant.answer)
        self._keyboard.press(key, self._screen.onset_s + ask.from_s + meant.response_time_s)
        return self._hands.choose(trial, ask)


@contextmanager
def seat_before_window(
    role: Role,
    stimulus_set: StimulusSet,
    trials: Sequence[ScheduledTrial],
    task: Task,
    settings: ExperimentSettings,
    texts: Texts,
    root: Path,
) -> Iterator[Seat]:
    """Seat a simulated observer before a window of their own, everything prepared as for a person.

    Raises
    ------
    InputError
        There is no such screen, or the images do not fit the window.
    """
    keyboard = SyntheticKeyboard()
    characters = texts.characters().union(
        *(ask.text + "".join(option.label for option in ask.options) for ask in task.asks)
    )
    opened = open_devices(
        stimulus_set, trials, task, 0, settings, texts, characters, 0.0, root, keyboard=keyboard
    )
    with opened as devices:
        observer = Marionette(role.enter(SimulatedDisplay()), keyboard, devices.screen, settings)
        apparatus = devices.apparatus | {"keyboard": "synthetic"}
        yield Seat(devices.display, observer, apparatus)
