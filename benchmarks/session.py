"""Frames dropped, the way from a key to the next stimulus, and the error of response times, under Xvfb.

A window on a virtual screen (1280 × 800, paced to 60 Hz as there is no refresh to wait for) shows pairs of
500 × 375 images: once through the session's own engine, display, keyboard and journal, everything prepared
before the first trial; once with PsychoPy's ImageStim made from its file when it is needed. Keys are
synthetic (XTest, from a second thread with a connection of its own), sent at a known time after the flip, so
that the whole chain from flip to recorded response time is closed. Prints as its last line one JSON object:

`dropped_frames`, `psychopy_dropped_frames`: flips missed from the first fixation to the last answer;
`next_stimulus_ms`: median from a key press to the flip that shows the next pair, with no interval between
trials, `TOGETHER_S` of listening for a second key included; `fsync_ms`: median of what the disk takes of it;
`loopback_ms`, `loopback_sd_ms`: recorded response time minus the time from flip to sent key.

It says what software adds. It says nothing of a real keyboard (5 to 20 ms until a press is seen) or of a
real screen (the lines of a picture appear one after the other, and panels take their time).

    python -P benchmarks/session.py [NUMBER OF PAIRS]
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from stimuli.manifest import CONTENT, SetManifest

# Python puts a script's folder first, where this file would stand for the package of the same name.
sys.path[:] = [each for each in sys.path if Path(each).resolve() != Path(__file__).resolve().parent]

from experiment.data.bids import Dataset, SessionPath  # noqa: E402
from experiment.data.journal import Journal  # noqa: E402
from experiment.records import Response  # noqa: E402
from experiment.screen.texts import read_texts  # noqa: E402
from experiment.session.engine import run  # noqa: E402
from experiment.session.plan import steps  # noqa: E402
from experiment.session.prepare import Material, SessionSetup, prepare_session  # noqa: E402
from experiment.settings import ExperimentSettings, MonitorSettings  # noqa: E402
from stimuli.records import Block, Item, StimulusSet, Trial  # noqa: E402

SIZE_PX = (500, 375)
PERIOD_S = 1 / 60
KEYSYMS = {"left": 0xFF51, "right": 0xFF53, "space": 0x20}


class Hands:
    """Presses keys of an X server at given times, from a thread of its own."""

    def __init__(self) -> None:
        self._x11 = ctypes.CDLL("libX11.so.6")
        self._xtst = ctypes.CDLL("libXtst.so.6")
        self._x11.XOpenDisplay.restype = ctypes.c_void_p
        self._display = ctypes.c_void_p(self._x11.XOpenDisplay(None))
        self.sent_s: list[float] = []

    def press(self, key: str, after_s: float, now: Any) -> None:
        """Press and release a key after a time, and note when."""
        threading.Thread(target=self._press, args=(key, after_s, now), daemon=True).start()

    def _press(self, key: str, after_s: float, now: Any) -> None:
        code = self._x11.XKeysymToKeycode(self._display, ctypes.c_ulong(KEYSYMS[key]))
        time.sleep(after_s)
        self.sent_s.append(now())
        for is_down in (1, 0):
            self._xtst.XTestFakeKeyEvent(self._display, ctypes.c_uint(code), is_down, ctypes.c_ulong(0))
        self._x11.XFlush(self._display)

    def focus(self) -> None:
        """Give the window the keyboard, as no window manager does here."""
        found = subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", "PsychoPy"],
            capture_output=True,
            text=True,
            check=True,
        )
        subprocess.run(["xdotool", "windowfocus", "--sync", found.stdout.split()[-1]], check=True)


def pairs_of_noise(folder: Path, n: int) -> StimulusSet:
    """Write 2 `n` images as hard to compress as photographs, and pair them."""
    rng = np.random.default_rng(1)
    items, trials = {}, []
    (folder / "images").mkdir(parents=True)
    for number in range(2 * n):
        name = f"i{number:04d}"
        coarse = Image.fromarray(rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)).resize(SIZE_PX)
        noisy = np.asarray(coarse, dtype=np.int16) + rng.integers(-12, 13, (*SIZE_PX[::-1], 3))
        Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(folder / "images" / f"{name}.png")
        hard = number % 2 == 0
        label = ("impossible", 0) if hard else ("trivial", 11)
        items[name] = Item(name, name, f"images/{name}.png", "", 0, "noise", *label, 11)
    trials = [Trial(f"t{i:03d}", Block.MAIN, (f"i{2 * i:04d}", f"i{2 * i + 1:04d}")) for i in range(n)]
    manifest = SetManifest.model_validate_json(
        json.dumps(
            {
                **{"made_from": {}, "settings": {"stimuli": {}}, "versions": {}, "set_id": "0" * 16},
                **{"name": "benchmark", "task": "2afc", "tables": dict.fromkeys(CONTENT, "0" * 64)},
            }
        )
    )
    return StimulusSet(folder, manifest, items, tuple(trials))


def missed(flips_s: list[float]) -> int:
    """Count the refreshes missed between flips."""
    periods = np.diff(flips_s) / PERIOD_S
    return int(sum(round(float(each)) - 1 for each in periods if each > 1.5))


@dataclass
class Measured:
    """A session whose observer presses synthetic keys at known times, and what was measured of it.

    Attributes
    ----------
    devices : WindowDevices
        Window and keyboard.
    journal : Journal
        The session table.
    hands : Hands
        Press the keys.
    now : callable
        The clock of flips and keys, in s.
    """

    devices: Any
    journal: Journal
    hands: Hands
    now: Callable[[], float]
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(2))
    responses: list[Response] = field(default_factory=list)
    due_s: list[float] = field(default_factory=list)
    starts_s: list[float] = field(default_factory=list)
    disk_s: list[float] = field(default_factory=list)

    def turn_page(self) -> None:
        """Press the space bar."""
        self.hands.press("space", 0.05, self.now)
        self.devices.observer.turn_page()
        self.starts_s.append(self.now())

    def choose(self, trial: Any, ask: Any) -> Any:
        """Press an arrow key after a random time."""
        self.hands.sent_s.clear()
        key = "left" if self.rng.random() < 0.5 else "right"
        self.hands.press(key, self.rng.uniform(0.1, 0.3), self.now)
        onset_s = self.devices.display.onset_s
        choice = self.devices.observer.choose(trial, ask)
        self.due_s.append(self.hands.sent_s[0] - onset_s)
        return choice

    def record(self, response: Response) -> None:
        """Save a response, and note how long the disk took."""
        began = time.perf_counter()
        self.journal.record(response)
        self.disk_s.append(time.perf_counter() - began)
        self.responses.append(response)

    def note(self, name: str, choice: Any) -> None:
        """No question is asked outside trials."""

    def figures(self, flips_s: list[float]) -> dict[str, float]:
        """Return the figures, from the times of all flips."""
        first = next(i for i, time_s in enumerate(flips_s) if time_s > self.starts_s[0])
        last = max(i for i, time_s in enumerate(flips_s) if time_s < self.starts_s[-1] - 0.05)
        times_s = np.array([response.choice.response_time_s for response in self.responses])
        onsets_s = np.array([response.onset_s for response in self.responses])
        errors_ms = 1e3 * (times_s - np.array(self.due_s))
        return {
            "dropped_frames": missed(flips_s[first:last]),
            "next_stimulus_ms": float(np.median(1e3 * (onsets_s[1:] - onsets_s[:-1] - times_s[:-1]))),
            "fsync_ms": float(np.median(1e3 * np.array(self.disk_s))),
            "loopback_ms": float(np.median(errors_ms)),
            "loopback_sd_ms": float(np.std(errors_ms)),
        }


def prepared(folder: Path, n: int) -> dict[str, float]:
    """Run a session of `n` pairs as `tricky run` does."""
    from psychopy import logging, visual

    from experiment.screen.psychopy_devices import open_devices

    window_type: Any = visual.Window
    now, hands, flips_s = logging.defaultClock.getTime, Hands(), list[float]()
    flip = window_type.flip

    def noted(window: Any, *arguments: Any, **keywords: Any) -> Any:
        time_s = flip(window, *arguments, **keywords)
        flips_s.append(now())
        return time_s

    settings = ExperimentSettings(
        monitor=MonitorSettings(size_px=(1280, 800), full_screen=False),
        inter_trial_interval_s=0.0,
        break_every=0,
        image_height_deg=8.0,
        examples=False,
    )
    setup = SessionSetup(folder, folder / "data", settings, Dataset("Benchmark", ("n/a",), "n/a", "CC0-1.0"))
    material = Material(pairs_of_noise(folder, n), read_texts())
    session = prepare_session(setup, material, SessionPath(setup.data, "07", None, settings.task_name))
    threading.Timer(0, _press_until_heard, (hands, now)).start()
    with (
        open_devices(session.content) as devices,
        Journal(folder / "beh.tsv", session.trials, session.table) as journal,
    ):
        HEARD.set()
        devices.display.get_ready()
        window_type.flip = noted
        measured = Measured(devices, journal, hands, now)
        plan = steps(session.trials, 0, 0)
        run(plan, devices.display, measured, measured, session.task, inter_trial_interval_s=0.0)
    window_type.flip = flip
    return measured.figures(flips_s)


HEARD = threading.Event()


def _press_until_heard(hands: Hands, now: Any) -> None:
    """Press the key that the keyboard check asks for, as soon as the window is open."""
    while not HEARD.is_set():
        time.sleep(0.5)
        try:
            hands.focus()
        except subprocess.CalledProcessError:
            continue
        hands.press("space", 0.0, now)


def on_the_fly(folder: Path, n: int) -> dict[str, float]:
    """Show `n` pairs by making PsychoPy's stimuli when they are needed, paced as the session is."""
    from psychopy import core, visual

    made = pairs_of_noise(folder, n)
    window = visual.Window((1280, 800), units="pix", color=(0, 0, 0), checkTiming=False, allowGUI=False)
    flips_s = [float(core.getTime())]

    def frame(*stims: Any) -> None:
        for stim in stims:
            stim.draw()
        time.sleep(max(0.0, flips_s[-1] + PERIOD_S - core.getTime()))
        window.flip()
        flips_s.append(float(core.getTime()))

    fixation = visual.TextStim(window, "+")
    frame(fixation)
    flips_s = flips_s[-1:]
    for trial in made.trials:
        for _ in range(6):
            frame(fixation)
        pair = [
            visual.ImageStim(window, str(folder / made.items[item].file), pos=(x, 0), size=SIZE_PX)
            for item, x in zip(trial.item_ids, (-300, 300), strict=True)
        ]
        for _ in range(12):
            frame(*pair)
    window.close()
    return {"psychopy_dropped_frames": missed(flips_s)}


def main() -> None:
    """Run each half in a process of its own, on one virtual screen."""
    if len(sys.argv) > 2:
        with tempfile.TemporaryDirectory() as folder:
            half = {"prepared": prepared, "on_the_fly": on_the_fly}[sys.argv[2]]
            print(json.dumps(half(Path(folder), int(sys.argv[1]))))
        return
    n = sys.argv[1] if len(sys.argv) > 1 else "150"
    read, write = os.pipe()
    server = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    figures: dict[str, float] = {}
    with subprocess.Popen(server, pass_fds=(write,), stderr=subprocess.DEVNULL) as xvfb:
        os.close(write)
        with os.fdopen(read) as answer:
            environment = os.environ | {"DISPLAY": f":{int(answer.readline())}"}
        for half in ("prepared", "on_the_fly"):
            command = [sys.executable, "-P", __file__, n, half]
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            figures |= json.loads(done.stdout.splitlines()[-1])
        xvfb.terminate()
    print(f"{n} pairs of {SIZE_PX[0]} × {SIZE_PX[1]} images, 1280 × 800 under Xvfb, paced to 60 Hz")
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
