"""Window and keyboard of a person's session, with every image prepared."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from psychopy import logging, visual

from experiment.interfaces import Stopped
from experiment.observers.person import Keyboard, PersonAtKeyboard
from experiment.pages import Page, PageName
from experiment.screen.canvas import Canvas
from experiment.screen.colours import BACKGROUND
from experiment.screen.content import Devices, ReadingDevices, ScreenMeasurements, SessionContent
from experiment.screen.fonts import require_characters
from experiment.screen.layout import Layout, ScreenGeometry, at_size, lay_out
from experiment.screen.mouse import MouseAndKeyboard
from experiment.screen.psychopy_display import PsychopyDisplay
from experiment.screen.psychopy_keyboards import devices_of, open_keyboard
from experiment.screen.psychopy_reader import PsychopyReader
from experiment.screen.psychopy_window import fonts_of, open_window
from tricky.core.errors import InputError

KEYBOARD_HEARD_WITHIN_S = 30.0
"""A press of the continue key must arrive within this time before a session starts."""


@dataclass(frozen=True)
class WindowDevices(Devices):
    """The devices of a session in a PsychoPy window."""

    display: PsychopyDisplay


@contextmanager
def open_reader(content: SessionContent) -> Iterator[ReadingDevices]:
    """Open the window and the keyboard for texts and questions only; close them at the end.

    Raises
    ------
    InputError
        There is no such screen or keyboard, or the font lacks a character.
    """
    settings = content.settings
    window = open_window(settings, content.root)
    try:
        keyboard = open_keyboard(settings.keyboard, window)
        canvas = _canvas(window, content)
        reader = PsychopyReader(window, canvas, settings, content.texts)
        if settings.answer_with == "mouse":
            keyboard = _with_mouse(keyboard, window, reader, content)
        yield ReadingDevices(reader, PersonAtKeyboard(keyboard, reader, settings))
    finally:
        window.close()


@contextmanager
def open_devices(
    content: SessionContent, first: int = 0, elapsed_s: float = 0.0, *, keyboard: Keyboard | None = None
) -> Iterator[WindowDevices]:
    """Open the window and the keyboard of a session, prepare every image; close all at the end.

    Parameters
    ----------
    content : SessionContent
        What is shown.
    first : int
        Index of the first trial that will be shown.
    elapsed_s : float
        Duration of the session's earlier runs, in s.
    keyboard : Keyboard, optional
        Replaces the configured keyboard; it isn't checked, because nobody presses a key.

    Raises
    ------
    InputError
        There is no such screen or keyboard, the font lacks a character, or the images do not fit.
    """
    settings = content.settings
    window = open_window(settings, content.root)
    try:
        listening = open_keyboard(settings.keyboard, window) if keyboard is None else keyboard
        canvas, geometry = _canvas(window, content), _geometry(window, content)
        layout = _lay_out(content, canvas, geometry)
        needed = {item for trial in content.trials[first:] for item in trial.items}
        pictures = {
            item: _picture(content.image_files[item], layout.size_px(item)) for item in sorted(needed)
        }
        display = PsychopyDisplay(window, canvas, layout, content, pictures, elapsed_s)
        if settings.answer_with == "mouse" and keyboard is None:
            listening = _with_mouse(listening, window, display, content)
        person = PersonAtKeyboard(listening, display, settings)
        arrived = None
        if keyboard is None:
            display.page(Page(PageName.KEYBOARD))
            arrived = _key_arrives(person)
        apparatus = {
            **_describe_screen(display, layout, geometry),
            "keyboard": settings.keyboard,
            "keyboard_devices": devices_of(settings.keyboard) if keyboard is None else [],
            **_describe_system(window, content),
        }
        measured = ScreenMeasurements(
            len(pictures), display.refresh, geometry.window_px, geometry.screen_px, arrived
        )
        display.start()
        yield WindowDevices(display, person, apparatus, measured)
    finally:
        window.close()


def _canvas(window: visual.Window, content: SessionContent) -> Canvas:
    """Return what draws screens of the window's size, in fonts that have all characters."""
    canvas = Canvas((int(window.size[0]), int(window.size[1])), fonts_of(content.settings, content.root))
    require_characters(canvas.fonts, content.characters)
    return canvas


def _geometry(window: visual.Window, content: SessionContent) -> ScreenGeometry:
    native: Any = window.winHandle
    return ScreenGeometry(
        window_px=(int(window.size[0]), int(window.size[1])),
        screen_px=(native.screen.width, native.screen.height),
        monitor=content.settings.monitor,
    )


def _lay_out(content: SessionContent, canvas: Canvas, geometry: ScreenGeometry) -> Layout:
    """Place the images of the session between question and keys."""
    sizes_px = {}
    for item, file in content.image_files.items():
        with Image.open(file) as image:
            sizes_px[item] = image.size
    labels = [[option.label for option in ask.options] for ask in content.task.asks]
    return lay_out(
        geometry,
        sizes_px,
        n_images=len(content.trials[0].items),
        height_deg=content.settings.image_height_deg,
        scaling=content.settings.scaling,
        reserved_px=max(canvas.reserved_px(each) for each in labels),
    )


def _with_mouse(
    keyboard: Keyboard, window: visual.Window, reader: PsychopyReader, content: SessionContent
) -> MouseAndKeyboard:
    return MouseAndKeyboard(keyboard, window, reader.key_at, content.settings, logging.defaultClock.getTime)


def _key_arrives(person: PersonAtKeyboard) -> bool:
    try:
        return person.key_arrives(KEYBOARD_HEARD_WITHIN_S)
    except Stopped:
        raise InputError("stopped before the session began; no trial was shown") from None


def _describe_screen(display: PsychopyDisplay, layout: Layout, geometry: ScreenGeometry) -> dict[str, Any]:
    """Return the entries of the apparatus about the screen and the size of the images on it."""
    return {
        "window_px": list(geometry.window_px),
        "screen_px": list(geometry.screen_px),
        "screen_refresh": asdict(display.refresh),
        "pixels_per_degree": geometry.pixels_of(1.0),
        "image_height_px": layout.image_height_px,
        "image_height_deg": geometry.angle_of(layout.image_height_px),
        "image_scaling": "interpolated" if layout.factor is None else f"integer, times {layout.factor}",
        "image_centres_px": list(layout.centres_px()),
    }


def _describe_system(window: visual.Window, content: SessionContent) -> Mapping[str, Any]:
    """Return the entries of the apparatus about graphics and system."""
    native: Any = window.winHandle
    gamma: Any = window.gamma
    return {
        "gamma": None if content.settings.monitor.gamma_file is None else list(gamma),
        "graphics": _text(native.context.get_info().get_renderer()),
        "platform": platform.platform(),
        "python": platform.python_version(),
    }


def _picture(file: Path, size_px: tuple[int, int]) -> Image.Image:
    """Read an image at its size on the screen; transparent pixels show the background."""
    with Image.open(file) as image:
        opaque = Image.new("RGBA", image.size, (*BACKGROUND, 255))
        opaque.alpha_composite(image.convert("RGBA"))
        return at_size(opaque.convert("RGB"), size_px)


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
