"""What is checked before a session, each check a fact and a verdict.

What needs a window is checked where windows are (`psychopy_devices`), and judged here.
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
from experiment.screen.timing import Refresh
from experiment.session.desktop import notifications_are_on, screen_saver_is_on
from experiment.settings import ExperimentSettings, MonitorSettings
from stimuli.check import require_sound
from tricky.core.errors import InputError

ROOM_BYTES = 100_000_000
"""Free space that a session asks for; its own files take less than a hundredth of it."""
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
        Whether a session can rely on it. What can't be told on this system is no failure.
    found : str
        What was found, in words.
    advice : str
        What to do where it is not ok.
    """

    name: str
    ok: bool
    found: str
    advice: str = ""


def check_files(stimuli_folder: Path, data_folder: Path) -> list[Check]:
    """Check what needs no screen: the stimulus set, and the folder that data go to."""
    return [check_stimuli(stimuli_folder), check_folder(data_folder)]


def check_stimuli(folder: Path) -> Check:
    """Hold the stimulus set against everything that it promises."""
    try:
        require_sound(folder)
    except InputError as error:
        return Check("stimulus set", False, str(error), "or restore it")
    return Check("stimulus set", True, "keeps all that it promises")


def check_folder(folder: Path) -> Check:
    """Write a file where data go, and see whether there is room for more."""
    name = "data folder"
    there = next(each for each in (folder, *folder.resolve().parents) if each.is_dir())
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".tricky-") as file:
            file.write(b"tricky")
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(there).free
    except OSError as error:
        return Check(name, False, f"{there} takes no file ({error.strerror})", "allow writing, or make room")
    found = f"writable, {free / 1e9:.1f} GB free"
    return Check(name, free >= ROOM_BYTES, found, f"make room: at least {ROOM_BYTES / 1e6:.0f} MB")


def check_desktop() -> list[Check]:
    """Ask the system what could come over the screen."""
    asked = (
        ("screen saver", screen_saver_is_on(), "turn screen saver and power saving of the screen off"),
        ("notifications", notifications_are_on(), "turn notifications off (do not disturb)"),
    )
    said = {None: "can't be told on this system: see to it that they are off", True: "on", False: "off"}
    return [Check(name, is_on is not True, said[is_on], advice) for name, is_on, advice in asked]


def check_keys(settings: ExperimentSettings) -> Check:
    """Check that the keyboards of this system have the keys: some are known on another system only."""
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
    """Hold the measured refresh rate against the configured one."""
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
    """Hold the pixels that are drawn to against those described; a scaled desktop shows here."""
    width, height = monitor.size_px
    found = f"window {window_px[0]} × {window_px[1]}, screen {screen_px[0]} × {screen_px[1]} pixels"
    ok = window_px == (width, height) and (not monitor.full_screen or screen_px == (width, height))
    return Check(
        "resolution",
        ok,
        f"{found}, {width} × {height} in study.toml",
        "set the screen to it, with a scale of 100%, or correct [experiment.monitor] size_px",
    )


def check_keyboard(backend: str, *, heard: bool) -> Check:
    """Judge whether the key press that was asked for arrived."""
    found = "a key press arrived" if heard else "no key press arrived"
    advice = (
        "click into the window, connect another keyboard, or give the right to listen to it (macOS: Input "
        "Monitoring)"
    )
    return Check("keyboard", heard, f"{found} through {backend}", advice)


def refuse(checks: Sequence[Check]) -> None:
    """Refuse to start a session that would be worthless.

    Raises
    ------
    InputError
        A check failed; each that did is named, with what to do.
    """
    failed = [f"{each.name}: {each.found} ({each.advice})" for each in checks if not each.ok]
    if failed:
        raise InputError(
            f"{'; '.join(failed)}; or start all the same with --force, which is noted in the data"
        )


def as_record(checks: Sequence[Check], *, forced: bool) -> dict[str, Any]:
    """Return the entry of the sidecar."""
    kept = [{key: value for key, value in asdict(each).items() if key != "advice"} for each in checks]
    return {"ok": all(each.ok for each in checks), "forced": forced, "checks": kept}
