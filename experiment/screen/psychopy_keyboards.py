"""PsychoPy's two keyboard backends, with their pitfalls.

Time stamps are on PsychoPy's default clock, like those of the flips.
"""

from __future__ import annotations

import platform
from time import perf_counter
from typing import Any

import pyglet
from psychopy import event, logging, visual
from psychopy.hardware import keyboard as psychopy_keyboard

from experiment.observers.person import Keyboard, KeyPress
from tricky.core.errors import InputError


class PtbKeyboard:
    """Psychtoolbox's keyboard queue: the driver's thread sets the time stamps, independent of polling."""

    def __init__(self) -> None:
        self._keyboard = psychopy_keyboard.Keyboard(backend="ptb")
        self._reported: list[Any] = []

    def presses(self) -> list[KeyPress]:
        """Return the presses since the last call.

        PsychoPy has two lists: keys that are down, and keys that were released. A press that begins and ends
        between two calls is only in the second list; a press that was reported while the key was down
        appears there again.
        """
        down = self._keyboard.getKeys(waitRelease=False)
        new = list(down)
        self._reported += down
        for key in self._keyboard.getKeys(waitRelease=True):
            earlier = [index for index, other in enumerate(self._reported) if other is key]
            if earlier:
                del self._reported[earlier[0]]
            else:
                new.append(key)
        return sorted((KeyPress(key.name, float(key.tDown)) for key in new), key=lambda press: press.time_s)

    def held(self) -> set[str]:
        """Return the keys that were down at the last call of `presses`: reported, not yet released."""
        return {key.name for key in self._reported}


class EventKeyboard:
    """The window's key events, with time stamps from when they are read: once a frame.

    A key that is held down repeats itself (on X11 as a release and a press at once); repetitions are not
    answers, so they are hidden from PsychoPy.
    """

    REPEATS_WITHIN_S = 0.005

    def __init__(self, window: visual.Window) -> None:
        self._released_s: dict[int, float] = {}
        self._down: set[int] = set()
        native: Any = window.winHandle
        native.push_handlers(on_key_press=self._is_repetition, on_key_release=self._note_release)

    def _note_release(self, symbol: int, _modifiers: int) -> None:
        self._released_s[symbol] = perf_counter()
        self._down.discard(symbol)

    def _is_repetition(self, symbol: int, _modifiers: int) -> bool:
        """Return whether a press is a repetition; for pyglet, True means that the event is handled."""
        self._down.add(symbol)
        return perf_counter() - self._released_s.get(symbol, float("-inf")) < self.REPEATS_WITHIN_S

    def presses(self) -> list[KeyPress]:
        """Return the presses since the last call."""
        keys = event.getKeys(timeStamped=logging.defaultClock)
        return [KeyPress(name, float(time_s)) for name, time_s in keys]

    def held(self) -> set[str]:
        """Return the keys that were down at the last call of `presses`."""
        return {pyglet.window.key.symbol_string(symbol).lower().lstrip("_") for symbol in self._down}


def devices_of(backend: str) -> list[str]:
    """Return the names of the keyboards that a backend listens to; none for the window's own events."""
    if backend == "event":
        return []
    return sorted(
        {str(device.get("product") or device.get("name")) for device in psychopy_keyboard.getKeyboards()}
    )


def open_keyboard(backend: str, window: visual.Window) -> Keyboard:
    """Open the keyboard with the configured backend; there is no silent fallback.

    Raises
    ------
    InputError
        Psychtoolbox can't be loaded, or finds no keyboard.
    """
    if backend == "event":
        return EventKeyboard(window)
    advice = 'or set `keyboard = "event"` under [experiment] in study.toml (time stamps to the frame only)'
    if not psychopy_keyboard.havePTB:
        package = (
            "libjack0 (apt-get install libjack0)" if platform.system() == "Linux" else "psychtoolbox (pip)"
        )
        raise InputError(f"the ptb keyboard cannot be loaded ({_ptb_error()}): install {package}, {advice}")
    keyboard = PtbKeyboard()
    if not psychopy_keyboard.getKeyboards() and platform.system() != "Windows":
        raise InputError(f"the ptb keyboard finds no keyboard: connect one, {advice}")
    return keyboard


def _ptb_error() -> str:
    try:
        import psychtoolbox  # noqa: F401 - to learn why it cannot be loaded
    except ImportError as error:
        return str(error)
    return "its reason is unknown"
