"""Measure the screen: the experimenter matches an outline to a bank card with the arrow keys."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiment.calibration import CARD_HEIGHT_CM, CARD_WIDTH_CM, Calibration, width_from_card
from experiment.interfaces import Stopped
from experiment.pages import PageText
from experiment.screen.canvas import Canvas
from experiment.screen.psychopy_keyboards import open_keyboard
from experiment.screen.psychopy_pages import PsychopyReader
from experiment.screen.psychopy_window import fonts_of, open_window
from experiment.screen.texts import read_texts
from experiment.settings import ExperimentSettings

STEPS_PX = {"left": -1, "right": 1, "down": -10, "up": 10}
INSTRUCTIONS = PageText(
    "How large is this screen?",
    (
        "Hold a bank card to the outline. Left and right arrow key: narrower and wider by a pixel; down and "
        "up arrow key: by ten. Escape: stop without changes.",
    ),
    "when the outline is as large as the card",
)


def measure(settings: ExperimentSettings, viewing_distance_cm: float, root: Path) -> Calibration:
    """Let the experimenter match the outline to a bank card; return the calibration.

    Raises
    ------
    Stopped
        The quit key was pressed.
    InputError
        There is no such screen or keyboard.
    """
    window = open_window(settings, root)
    try:
        keyboard = open_keyboard(settings.keyboard, window)
        canvas = Canvas((int(window.size[0]), int(window.size[1])), fonts_of(settings, root))
        reader = CardReader(window, canvas, settings, read_texts())
        native: Any = window.winHandle
        screen_px = native.screen.width, native.screen.height
        width_px = round(screen_px[0] * CARD_WIDTH_CM / settings.monitor.width_cm)
        while True:
            reader.show_card(width_px)
            pressed: list[str] = []
            while not pressed:
                reader.frame()
                pressed = [press.key for press in keyboard.presses() if press.time_s > reader.opened_s]
            for key in pressed:
                if key == settings.quit_key:
                    raise Stopped
                if key == settings.continue_key:
                    return Calibration(
                        measured=datetime.now(UTC).isoformat(timespec="seconds"),
                        computer=platform.platform(),
                        screen_px=screen_px,
                        card_width_px=width_px,
                        width_cm=width_from_card(width_px, screen_px[0]),
                        viewing_distance_cm=viewing_distance_cm,
                    )
                # The outline stays within the screen and has a plausible size.
                width_px = min(max(width_px + STEPS_PX.get(key, 0), 100), round(0.9 * canvas.size_px[0]))
    finally:
        window.close()


class CardReader(PsychopyReader):
    """Shows the outline of a bank card."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.frame()
        self.opened_s = self.last_flip_s

    def show_card(self, width_px: int) -> None:
        """Show the outline, `width_px` wide."""
        height_px = round(width_px * CARD_HEIGHT_CM / CARD_WIDTH_CM)
        key = self._cap(self._settings.continue_key)
        image = self._canvas.card(INSTRUCTIONS, key, (width_px, height_px))
        self._show([self._stim(image)])
