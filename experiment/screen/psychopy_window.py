"""Open the PsychoPy window on the configured screen, and find the fonts to write with."""

from __future__ import annotations

from pathlib import Path

import psychopy
import pyglet
from psychopy import logging, monitors, visual

from experiment.screen.colours import BACKGROUND
from experiment.screen.fonts import Fonts
from experiment.screen.no_screen import screen_required
from experiment.screen.psychopy_gamma import linearise, read_gamma
from experiment.settings import ExperimentSettings
from tricky.core.errors import InputError

logging.console.setLevel(logging.CRITICAL)  # messages for programmers; what people need to know is raised


def open_window(settings: ExperimentSettings, root: Path = Path()) -> visual.Window:
    """Open a grey window on the configured screen, without a mouse pointer.

    Raises
    ------
    InputError
        There is no such screen, or it does not accept the gamma table that the study requires.
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
        checkTiming=False,  # `PsychopyReader.measure_refresh` does that, while the first page is shown
    )
    if gamma is not None:
        linearise(window, gamma)
    window.mouseVisible = False
    return window


def fonts_of(settings: ExperimentSettings, root: Path) -> Fonts:
    """Return the fonts: the lab's own, or Noto Sans, which comes with PsychoPy.

    Raises
    ------
    InputError
        The lab's own font file does not exist.
    """
    if settings.font is None:
        folder = Path(psychopy.__file__).parent / "assets" / "fonts"
        return Fonts(folder / "NotoSans-Regular.ttf", folder / "NotoSans-Bold.ttf")
    font = root / settings.font
    if not font.is_file():
        raise InputError(f"[experiment] font: {font}: no such file; correct it in study.toml")
    return Fonts(font, font)
