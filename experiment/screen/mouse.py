"""Clicks of the mouse as presses of answer keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from experiment.observers.person import Keyboard, KeyPress
from experiment.settings import ExperimentSettings

LEFT = 1
"""Pyglet's number of the left button; pyglet can't be imported without a screen."""


class MouseAndKeyboard:
    """A keyboard whose answer keys are clicks; its other keys are those of a real keyboard.

    Clicks get their time stamp when the window reports them: once a frame.

    Parameters
    ----------
    keyboard : Keyboard
        The real keyboard.
    window : psychopy.visual.Window
        The window that is clicked.
    key_at : callable
        Returns the key that a click replaces now; x and y in the window's pixels, from its upper left corner.
    settings : ExperimentSettings
        Which keys mean what.
    now_s : callable
        The clock that also times the flips.
    """

    DOUBLE_CLICK_S = 0.4
    """The second click of a double click, within this time, does not turn a page."""

    def __init__(
        self,
        keyboard: Keyboard,
        window: Any,
        key_at: Callable[[float, float], str | None],
        settings: ExperimentSettings,
        now_s: Callable[[], float],
    ) -> None:
        self._keyboard, self._window = keyboard, window
        self._key_at, self._now_s = key_at, now_s
        self._continue_key = settings.continue_key
        self._keys_in_use = {settings.continue_key, settings.quit_key, settings.pause_key}
        self._clicked: list[KeyPress] = []
        self._last_s = float("-inf")
        self._native = window.winHandle
        self._native.push_handlers(on_mouse_press=self._click)
        window.mouseVisible = True

    def _click(self, x: int, y: int, button: int, _modifiers: int) -> None:
        """Keep a click; pyglet counts from the lower left corner, in units that may not be pixels."""
        if button != LEFT:
            return
        time_s, (width, height) = self._now_s(), self._native.get_size()
        x_px, y_px = x * self._window.size[0] / width, (height - 1 - y) * self._window.size[1] / height
        key = self._key_at(x_px, y_px)
        if key is not None and (key != self._continue_key or time_s - self._last_s > self.DOUBLE_CLICK_S):
            self._clicked.append(KeyPress(key, time_s))
        self._last_s = time_s

    def presses(self) -> list[KeyPress]:
        """Return the clicks and presses since the last call."""
        self._native.dispatch_events()
        clicked, self._clicked = self._clicked, []
        pressed = [press for press in self._keyboard.presses() if press.key in self._keys_in_use]
        return sorted([*pressed, *clicked], key=lambda press: press.time_s)

    def held(self) -> set[str]:
        """Return the keys that were down at the last call of `presses`, without answer keys."""
        return self._keyboard.held() & self._keys_in_use
