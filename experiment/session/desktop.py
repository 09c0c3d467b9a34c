"""Ask the operating system what could cover the screen during a session.

None means that it can't be determined on this system.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess


def screen_saver_is_on() -> bool | None:
    """Return whether a screen saver or screen blanking may start."""
    match platform.system():
        case "Windows":
            return _windows_screen_saver()
        case "Darwin":
            idle_s = _said("defaults", "-currentHost", "read", "com.apple.screensaver", "idleTime")
            return None if idle_s is None else idle_s != "0"
        case _:
            x11 = _said("xset", "q")
            x11_on = None if x11 is None else _x11_blanks(x11)
            gnome = _gnome("org.gnome.desktop.session", "idle-delay")
            gnome_on = None if gnome is None else not gnome.endswith(" 0")
            return any_of(x11_on, gnome_on)


def notifications_are_on() -> bool | None:
    """Return whether other programs may show notifications."""
    match platform.system():
        case "Windows":
            return _windows_toasts()
        case "Darwin":
            return None  # programs can't read the Focus setting
        case _:
            gnome = _gnome("org.gnome.desktop.notifications", "show-banners")
            return None if gnome is None else gnome == "true"


def _gnome(schema: str, key: str) -> str | None:
    """Return a setting if GNOME is the desktop; elsewhere it may exist without effect."""
    is_gnome = "GNOME" in os.environ.get("XDG_CURRENT_DESKTOP", "")
    return _said("gsettings", "get", schema, key) if is_gnome else None


def any_of(*answers: bool | None) -> bool | None:
    """Return True if one answer is True, False if none is but one is False, None if all are None."""
    known = [answer for answer in answers if answer is not None]
    return any(known) if known else None


def _x11_blanks(said: str) -> bool:
    """Read `xset q`: the screen saver's timeout (0 is never), and whether power saving (DPMS) is enabled."""
    timeout = said.partition("timeout:")[2].split()
    return (bool(timeout) and timeout[0] != "0") or "DPMS is Enabled" in said


def _said(*command: str) -> str | None:
    """Return what a command prints; None if it does not exist, fails or prints nothing."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    return done.stdout.strip() or None if done.returncode == 0 else None


def _windows_screen_saver() -> bool | None:
    import ctypes

    user32 = getattr(ctypes, "windll").user32  # noqa: B009 - known to type checkers on Windows only
    is_on = ctypes.c_int()
    get_screen_save_active = 0x0010  # SPI_GETSCREENSAVEACTIVE
    answered = user32.SystemParametersInfoW(get_screen_save_active, 0, ctypes.byref(is_on), 0)
    return bool(is_on.value) if answered else None


def _windows_toasts() -> bool | None:
    said = _said(
        *("reg", "query", r"HKCU\Software\Microsoft\Windows\CurrentVersion\PushNotifications"),
        *("/v", "ToastEnabled"),
    )
    return None if said is None else not said.endswith("0x0")
