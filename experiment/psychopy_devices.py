"""A PsychoPy window with a person before it: the only module that knows a real screen.

One clock serves flips and key presses (PsychoPy's default clock, which nothing here resets), so that a
response time is the difference of two of the drivers' time stamps, whenever they are read.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import psychopy
import pyglet
from PIL import Image
from psychopy import logging, monitors, visual

from experiment.canvas import BACKGROUND, Canvas, Fonts, KeyCap
from experiment.devices import Display, Observer, Stopped
from experiment.layout import Layout, at_size, lay_out, pixels_of
from experiment.person import PersonAtKeyboard
from experiment.plan import Page, PageName
from experiment.preflight import Check, check_keyboard, check_refresh, check_resolution
from experiment.psychopy_keyboards import devices_of, open_keyboard
from experiment.records import ScheduledTrial, Side, Timing
from experiment.settings import ExperimentSettings
from experiment.texts import Texts
from experiment.timing import Refresh, refresh_of, timing_of
from model_eval.artefacts import InputError
from stimuli.records import Block, StimulusSet

logging.console.setLevel(logging.CRITICAL)  # written for programmers; what people need is raised here

FEEDBACK_S = 1.5
KEYBOARD_HEARD_WITHIN_S = 30.0
"""A press of the continue key must arrive within so long before a session starts."""


@dataclass(frozen=True)
class Devices:
    """What a session of a person runs on.

    Attributes
    ----------
    display, observer : Display, Observer
        For the engine.
    apparatus : dict
        What was measured of the machine, for the sidecar.
    checks : list of Check
        What was checked of it.
    """

    display: Display
    observer: Observer
    apparatus: dict[str, Any]
    checks: list[Check]


@contextmanager
def open_devices(
    stimulus_set: StimulusSet,
    trials: Sequence[ScheduledTrial],
    first: int,
    settings: ExperimentSettings,
    texts: Texts,
    elapsed_s: float,
) -> Iterator[Devices]:
    """Open the window and the keyboard, prepare every picture, and close all at the end.

    Parameters
    ----------
    stimulus_set : StimulusSet
        Where pictures come from.
    trials : sequence of ScheduledTrial
        The whole session.
    first : int
        Index of the first trial that will be shown.
    settings, texts : ExperimentSettings, Texts
        Keys, sizes and words.
    elapsed_s : float
        Time of the session that has passed in earlier runs.

    Raises
    ------
    InputError
        There is no such screen or keyboard, or the images do not fit the window.
    """
    window = open_window(settings)
    try:
        keyboard = open_keyboard(settings.keyboard, window)
        window_px = (int(window.size[0]), int(window.size[1]))
        canvas = Canvas(window_px, _fonts())
        native: Any = window.winHandle
        screen_px = native.screen.width, native.screen.height
        files = {item.item_id: stimulus_set.folder / item.file for item in stimulus_set.items.values()}
        sizes_px = {}
        for item, file in files.items():
            with Image.open(file) as image:
                sizes_px[item] = image.size
        layout = lay_out(
            window_px, screen_px[0], settings.monitor, settings.image_height_deg, sizes_px, canvas.reserved_px
        )
        needed = {trial.item(side) for trial in trials[first:] for side in Side}
        pictures = {item: _picture(files[item], layout.size_px(item)) for item in sorted(needed)}
        screen = Screen(window, canvas, layout, trials, settings, texts, pictures, elapsed_s)
        person = PersonAtKeyboard(keyboard, screen, settings)
        screen.page(Page(PageName.KEYBOARD))
        checks = [
            Check("images", True, f"{len(pictures)} prepared and drawn once"),
            check_refresh(screen.refresh, settings.monitor.refresh_hz),
            check_resolution(window_px, screen_px, settings.monitor),
            check_keyboard(settings.keyboard, heard=_is_heard(person)),
        ]
        apparatus = {
            "window_px": list(window_px),
            "screen_px": list(screen_px),
            "screen_refresh": asdict(screen.refresh),
            "pixels_per_degree": pixels_of(1.0, settings.monitor, screen_px[0]),
            "image_height_px": layout.image_height_px,
            "image_centres_px": list(layout.centres_px()),
            "keyboard": settings.keyboard,
            "keyboard_devices": devices_of(settings.keyboard),
            "graphics": _text(native.context.get_info().get_renderer()),
            "platform": platform.platform(),
            "python": platform.python_version(),
        }
        screen.start()
        yield Devices(screen, person, apparatus, checks)
    finally:
        window.close()


def _is_heard(person: PersonAtKeyboard) -> bool:
    try:
        return person.is_heard(KEYBOARD_HEARD_WITHIN_S)
    except Stopped:
        raise InputError("stopped before the session began; no trial was shown") from None


class Screen:
    """Shows the screens of a session (a `Display`), and waits frame by frame.

    Everything that a trial needs is built and drawn once beforehand, as the first drawing of a picture
    takes longer than a frame.

    Parameters
    ----------
    window : psychopy.visual.Window
        Open.
    canvas, layout : Canvas, Layout
        How screens look, and where images stand.
    trials : sequence of ScheduledTrial
        The whole session.
    settings, texts : ExperimentSettings, Texts
        Keys and words.
    pictures : dict of str to Image
        At their size on the screen, by `item_id`.
    elapsed_s : float
        Time of the session that has passed in earlier runs.
    """

    def __init__(
        self,
        window: visual.Window,
        canvas: Canvas,
        layout: Layout,
        trials: Sequence[ScheduledTrial],
        settings: ExperimentSettings,
        texts: Texts,
        pictures: dict[str, Image.Image],
        elapsed_s: float,
    ) -> None:
        self._window, self._canvas, self._layout = window, canvas, layout
        self._settings, self._texts = settings, texts
        self._n_main = sum(trial.block is Block.MAIN for trial in trials)
        self._n_practice = len(trials) - self._n_main
        self._shown: list[visual.ImageStim] = []
        self._bar: list[visual.ImageStim] = []
        self.last_flip_s = self.onset_s = logging.defaultClock.getTime()
        self._notice_until_s = float("-inf")
        self._frames_s: list[float] = []
        self.refresh = Refresh()

        self._show([self._stim(canvas.message(texts.loading))])
        keys = (self._cap(settings.left_key), self._cap(settings.right_key))
        around = (keys, layout.centres_px(), layout.image_height_px)
        self._fixation = self._stim(canvas.trial(texts.question, *around, fixation=True))
        self._question = self._stim(canvas.trial(texts.question, *around))
        self._feedback = {
            correct: self._stim(canvas.trial(text, *around))
            for correct, text in ((True, texts.right), (False, texts.wrong), (None, texts.either))
        }
        notice = canvas.notice(texts.stop)
        self._notice = self._stim(notice, (0, (notice.height - layout.window_px[1]) // 2))
        self._pictures = {item: self._stim(picture) for item, picture in pictures.items()}
        prepared = [
            self._fixation,
            self._question,
            *self._feedback.values(),
            self._notice,
            *self._pictures.values(),
        ]
        for stim in prepared:
            stim.draw()
        window.clearBuffer()
        self.refresh = self._measure_refresh()
        self._elapsed_s = elapsed_s
        self.start()

    def start(self) -> None:
        """Let the time of the session begin, or go on, now."""
        self._origin_s = logging.defaultClock.getTime() - self._elapsed_s

    def page(self, page: Page) -> None:
        """Show a page; it stays until something else is shown."""
        text = self._texts.page(page, self._settings)
        progress = page.n_done / page.n_main if page.name is PageName.BREAK else None
        image = self._canvas.page(text, self._cap(self._settings.continue_key), progress)
        self._show([self._stim(image)])

    def fixation(self, duration_s: float) -> None:
        """Show the fixation cross for a time, to the nearest frame."""
        self._show([self._fixation, *self._bar])
        self._hold(duration_s)

    def pair(self, trial: ScheduledTrial) -> float:
        """Show the two images; return their onset in s from the start of the session."""
        if trial.block is Block.MAIN:
            bar = self._canvas.progress_bar((trial.trial_index - self._n_practice) / self._n_main)
            self._bar = [
                self._stim(bar, (0, round(1.5 * self._canvas.em_px) - self._layout.window_px[1] // 2))
            ]
        self._pair = trial
        self._show([self._question, *self._bar, *self._placed(trial)])
        return self.onset_s - self._origin_s

    def timing(self) -> Timing:
        """Return how the screen kept its rhythm since the onset of what is on."""
        return timing_of(self._frames_s, self.refresh)

    def feedback(self, correct: bool | None) -> None:
        """Mark the harder image of the last pair for a while, and say whether it was the one chosen."""
        trial, marks = self._pair, []
        if trial.harder is not None:
            mark = self._canvas.mark(self._layout.size_px(trial.item(trial.harder)))
            marks = [self._stim(mark, (self._layout.offset(trial.harder), 0))]
        self._show([self._feedback[correct], *marks, *self._placed(trial)])
        self._hold(FEEDBACK_S)

    def frame(self) -> None:
        """Show the same for one more frame."""
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

    def ask_to_stop(self, until_s: float) -> None:
        """Lay a notice over the foot of the screen, until a time."""
        self._notice_until_s = until_s

    def _show(self, stims: list[visual.ImageStim]) -> None:
        """Put something else on the screen; its onset is the flip that shows it."""
        self._shown = stims
        self.frame()
        self.onset_s = self.last_flip_s
        self._frames_s.clear()

    def _hold(self, duration_s: float) -> None:
        """Keep what is on until its duration is over, to the nearest frame."""
        # What comes next is shown by the flip after this loop, one period later.
        while self.last_flip_s + 1.5 * self.refresh.period_s < self.onset_s + duration_s:
            self.frame()

    def _placed(self, trial: ScheduledTrial) -> list[visual.ImageStim]:
        """Return the two pictures of a trial, each on its side."""
        stims = []
        for side in Side:
            stim = self._pictures[trial.item(side)]
            stim.pos = (self._layout.offset(side), 0)
            stims.append(stim)
        return stims

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


def open_window(settings: ExperimentSettings) -> visual.Window:
    """Open the window on the screen asked for, grey, without a mouse pointer.

    Raises
    ------
    InputError
        There is no such screen.
    """
    monitor = settings.monitor
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
    window.mouseVisible = False
    return window


def _fonts() -> Fonts:
    folder = Path(psychopy.__file__).parent / "assets" / "fonts"
    return Fonts(folder / "NotoSans-Regular.ttf", folder / "NotoSans-Bold.ttf")


def _picture(file: Path, size_px: tuple[int, int]) -> Image.Image:
    """Read an image at its size on the screen; what is transparent shows the background."""
    with Image.open(file) as image:
        opaque = Image.new("RGBA", image.size, (*BACKGROUND, 255))
        opaque.alpha_composite(image.convert("RGBA"))
        return at_size(opaque.convert("RGB"), size_px)


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
