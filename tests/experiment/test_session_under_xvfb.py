"""A real process, a real window, real key presses, a real kill."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageGrab

from experiment.screen.layout import at_size
from experiment.session.plan import schedule
from stimuli.records import StimulusSet

WINDOW_PX = (1280, 800)  # of the virtual screen, too
STUDY = f"""
[experiment]
inter_trial_interval_s = 0.2
break_every = 3
participant_fields = [{{ name = "age", question = "Age in years", type = "integer", units = "years" }}]
[experiment.monitor]
size_px = {list(WINDOW_PX)}
"""


def until(evidence: Callable[[], object], what: str, patience_s: float = 40.0) -> None:
    """Wait for evidence, not for time."""
    end = time.monotonic() + patience_s
    while not evidence():
        assert time.monotonic() < end, f"waited {patience_s} s in vain for {what}"
        time.sleep(0.05)


class Session:
    """The session's process, and the hands of a participant who never waits for a prompt."""

    def __init__(self, screen: str, study: Path) -> None:
        # A bare environment: no locale, no QT, a fresh home.
        self._env = {"PATH": os.environ["PATH"], "HOME": str(study), "DISPLAY": screen}
        self._table = study / "data" / "sub-07" / "beh" / "sub-07_task-harder_beh.tsv"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tricky", "-C", str(study), "run", "--no-dialog", "--force"),
                *("--participant", "07", "--field", "age=31"),
            ],
            stdin=subprocess.DEVNULL,
            env=self._env,
            stdout=subprocess.PIPE,
            text=True,
        )
        until(lambda: self._ended() or self._focused(), "the window")
        assert not self._ended(), "the session ended before its window opened"

    def rows(self) -> list[list[str]]:
        """Return the rows on disk, those with a line end."""
        if not self._table.exists():
            return []
        return [line.split("\t") for line in self._table.read_text().split("\n")[1:-1]]

    def press_until(self, done: Callable[[], object], *keys: str) -> None:
        """Press keys by turns until there is evidence that they did their work."""

        def press() -> bool:
            for key in keys:
                self._xdotool("key", key)
            return bool(done())

        until(press, f"{keys} to lead there")

    def _focused(self) -> bool:
        found = self._xdotool("search", "--onlyvisible", "--name", "PsychoPy").stdout.split()
        return bool(found) and self._xdotool("windowfocus", found[-1]).returncode == 0

    def _ended(self) -> bool:
        return self.process.poll() is not None

    def _xdotool(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["xdotool", *arguments], env=self._env, capture_output=True, text=True, check=False
        )


def is_shown(made: StimulusSet, item: str, centre_x: int, height: int, screen: str) -> bool:
    """Return whether an image is on the screen, exact in every pixel."""
    picture = np.asarray(
        at_size(Image.open(made.folder / made.items[item].file).convert("RGB"), (height, height))
    )
    left, top = centre_x - height // 2, (WINDOW_PX[1] - height) // 2
    box = (left, top, left + height, top + height)
    return np.array_equal(np.asarray(ImageGrab.grab(box, xdisplay=screen).convert("RGB")), picture)


