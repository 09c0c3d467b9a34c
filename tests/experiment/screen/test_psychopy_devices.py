"""The real keyboard and window, each test in a process of its own on a virtual screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

LISTEN = """
import json, sys
from time import sleep
from experiment.screen.psychopy_window import open_window
from experiment.screen.psychopy_keyboards import logging, open_keyboard
from experiment.settings import ExperimentSettings, MonitorSettings

monitor = MonitorSettings(size_px=(640, 480), full_screen=False)
window = open_window(ExperimentSettings(monitor=monitor))
keyboard = open_keyboard(sys.argv[1], window)
print("ready", flush=True)
for _ in range(3):
    sys.stdin.readline()  # the looks at the keyboard are rare, the presses in between are many
    before_s, presses = logging.defaultClock.getTime(), keyboard.presses()
    looks = [[press.key, press.time_s - before_s] for press in presses]
    print(json.dumps(looks), flush=True)
"""


class Listener:
    """A process that looks at the keyboard when asked."""

    def __init__(self, screen: str, backend: str) -> None:
        self._env = os.environ | {"DISPLAY": screen}
        self.process = subprocess.Popen(
            [sys.executable, "-c", LISTEN, backend],
            env=self._env,
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        found = self.xdotool("search", "--sync", "--onlyvisible", "--name", "PsychoPy").split()
        self.xdotool("windowfocus", "--sync", found[-1])

    def xdotool(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments], env=self._env, capture_output=True, text=True, check=True
        )
        return done.stdout

    def look(self) -> list[tuple[str, float]]:
        """Return the keys pressed since the last look, and when, in s before this one."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        time.sleep(0.2)  # for the X server to pass the events on
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return [(key, time_s) for key, time_s in json.loads(self.process.stdout.readline())]


@pytest.mark.parametrize("backend", ["ptb", "event"])
def test_every_press_is_reported_once_and_in_order_however_short_or_long(screen, backend):
    listener = Listener(screen, backend)
    with listener.process:  # which ends after three looks
        listener.xdotool("key", "Left", "key", "Right", "key", "space")
        listener.xdotool("keydown", "f")
        first = listener.look()
        time.sleep(1.0)  # longer than a keyboard's delay before it repeats a key that is held
        second = listener.look()
        listener.xdotool("keyup", "f", "key", "Escape")
        third = listener.look()
    assert [[key for key, _ in look] for look in (first, second, third)] == [
        ["left", "right", "space", "f"],
        [],
        ["escape"],
    ]
    if backend == "ptb":  # time stamps tell when keys were pressed, not when we looked
        times_s = [time_s for _, time_s in first]
        assert times_s == sorted(times_s)
        assert all(-5 < time_s < -0.15 for time_s in times_s)


def refusal(screen: str, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", REFUSED.format(code=code)],
        env=os.environ | {"DISPLAY": screen},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


REFUSED = """
from experiment.screen import psychopy_window as devices
from experiment.screen import psychopy_keyboards as keyboards
from experiment.settings import ExperimentSettings, MonitorSettings
from tricky.core.errors import InputError
try:
    {code}
except InputError as error:
    print(error)
"""


DEAF = """
import sys
from experiment.session import preflight
from experiment.screen import psychopy_devices
from tricky.cli import main
preflight.check_desktop = list  # no window opens where the screen saver of the virtual screen is on
psychopy_devices.KEY_ARRIVES_WITHIN_S = 1.0
sys.argv[1:] = ["-C", sys.argv[1], "run", "--no-dialog", "--windowed", "--participant", "07"]
main()
"""


def test_a_keyboard_from_which_no_press_arrives_is_refused_before_any_trial(screen, tmp_path, build_digits):
    build_digits(tmp_path, trials=2, practice_trials=1)
    (tmp_path / "study.toml").write_text(
        "[experiment]\nparticipant_fields = []\n[experiment.monitor]\nsize_px = [1280, 800]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", DEAF, str(tmp_path)],
        env=os.environ | {"DISPLAY": screen},
        cwd=Path(__file__).parents[3],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "keyboard: no key press arrived through ptb (click into the window" in done.stderr
    assert "Traceback" not in done.stderr
    (table,) = tmp_path.glob("data/sub-07/beh/*_beh.tsv")
    assert len(table.read_text().splitlines()) == 1  # its header


def test_a_screen_that_is_not_there_is_refused(screen):
    code = "devices.open_window(ExperimentSettings(monitor=MonitorSettings(screen=3)))"
    assert refusal(screen, code).startswith("[experiment.monitor] screen is 3, but there are 1")


def test_without_psychtoolbox_the_package_to_install_is_named_and_nothing_else_is_used(screen):
    code = "keyboards.psychopy_keyboard.havePTB = False; keyboards.open_keyboard('ptb', None)"
    line = refusal(screen, code)
    assert "libjack0" in line or sys.platform != "linux"
    assert 'keyboard = "event"' in line
    assert "\n" not in line
