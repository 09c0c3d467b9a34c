"""The devices of a person's session: a window with everything prepared, and a keyboard."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from psychopy import logging

from experiment.observers.person import Frames, Keyboard, PersonAtKeyboard
from experiment.records import ScheduledTrial, Task
from experiment.screen.canvas import Canvas
from experiment.screen.colours import BACKGROUND
from experiment.screen.fonts import require_characters
from experiment.screen.layout import angle_of, at_size, lay_out, pixels_of
from experiment.screen.mouse import MouseAndKeyboard
from experiment.screen.psychopy_keyboards import devices_of, open_keyboard
from experiment.screen.psychopy_screen import Screen
from experiment.screen.psychopy_stage import Stage, fonts_of, open_window
from experiment.screen.texts import Texts
from experiment.session.interfaces import Display, Observer, Reader, Stopped
from experiment.session.plan import Page, PageName
from experiment.session.preflight import Check, check_keyboard, check_refresh, check_resolution
from experiment.settings import ExperimentSettings
from stimuli.records import StimulusSet
from tricky.core.errors import InputError

KEYBOARD_HEARD_WITHIN_S = 30.0
"""A press of the continue key must arrive within so long before a session starts."""


@dataclass(frozen=True)
class Reading:
    """What texts and questions outside a session are read on.

    Attributes
    ----------
    display, observer : Reader, Observer
        Who shows, and who answers.
    """

    display: Reader
    observer: Observer


@dataclass(frozen=True)
class Devices:
    """What a session of a person runs on.

    Attributes
    ----------
    display, observer : Display, Observer
        For the engine.
    screen : Frames
        The same display, as something to wait before.
    apparatus : dict
        What was measured of the machine, for the sidecar.
    checks : list of Check
        What was checked of it.
    """

    display: Display
    observer: Observer
    screen: Frames
    apparatus: dict[str, Any]
    checks: list[Check]


@contextmanager
def open_reader(
    settings: ExperimentSettings, texts: Texts, characters: set[str], root: Path
) -> Iterator[Reading]:
    """Open the window and the keyboard for texts and questions only, and close them at the end.

    Parameters
    ----------
    settings, texts : ExperimentSettings, Texts
        Keys and words.
    characters : set of str
        Of what is to be read.
    root : Path
        What the path of a font is relative to.
    """
    window = open_window(settings, root)
    try:
        keyboard = open_keyboard(settings.keyboard, window)
        canvas = Canvas((int(window.size[0]), int(window.size[1])), fonts_of(settings, root))
        require_characters(canvas.fonts, characters)
        stage = Stage(window, canvas, settings, texts)
        if settings.answer_with == "mouse":
            keyboard = MouseAndKeyboard(
                keyboard, window, stage.key_at, settings, logging.defaultClock.getTime
            )
        yield Reading(stage, PersonAtKeyboard(keyboard, stage, settings))
    finally:
        window.close()


@contextmanager
def open_devices(
    stimulus_set: StimulusSet,
    trials: Sequence[ScheduledTrial],
    task: Task,
    first: int,
    settings: ExperimentSettings,
    texts: Texts,
    characters: set[str],
    elapsed_s: float,
    root: Path,
    *,
    keyboard: Keyboard | None = None,
) -> Iterator[Devices]:
    """Open the window and the keyboard, prepare every picture, and close all at the end.

    Parameters
    ----------
    stimulus_set : StimulusSet
        Where pictures come from.
    trials : sequence of ScheduledTrial
        The whole session.
    task : Task
        What is asked in each trial.
    first : int
        Index of the first trial that will be shown.
    settings, texts : ExperimentSettings, Texts
        Keys, sizes and words.
    characters : set of str
        Of everything that will be read.
    elapsed_s : float
        Time of the session that has passed in earlier runs.
    root : Path
        What paths of font and gamma are relative to.
    keyboard : Keyboard, optional
        In place of the one that the settings name; it isn't checked, as nobody is there to press a key.

    Raises
    ------
    InputError
        There is no such screen or keyboard, or the images do not fit the window.
    """
    window = open_window(settings, root)
    try:
        listening = open_keyboard(settings.keyboard, window) if keyboard is None else keyboard
        window_px = (int(window.size[0]), int(window.size[1]))
        canvas = Canvas(window_px, fonts_of(settings, root))
        native: Any = window.winHandle
        gamma: Any = window.gamma
        screen_px = native.screen.width, native.screen.height
        files = {item.item_id: stimulus_set.folder / item.file for item in stimulus_set.items.values()}
        sizes_px = {}
        for item, file in files.items():
            with Image.open(file) as image:
                sizes_px[item] = image.size
        require_characters(canvas.fonts, characters)
        layout = lay_out(
            window_px,
            screen_px[0],
            settings.monitor,
            settings.image_height_deg,
            sizes_px,
            max(canvas.reserved_px([option.label for option in ask.options]) for ask in task.asks),
            len(trials[0].items),
            settings.scaling,
        )
        needed = {item for trial in trials[first:] for item in trial.items}
        pictures = {item: _picture(files[item], layout.size_px(item)) for item in sorted(needed)}
        screen = Screen(window, canvas, layout, trials, task, settings, texts, pictures, elapsed_s)
        if settings.answer_with == "mouse" and keyboard is None:
            listening = MouseAndKeyboard(
                listening, window, screen.key_at, settings, logging.defaultClock.getTime
            )
        person = PersonAtKeyboard(listening, screen, settings)
        checks = [
            Check("images", True, f"{len(pictures)} prepared and drawn once"),
            check_refresh(screen.refresh, settings.monitor.refresh_hz),
            check_resolution(window_px, screen_px, settings.monitor),
        ]
        if keyboard is None:
            screen.page(Page(PageName.KEYBOARD))
            checks.append(check_keyboard(settings.keyboard, heard=_is_heard(person)))
        apparatus = {
            "window_px": list(window_px),
            "screen_px": list(screen_px),
            "screen_refresh": asdict(screen.refresh),
            "pixels_per_degree": pixels_of(1.0, settings.monitor, screen_px[0]),
            "image_height_px": layout.image_height_px,
            "image_height_deg": angle_of(layout.image_height_px, settings.monitor, screen_px[0]),
            "image_scaling": "interpolated" if layout.factor is None else f"integer, times {layout.factor}",
            "image_centres_px": list(layout.centres_px()),
            "keyboard": settings.keyboard,
            "keyboard_devices": devices_of(settings.keyboard) if keyboard is None else [],
            "gamma": None if settings.monitor.gamma_file is None else list(gamma),
            "graphics": _text(native.context.get_info().get_renderer()),
            "platform": platform.platform(),
            "python": platform.python_version(),
        }
        screen.start()
        yield Devices(screen, person, screen, apparatus, checks)
    finally:
        window.close()


def _is_heard(person: PersonAtKeyboard) -> bool:
    try:
        return person.is_heard(KEYBOARD_HEARD_WITHIN_S)
    except Stopped:
        raise InputError("stopped before the session began; no trial was shown") from None


def _picture(file: Path, size_px: tuple[int, int]) -> Image.Image:
    """Read an image at its size on the screen; what is transparent shows the background."""
    with Image.open(file) as image:
        opaque = Image.new("RGBA", image.size, (*BACKGROUND, 255))
        opaque.alpha_composite(image.convert("RGBA"))
        return at_size(opaque.convert("RGB"), size_px)


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
