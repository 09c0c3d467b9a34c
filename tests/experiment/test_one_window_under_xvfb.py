"""One window from the keyboard check to the last page, with images that are ready when they are needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

INFORMATION = "# About this study\n\nIt is short.\n"
STUDY = """
[experiment]
keyboard = "event"
participant_fields = []
inter_trial_interval_s = 0.05
information = "information.md"
[experiment.presentation]
image_ms = 50
mask_ms = 50
[experiment.monitor]
size_px = [1280, 800]
"""
WATCHED = """
import json, sys
from pathlib import Path
from psychopy import visual
from experiment.screen import psychopy_display, psychopy_pages
from tricky.cli import main

log = open(sys.argv[1], "w", buffering=1)

def note(owner, name, *attributes):
    original = getattr(owner, name)
    def noted(self, *arguments, **keywords):
        about = [str(getattr(arguments[0], each)) for each in attributes]
        if hasattr(self, "_queue"):
            about.append(len(self._queue))
        log.write(json.dumps([name, *about]) + "\\n")
        return original(self, *arguments, **keywords)
    setattr(owner, name, noted)

note(visual.Window, "__init__")
note(visual.Window, "close")
note(psychopy_display.PsychopyDisplay, "page", "name")
note(psychopy_display.PsychopyDisplay, "images", "trial_index")
note(psychopy_display.PsychopyDisplay, "ask_to_wait")
note(psychopy_pages.PsychopyReader, "read", "title")
note(psychopy_pages.PsychopyReader, "question", "name")
sys.argv[1:] = ["-C", sys.argv[2], "run", "--participant", "07", "--no-dialog", "--force"]
main()
"""


class WatchedSession:
    """A session in a process of its own, which logs each window and each page."""

    def __init__(self, screen: str, study: Path) -> None:
        self._log = study / "log"
        self._env = {"PATH": os.environ["PATH"], "HOME": str(study), "DISPLAY": screen}
        self.process = subprocess.Popen(
            [sys.executable, "-c", WATCHED, str(self._log), str(study)],
            env=self._env | {"PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def events(self) -> list[list]:
        """Return what happened so far; lines that are complete."""
        if not self._log.exists():
            return []
        return [json.loads(line) for line in self._log.read_text().split("\n")[:-1]]

    def press_until(self, name: str, *keys: str, patience_s: float = 60.0) -> None:
        """Press keys by turns until a page, or the end of the process."""
        end = time.monotonic() + patience_s
        while self.process.poll() is None and not any(name in event for event in self.events()):
            assert time.monotonic() < end, f"{keys} did not lead to {name}: {self.events()}"
            self.press(*keys)
            time.sleep(0.05)

    def press(self, *keys: str) -> None:
        """Press keys in the session's window, if it is open."""
        found = self._xdotool("search", "--onlyvisible", "--name", "PsychoPy").split()
        if found:
            self._xdotool("windowfocus", found[-1], *(part for key in keys for part in ("key", key)))

    def _xdotool(self, *arguments: str) -> str:
        return subprocess.run(
            ["xdotool", *arguments], env=self._env, capture_output=True, text=True, check=False
        ).stdout


@pytest.fixture
def study(tmp_path, build_digits):
    build_digits(tmp_path, trials=6, practice_trials=2)
    (tmp_path / "information.md").write_text(INFORMATION)
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path


def test_one_window_shows_the_keyboard_check_then_the_consent_then_prepared_trials(screen, study):
    session = WatchedSession(screen, study)
    session.press_until("consent", "space")
    assert not (study / "data").exists()
    session.press_until("welcome", "1")
    time.sleep(1.0)  # a fast reader: 16 images are prepared at one a frame
    session.press_until("never", "space", "Left")
    said, wrong = session.process.communicate()
    assert (session.process.returncode, wrong) == (0, "")
    assert said.startswith("Keyboard check: press the key `space` in the session's window")
    assert "Session complete: 8 trials" in said
    events = session.events()
    names = [event[0] for event in events]
    assert (names.count("__init__"), names[0]) == (1, "__init__")
    assert (names.count("close"), names[-1]) == (1, "close")
    assert "ask_to_wait" not in names
    pages = [event[1] for event in events if event[0] in ("page", "read", "question")]
    assert pages == [
        *("keyboard", "About this study", "consent"),
        *("welcome", "examples", "practice", "main", "closing"),
    ]
    left = {event[1]: event[-1] for event in events if event[0] == "images"}
    assert left == dict.fromkeys(map(str, range(8)), 0)  # nothing is left to prepare at any trial


def test_a_session_that_is_killed_while_consent_is_asked_leaves_nothing(screen, study):
    session = WatchedSession(screen, study)
    session.press_until("consent", "space")
    session.process.kill()
    session.process.communicate()
    assert not (study / "data").exists()
    assert not (study / "consent.tsv").exists()


def test_escape_twice_while_consent_is_asked_ends_the_session_in_one_line(screen, study):
    session = WatchedSession(screen, study)
    session.press_until("consent", "space")
    session.press_until("close", "Escape", "Escape")
    _, wrong = session.process.communicate()
    assert session.process.returncode == 2
    assert wrong.count("\n") == 1
    assert "stopped before the participant agreed to take part; nothing is saved" in wrong
    assert not (study / "data").exists()
