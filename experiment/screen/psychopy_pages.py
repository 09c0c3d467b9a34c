"""Pages and questions in a PsychoPy window, frame by frame, with the time of every flip.

Flips and key presses share one clock: PsychoPy's default clock, which is never reset here. A response time is
the difference of two time stamps on it and does not depend on when they are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep

import numpy as np
import pyglet
from PIL import Image
from psychopy import logging, visual

from experiment.pages import PageText
from experiment.records import Ask
from experiment.screen.canvas import Canvas
from experiment.screen.click_areas import Target, key_at
from experiment.screen.key_caps import Answer, KeyCap
from experiment.screen.texts import Texts
from experiment.screen.timing import Refresh, refresh_of
from experiment.settings import ExperimentSettings


class PsychopyReader:
    """Shows pages and questions (a `Reader`), and waits frame by frame.

    Each is one picture of the window's size; images of a trial lie on top of it.

    Parameters
    ----------
    window : psychopy.visual.Window
        Open.
    canvas : Canvas
        Draws the pictures.
    settings, texts : ExperimentSettings, Texts
        Keys and texts.
    """

    def __init__(
        self, window: visual.Window, canvas: Canvas, settings: ExperimentSettings, texts: Texts
    ) -> None:
        self._window, self._canvas = window, canvas
        self._settings, self._texts = settings, texts
        self._shown: list[visual.ImageStim] = []
        self._then: list[tuple[int, list[visual.ImageStim]]] = []
        self._targets: list[Target] = []
        self._n_frames = 0
        self._removed_s: float | None = None
        self.last_flip_s = self.onset_s = logging.defaultClock.getTime()
        self._notice_until_s = float("-inf")
        self._frames_s: list[float] = []
        self.refresh = Refresh()
        notice = canvas.notice(texts.lines["stop"])
        self._notice = self._stim(notice, (0, (notice.height - canvas.size_px[1]) // 2))

    def fits(self, text: PageText) -> bool:
        """Return whether a page fits on the screen."""
        return self._canvas.fits(text)

    def read(self, text: PageText) -> None:
        """Show a page of text until something else is shown."""
        self._show([self._stim(self._canvas.page(text, self._cap(self._settings.continue_key)))])
        self._targets = [self._anywhere]

    def question(self, ask: Ask) -> None:
        """Show a question without images, with its answers."""
        answers = self._answers(ask)
        self._show([self._stim(self._canvas.trial(ask.text, answers, 0))])
        self._targets = self._canvas.targets(answers, 0)

    def key_at(self, x_px: float, y_px: float) -> str | None:
        """Return the key that a click at a point means now; x and y from the window's upper left corner."""
        return key_at(self._targets, x_px, y_px)

    @property
    def _anywhere(self) -> Target:
        """The whole window as a click area that continues."""
        return Target(self._settings.continue_key, (0, 0, *self._canvas.size_px))

    def _answers(self, ask: Ask, centres: Sequence[int] | None = None) -> list[Answer]:
        """Return a question's keys and labels, at `centres` or evenly spaced over the screen."""
        return [
            Answer(self._cap(option.key), option.label, centre)
            for option, centre in zip(
                ask.options, centres or self._canvas.spread_px(len(ask.options)), strict=True
            )
        ]

    def frame(self) -> None:
        """Show the same for one more frame, or what was scheduled to follow it."""
        removes = bool(self._then) and self._then[0][0] == self._n_frames
        if removes:
            self._shown = self._then.pop(0)[1]
        for stim in self._shown:
            stim.draw()
        if self.last_flip_s < self._notice_until_s:
            self._notice.draw()
        if not self.refresh.locked:
            pyglet.gl.glFinish()  # finish drawing, so that only the flip itself follows the pause
            sleep(max(0.0, self.last_flip_s + self.refresh.period_s - logging.defaultClock.getTime()))
        flip_s = float(self._window.flip())
        self._frames_s.append(flip_s - self.last_flip_s)
        self.last_flip_s = flip_s
        self._n_frames += 1
        if removes and self._removed_s is None:
            self._removed_s = flip_s

    def measure_refresh(self, n_flips: int = 60) -> None:
        """Measure the times between flips, as fast as the screen allows them; what is shown stays on."""
        flips_s = []
        for _ in range(n_flips + 10):  # the first ones fill the driver's queue
            for stim in self._shown:
                stim.draw()
            flips_s.append(self._window.flip())
        self.refresh = refresh_of(list(np.diff(flips_s[10:])))

    def ask_to_stop(self, until_s: float) -> None:
        """Show a notice at the bottom of the screen, until a time."""
        self._notice_until_s = until_s

    def _show(
        self, stims: list[visual.ImageStim], then: Sequence[tuple[int, list[visual.ImageStim]]] = ()
    ) -> None:
        """Show something else; its onset is the flip that shows it first.

        `then` lists what follows, each with the number of frames from that onset.
        """
        self._shown, self._then = stims, list(then)
        self._n_frames, self._removed_s = 0, None
        self.frame()
        self.onset_s = self.last_flip_s
        self._frames_s.clear()

    def _hold(self, duration_s: float) -> None:
        """Keep showing the same until its duration is over, to the nearest frame."""
        # The flip after this loop, one period later, shows what comes next.
        while self.last_flip_s + 1.5 * self.refresh.period_s < self.onset_s + duration_s:
            self.frame()

    def _stim(self, image: Image.Image, position_px: tuple[int, int] = (0, 0)) -> visual.ImageStim:
        """Make a picture drawable, pixel for pixel; its position is relative to the window's centre."""
        return visual.ImageStim(
            self._window, image=image, size=image.size, pos=position_px, units="pix", interpolate=False
        )

    def _cap(self, key: str) -> KeyCap:
        return KeyCap(key, self._texts.key_cap(key))
