"""Window and keyboard of a session: one window from the keyboard check to the last page."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from PIL import Image
from psychopy import logging, visual

from experiment.interfaces import Stopped
from experiment.observers.person import Keyboard, PersonAtKeyboard
from experiment.pages import Page, PageName
from experiment.screen.canvas import Canvas
from experiment.screen.content import Devices, ScreenMeasurements, SessionContent
from experiment.screen.fonts import require_characters
from experiment.screen.layout import Layout, ScreenGeometry, lay_out
from experiment.screen.mouse import MouseAndKeyboard
from experiment.screen.psychopy_display import PsychopyDisplay
from experiment.screen.psychopy_keyboards import devices_of, open_keyboard
from experiment.screen.psychopy_window import fonts_of, open_window
from tricky.core.errors import InputError
from tricky.core.progress import Notify, no_notice

KEY_ARRIVES_WITHIN_S = 30.0
"""A press of the continue key must arrive within this time before a session starts."""


@dataclass(frozen=True)
class WindowDevices(Devices):
    """The devices of a session in a PsychoPy window."""

    display: PsychopyDisplay


@contextmanager
def open_devices(
    content: SessionContent, first: int = 0, notify: Notify = no_notice, *, keyboard: Keyboard | None = None
) -> Iterator[WindowDevices]:
    """Open the window and the keyboard of a session, check both, and start to prepare the images.

    The first page is the keyboard check, for the experimenter. From then on the images are prepared while
    pages are read; `Display.get_ready` waits for the rest. The window is closed at the end.

    Parameters
    ----------
    content : SessionContent
        What is shown.
    first : int
        Index of the first trial that will be shown.
    notify : callable
        Takes a line for the experimenter about what the session waits for.
    keyboard : Keyboard, optional
        Replaces the configured keyboard; it isn't checked, because nobody presses a key.

    Raises
    ------
    InputError
        There is no such screen or keyboard, the font lacks a character, or the images do not fit.
    """
    settings = content.settings
    with ExitStack() as stack:
        window = open_window(settings, content.root)
        stack.callback(window.close)
        listening = open_keyboard(settings.keyboard, window) if keyboard is None else keyboard
        canvas, geometry = _canvas(window, content), _geometry(window, content)
        layout = _lay_out(content, canvas, geometry)
        display = stack.enter_context(closing(PsychopyDisplay(window, canvas, layout, content)))
        if settings.answer_with == "mouse" and keyboard is None:
            listening = _with_mouse(listening, window, display, content)
        if keyboard is None:
            display.page(Page(PageName.KEYBOARD))
            notify(_waits_for(settings.continue_key))
        else:
            display.ask_to_wait()
        display.measure_refresh()
        items = dict.fromkeys(item for trial in content.trials[first:] for item in trial.items)
        display.prepare(items)
        person = PersonAtKeyboard(listening, display, settings)
        arrived = _key_arrives(person) if keyboard is None else None
        apparatus = {
            **_describe_screen(display, layout, geometry),
            "keyboard": settings.keyboard,
            "keyboard_devices": devices_of(settings.keyboard) if keyboard is None else [],
            **_describe_system(window, content),
        }
        measured = ScreenMeasurements(
            len(items), display.refresh, geometry.window_px, geometry.screen_px, arrived
        )
        yield WindowDevices(display, person, apparatus, measured)


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
    keyboard: Keyboard, window: visual.Window, display: PsychopyDisplay, content: SessionContent
) -> MouseAndKeyboard:
    return MouseAndKeyboard(keyboard, window, display.key_at, content.settings, logging.defaultClock.getTime)


def _waits_for(key: str) -> str:
    return (
        f"Keyboard check: press the key `{key}` in the session's window; waiting for it for up to "
        f"{KEY_ARRIVES_WITHIN_S:.0f} s …"
    )


def _key_arrives(person: PersonAtKeyboard) -> bool:
    """Return whether the experimenter presses the key in time."""
    try:
        return person.key_arrives(KEY_ARRIVES_WITHIN_S)
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


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
