"""A PsychoPy window that shows one thing after the other, frame by frame, and keeps the time of every flip.

One clock serves flips and key presses (PsychoPy's default clock, which nothing here resets), so that a
response time is the difference of two of the drivers' time stamps, whenever they are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import sleep

import numpy as np
import psychopy
import pyglet
from PIL import Image
from psychopy import logging, monitors, visual

from experiment.records import Ask
from experiment.screen.canvas import Answer, Canvas
from experiment.screen.click_areas import Target, key_at
from experiment.screen.colours import BACKGROUND
from experiment.screen.fonts import Fonts
from experiment.screen.key_caps import KeyCap
from experiment.screen.psychopy_gamma import linearise, read_gamma
from experiment.screen.screen_required import screen_required
from experiment.screen.texts import Texts
from experiment.screen.timing import Refresh, refresh_of
from experiment.session.plan import PageText
from experiment.settings import ExperimentSettings
from tricky.core.errors import InputError

logging.console.setLevel(logging.CRITICAL)  # written for programmers; what people need is raised here


class Stage:
    """Shows pictures of the window's size, and what lies on top of them.

    Parameters
    ----------
    window : psychopy.visual.Window
        Open.
    canvas : Canvas
        How screens look.
    settings, texts : ExperimentSettings, Texts
        Keys and words.
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
        self._taken_away_s: float | None = None
        self.last_flip_s = self.onset_s = logging.defaultClock.getTime()
        self._notice_until_s = float("-inf")
        self._frames_s: list[float] = []
        self.refresh = Refresh()
        notice = canvas.notice(texts.lines["stop"])
        self._notice = self._stim(notice, (0, (notice.height - canvas.size_px[1]) // 2))
        self._show([self._stim(canvas.message(texts.lines["loading"]))])

    def fits(self, text: PageText) -> bool:
        """Return whether a page has room on the screen."""
        return self._canvas.fits(text)

    def read(self, text: PageText) -> None:
        """Show a page of text; it stays until something else is shown."""
        self._show([self._stim(self._canvas.page(text, self._cap(self._settings.continue_key)))])
        self._targets = [self._anywhere]

    def question(self, ask: Ask) -> None:
        """Show a question by itself, with its answers."""
        answers = self._answers(ask)
        self._show([self._stim(self._canvas.trial(ask.text, answers, 0))])
        self._targets = self._canvas.targets(answers, 0)

    def key_at(self, x_px: float, y_px: float) -> str | None:
        """Return the key that a click stands for, now, at a point from the window's upper left corner."""
        return key_at(self._targets, x_px, y_px)

    @property
    def _anywhere(self) -> Target:
        """The whole window, on which a click goes on."""
        return Target(self._settings.continue_key, (0, 0, *self._canvas.size_px))

    def _answers(self, ask: Ask, centres: Sequence[int] | None = None) -> list[Answer]:
        """Return a question's keys and labels, at `centres` or spread over the screen."""
        return [
            Answer(self._cap(option.key), option.label, centre)
            for option, centre in zip(
                ask.options, centres or self._canvas.spread_px(len(ask.options)), strict=True
            )
        ]

    def frame(self) -> None:
        """Show the same for one more frame, or what comes after it."""
        takes_away = bool(self._then) and self._then[0][0] == self._n_frames
        if takes_away:
            self._shown = self._then.pop(0)[1]
        for stim in self._shown:
            stim.draw()
        if self.last_flip_s < self._notice_until_s:
            self._notice.draw()
        if not self.refresh.locked:
            pyglet.gl.glFinish()  # drawing is over, so that only the flip itself comes after the pause
            sleep(max(0.0, self.last_flip_s + self.refresh.period_s - logging.defaultClock.getTime()))
        flip_s = float(self._window.flip())
        self._frames_s.append(flip_s - self.last_flip_s)
        self.last_flip_s = flip_s
        self._n_frames += 1
        if takes_away and self._taken_away_s is None:
            self._taken_away_s = flip_s

    def ask_to_stop(self, until_s: float) -> None:
        """Lay a notice over the foot of the screen, until a time."""
        self._notice_until_s = until_s

    def _show(
        self, stims: list[visual.ImageStim], then: Sequence[tuple[int, list[visual.ImageStim]]] = ()
    ) -> None:
        """Put something else on the screen; its onset is the flip that shows it.

        `then` says what comes after it, and after how many frames from that onset.
        """
        self._shown, self._then = stims, list(then)
        self._n_frames, self._taken_away_s = 0, None
        self.frame()
        self.onset_s = self.last_flip_s
        self._frames_s.clear()

    def _hold(self, duration_s: float) -> None:
        """Keep what is on until its duration is over, to the nearest frame."""
        # What comes next is shown by the flip after this loop, one period later.
        while self.last_flip_s + 1.5 * self.refresh.period_s < self.onset_s + duration_s:
            self.frame()

    def _stim(self, image: Image.Image, position_px: tuple[int, int] = (0, 0)) -> visual.ImageStim:
        """Make a picture drawable, pixel for pixel; the position is that of its centre from the window's."""
        return visual.ImageStim(
            self._window, image=image, size=image.size, pos=position_px, units="pix", interpolate=False
        )

    def _cap(self, key: str) -> KeyCap:
        return KeyCap(key, self._texts.key_cap(key))

    def _measure_refresh(self, n_flips: int = 60) -> Refresh:
        """Flip as fast as the screen lets us, and see whether it keeps a rhythm."""
        flips_s = []
        for _ in range(n_flips + 10):  # the first ones fill the driver's queue
            self._shown[0].draw()
            flips_s.append(self._window.flip())
        return refresh_of(list(np.diff(flips_s[10:])))


def open_window(settings: ExperimentSettings, root: Path = Path()) -> visual.Window:
    """Open the window on the screen asked for, grey, without a mouse pointer.

    Raises
    ------
    InputError
        There is no such screen, or it can't be made linear as the study asks.
    """
    monitor = settings.monitor
    gamma = None if monitor.gamma_file is None else read_gamma(root / monitor.gamma_file)
    with screen_required():
        n_screens = len(pyglet.canvas.get_display().get_screens())
    if monitor.screen >= n_screens:
        raise InputError(
            f"[experiment.monitor] screen is {monitor.screen}, but there are {n_screens}, counted from 0; "
            "correct it in study.toml"
        )
    calibration = monitors.Monitor("tricky", width=monitor.width_cm, distance=monitor.viewing_distance_cm)
    calibration.setSizePix(monitor.size_px)
    window = visual.Window(
        monitor.size_px,
        fullscr=monitor.full_screen,
        screen=monitor.screen,
        monitor=calibration,
        units="pix",
        color=BACKGROUND,
        colorSpace="rgb255",
        allowGUI=False,
        waitBlanking=True,
        checkTiming=False,  # measured in Screen, with the pictures at hand
    )
    if gamma is not None:
        linearise(window, gamma)
    window.mouseVisible = False
    return window


def fonts_of(settings: ExperimentSettings, root: Path) -> Fonts:
    """Return the typeface to write with: the lab's own, or Noto Sans, which comes with PsychoPy.

    Raises
    ------
    InputError
        The lab's own is not there.
    """
    if settings.font is None:
        folder = Path(psychopy.__file__).parent / "assets" / "fonts"
        return Fonts(folder / "NotoSans-Regular.ttf", folder / "NotoSans-Bold.ttf")
    font = root / settings.font
    if not font.is_file():
        raise InputError(f"[experiment] font: {font}: no such file; correct it in study.toml")
    return Fonts(font, font)