def test_a_killed_session_continues_and_contains_every_trial_once_in_the_planned_order(
    screen, tmp_path, bids_issues, build_digits
):
    study, data = tmp_path, tmp_path / "data"
    made = build_digits(study, trials=6, practice_trials=2)
    (study / "study.toml").write_text(STUDY)
    trials = schedule(made, "07")

    first = Session(screen, study)
    first.press_until(lambda: len(first.rows()) >= 4, "Left", "space")
    first.process.send_signal(signal.SIGKILL)
    first.process.communicate()
    before = first.rows()
    assert 4 <= len(before) < len(trials)
    assert bids_issues(data) == []

    second = Session(screen, study)
    second.press_until(lambda: len(second.rows()) > len(before), "Right", "space")
    assert bids_issues(data) == []
    apparatus = json.loads(next(data.rglob("*_beh.json")).read_text())["Apparatus"]
    (left, right), height = apparatus["image_centres_px"], apparatus["image_height_px"]

    def pair_is_on() -> bool:
        trial = trials[len(second.rows())]
        sides = ((trial.items[0], left), (trial.items[1], right))
        return all(is_shown(made, item, centre, height, screen) for item, centre in sides)

    second.press_until(pair_is_on, "space")  # no answer is given now, so the next pair comes up and stays
    second.press_until(lambda: second.process.poll() is not None, "Right", "space")
    said = second.process.communicate()[0]
    assert said == (
        f"sub-07: the session continues with trial {len(before) + 1} of 8\n"
        "Keyboard check: press the key `space` in the session's window; waiting for it for up to 30 s …\n"
        f"Session complete: 8 trials in {data / 'sub-07' / 'beh' / 'sub-07_task-harder_beh.tsv'}\n"
    )
    assert (data / "participants.tsv").read_text() == "participant_id\tkind\tage\nsub-07\tperson\t31\n"
    checks = {
        each["name"]: each
        for each in json.loads(next(data.rglob("*_beh.json")).read_text())["Preflight"]["checks"]
    }
    assert checks["keyboard"] == {"name": "keyboard", "ok": True, "found": "a key press arrived through ptb"}
    assert not checks["refresh rate"]["ok"]  # a virtual screen has none

    rows = second.rows()
    assert [row[:5] for row in rows] == [
        [str(trial.trial_index), trial.block, trial.trial_id, trial.items[0], trial.items[1]]
        for trial in trials
    ]
    assert rows[: len(before)] == before
    assert [row[5] for row in rows] == ["left"] * len(before) + ["right"] * (len(trials) - len(before))
    assert [row[-1] for row in rows] == ["false"] * len(before) + ["true"] * (len(trials) - len(before))
    onsets_s = [float(row[8]) for row in rows]
    times_s = [float(row[7]) for row in rows]
    assert all(time_s > 0 for time_s in times_s)
    ends_s = [onset + time_s for onset, time_s in zip(onsets_s, times_s, strict=True)]
    assert all(end < onset for end, onset in zip(ends_s, onsets_s[1:], strict=False))
    assert bids_issues(data) == []


def test_a_full_disk_pauses_the_session_until_there_is_space_and_escape_twice_stops(
    screen, tmp_path, bids_issues, build_digits
):
    study, data = tmp_path, tmp_path / "data"
    build_digits(study, trials=6, practice_trials=2)
    (study / "study.toml").write_text(STUDY)
    session = Session(screen, study)
    session.press_until(lambda: len(session.rows()) >= 3, "Left", "space")
    table = next(data.rglob("*_beh.tsv"))

    def settled() -> bool:
        size = table.stat().st_size
        time.sleep(0.5)
        return table.stat().st_size == size

    until(settled, "the last keys to have had their effect")
    before = session.rows()
    size, unlimited = table.stat().st_size, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(session.process.pid, resource.RLIMIT_FSIZE, (size + 10, resource.RLIM_INFINITY))
    session.press_until(lambda: table.stat().st_size == size + 10, "Left", "space")  # torn by the system
    session.press_until(lambda: True, "space", "space")  # tried again, in vain
    assert session.process.poll() is None
    assert session.rows() == before

    resource.prlimit(session.process.pid, resource.RLIMIT_FSIZE, unlimited)
    session.press_until(lambda: len(session.rows()) > len(before), "space")
    assert session.rows()[: len(before)] == before
    assert bids_issues(data) == []
    session.press_until(lambda: session.process.poll() is not None, "Escape", "Escape")
    said = session.process.communicate()[0].splitlines()[-1]
    assert said.startswith(f"Session stopped after {len(session.rows())} trials")
    assert [row[0] for row in session.rows()] == [str(index) for index in range(len(session.rows()))]
