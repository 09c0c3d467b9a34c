"""The checks before a session: what was found, whether a session can rely on it, and what to do if not.

A screen measures itself (`ScreenMeasurements`); the measurements are judged here.
"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from experiment.keys import is_known
from experiment.screen.content import ScreenMeasurements
from experiment.screen.timing import Refresh
from experiment.session.desktop import notifications_are_on, screen_saver_is_on
from experiment.settings import ExperimentSettings, MonitorSettings
from stimuli.check import require_sound
from tricky.core.errors import InputError

MIN_FREE_BYTES = 100_000_000
"""Free space that a session requires; its own files need less than a hundredth of it."""
REFRESH_TOLERANCE = 0.02
"""Share by which the measured refresh rate may differ from the one in the study file."""


@dataclass(frozen=True)
class Check:
    """One thing that a session relies on.

    Attributes
    ----------
    name : str
        What was checked.
    ok : bool
        Whether a session can rely on it. What can't be determined on this system is not a failure.
    found : str
        What was found, in words.
    advice : str
        What to do if it is not ok.
    """

    name: str
    ok: bool
    found: str
    advice: str = ""


def check_without_screen(stimuli: Path, data: Path, settings: ExperimentSettings) -> list[Check]:
    """Check what needs no window: the stimulus set first, then the data folder, keys and desktop."""
    return [check_stimuli(stimuli), check_folder(data), check_keys(settings), *check_desktop()]


def check_stimuli(folder: Path) -> Check:
    """Check the stimulus set: its files against their hashes, its trials against its settings."""
    try:
        require_sound(folder)
    except InputError as error:
        return Check("stimulus set", False, str(error), "or restore it")
    return Check("stimulus set", True, "complete and unchanged")


def check_folder(folder: Path) -> Check:
    """Check that the data folder can be written to, and that there is free space."""
    name = "data folder"
    there = next(each for each in (folder, *folder.resolve().parents) if each.is_dir())
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".tricky-") as file:
            file.write(b"tricky")
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(there).free
    except OSError as error:
        found = f"{there} can't be written to ({error.strerror})"
        return Check(name, False, found, "allow writing, or make room")
    found = f"writable, {free / 1e9:.1f} GB free"
    return Check(name, free >= MIN_FREE_BYTES, found, f"make room: at least {MIN_FREE_BYTES / 1e6:.0f} MB")


def check_desktop() -> list[Check]:
    """Check what could cover the screen during a session: screen saver and notifications."""
    asked = (
        ("screen saver", screen_saver_is_on(), "turn screen saver and power saving of the screen off"),
        ("notifications", notifications_are_on(), "turn notifications off (do not disturb)"),
    )
    said = {None: "can't be determined on this system: make sure that it is off", True: "on", False: "off"}
    return [Check(name, is_on is not True, said[is_on], advice) for name, is_on, advice in asked]


def check_keys(settings: ExperimentSettings) -> Check:
    """Check that PsychoPy knows the keys on this system: some exist on another system only."""
    system = platform.system()
    keys = {
        "left_key": settings.left_key,
        "right_key": settings.right_key,
        "continue_key": settings.continue_key,
        "quit_key": settings.quit_key,
        "pause_key": settings.pause_key,
    } | {f"answer_keys[{n}]": key for n, key in enumerate(settings.answer_keys)}
    unknown = [
        f'{name} = "{key}"' for name, key in keys.items() if not is_known(key, settings.keyboard, system)
    ]
    if unknown:
        advice = "choose keys in [experiment] of study.toml that this system has"
        return Check("keys", False, f"PsychoPy doesn't know {', '.join(unknown)} on {system}", advice)
    return Check("keys", True, f"PsychoPy knows all {len(keys)} of them on {system}")


def check_refresh(refresh: Refresh, refresh_hz: float) -> Check:
    """Compare the measured refresh rate with the one in the settings."""
    name = "refresh rate"
    if not refresh.locked:
        found = (
            f"flips do not wait for the screen ({refresh.measured_interval_s * 1e3:.2f} ms from flip to flip)"
        )
        advice = "use a real screen, with vertical synchronisation on in the graphics driver"
        return Check(name, False, found, advice)
    measured_hz = 1 / refresh.period_s
    return Check(
        name,
        abs(measured_hz / refresh_hz - 1) <= REFRESH_TOLERANCE,
        f"{measured_hz:.2f} Hz, {refresh_hz:g} Hz in study.toml",
        "set the screen to it, or correct [experiment.monitor] refresh_hz",
    )


def check_resolution(
    window_px: tuple[int, int], screen_px: tuple[int, int], monitor: MonitorSettings
) -> Check:
    """Compare the pixels of window and screen with the settings; this detects a scaled desktop."""
    width, height = monitor.size_px
    found = f"window {window_px[0]} × {window_px[1]}, screen {screen_px[0]} × {screen_px[1]} pixels"
    ok = window_px == (width, height) and (not monitor.full_screen or screen_px == (width, height))
    return Check(
        "resolution",
        ok,
        f"{found}, {width} × {height} in study.toml",
        "set the screen to it, with a scale of 100%, or correct [experiment.monitor] size_px",
    )


def check_keyboard(backend: str, *, arrived: bool) -> Check:
    """Check whether the key press arrived that the experimenter was asked for."""
    found = "a key press arrived" if arrived else "no key press arrived"
    advice = (
        "click into the window, connect another keyboard, or allow this program to listen to it (macOS: "
        "Input Monitoring)"
    )
    return Check("keyboard", arrived, f"{found} through {backend}", advice)


def check_screen(
    measured: ScreenMeasurements, settings: ExperimentSettings, *, images_drawn: bool = False
) -> list[Check]:
    """Check what was measured of the screen and its keyboard; `images_drawn`: of all images as well."""
    checks = [
        Check("images", True, f"{measured.n_images} {'drawn once' if images_drawn else 'fit the window'}"),
        check_refresh(measured.refresh, settings.monitor.refresh_hz),
        check_resolution(measured.window_px, measured.screen_px, settings.monitor),
    ]
    if measured.key_arrived is not None:
        checks.append(check_keyboard(settings.keyboard, arrived=measured.key_arrived))
    return checks


def refuse(checks: Sequence[Check]) -> None:
    """Refuse to start a session after a failed check.

    Raises
    ------
    InputError
        A check failed; the message names each one, with what to do.
    """
    failed = [f"{each.name}: {each.found} ({each.advice})" for each in checks if not each.ok]
    if failed:
        raise InputError(f"{'; '.join(failed)}; or start anyway with --force, which the data record")


def as_record(checks: Sequence[Check], *, forced: bool) -> dict[str, Any]:
    """Return the checks as the sidecar describes them."""
    kept = [{key: value for key, value in asdict(each).items() if key != "advice"} for each in checks]
    return {"ok": all(each.ok for each in checks), "forced": forced, "checks": kept}
