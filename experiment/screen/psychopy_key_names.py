"""Write PsychoPy's names of keys to a file, so that study files can be checked without PsychoPy.

Run ``python -m experiment.screen.psychopy_key_names`` on a PC with a screen (pyglet needs one); it writes
``experiment/key_names.json``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psychopy
import pyglet
from psychopy import event
from psychopy.hardware import keyboard

FILE = Path(__file__).parents[1] / "key_names.json"


def key_names() -> dict[str, Any]:
    """Return the names by keyboard backend; those of ``ptb`` by `platform.system` (the operating system)."""
    tables = {
        "Windows": keyboard.keyNamesWin,
        "Darwin": keyboard.keyNamesMac,
        "Linux": keyboard.keyNamesLinux,
    }
    return {
        "psychopy": psychopy.__version__,
        "pyglet": pyglet.version,
        "ptb": {system: sorted(set(table.values())) for system, table in tables.items()},
        "event": sorted(_event_names()),
    }


def _event_names() -> set[str]:
    """Return what `psychopy.event` calls each key that pyglet knows."""
    before = len(event._keyBuffer)
    for symbol in pyglet.window.key._key_names:  # pyglet has no public list of its keys
        event._onPygletKey(symbol, 0)  # what PsychoPy does with a key event of a window
    names = {name for name, *_ in event._keyBuffer[before:]}
    del event._keyBuffer[before:]
    return names


if __name__ == "__main__":
    FILE.write_text(json.dumps(key_names(), indent=1) + "\n", encoding="utf-8")
