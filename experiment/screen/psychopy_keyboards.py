"""Two ways in which PsychoPy hears a keyboard, and the traps of each.

Time stamps are on PsychoPy's default clock, as those of the flips are.
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
    """Psychtoolbox' keyboard queue: time stamps by the driver's thread, not by when we look."""

    def __init__(self) -> None:
        self._keyboard = psychopy_keyboard.Keyboard(backend="ptb")
        self._reported: list[Any] = []

    def presses(self) -> list[KeyPress]:
        """Return the presses since the last call.

        PsychoPy has two lists, keys that are down and keys that were released.  A press that begins and
        ends between two looks stands only on the second, one that was reported while it was down turns up
        there once more.
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
        """Return the keys that were down at the last look: reported, and not yet released."""
        return {key.name for key in self._reported}


class EventKeyboard:
    """The window's own key events, stamped when they are read: once a frame.

    A key that is held down repeats itself (on X11 as a release and a press at once); what repeats is no
    answer, so such presses are kept from PsychoPy.
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
        """Return True, which to pyglet means that the event is dealt with."""
        self._down.add(symbol)
        return perf_counter() - self._released_s.get(symbol, float("-inf")) < self.REPEATS_WITHIN_S

    def presses(self) -> list[KeyPress]:
        """Return the presses since the last call."""
        keys = event.getKeys(timeStamped=logging.defaultClock)
        return [KeyPress(name, float(time_s)) for name, time_s in keys]

    def held(self) -> set[str]:
        """Return the keys that were down at the last look."""
        return {pyglet.window.key.symbol_string(symbol).lower().lstrip("_") for symbol in self._down}


def devices_of(backend: str) -> list[str]:
    """Name the keyboards that a backend listens to; the window's own events come from all, unnamed."""
    if backend == "event":
        return []
    return sorted(
        {str(device.get("product") or device.get("name")) for device in psychopy_keyboard.getKeyboards()}
    )


def open_keyboard(backend: str, window: visual.Window) -> Keyboard:
    """Open the keyboard by the backend asked for; there is no silent second choice.

    Raises
    ------
    InputError
        Psychtoolbox cannot be loaded, or sees no keyboard.
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
