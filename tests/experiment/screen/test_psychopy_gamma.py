"""Files as PsychoPy itself writes them; each test in a process of its own, as PsychoPy needs a screen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

WRITE = """
import sys
from pathlib import Path
import numpy as np
from psychopy.monitors import calibTools
calibTools.monitorFolder = sys.argv[1]
monitor = calibTools.Monitor("booth")
monitor.setGamma(1.5)
monitor.newCalib("2020_01_01 10:00")
monitor.newCalib("2099_01_01 10:00")
monitor.setGammaGrid(np.array([[0, 90, 2.3], [0, 30, 2.2], [0, 40, 2.1], [0, 20, 2.0]]))
monitor.save()
calibTools.Monitor("unmeasured", width=53).save()
this = '{"__instance_type__": ["this", "Monitor"], "attributes": {}}'  # a module that prints when imported
Path(sys.argv[1], "names_code.json").write_text('{"2099_01_01 10:00": ' + this + "}")
"""
READ = """
import sys
from pathlib import Path
from tricky.core.errors import InputError
from experiment.screen.psychopy_window import read_gamma
for name in ("booth", "unmeasured", "names_code", "missing"):
    try:
        print(read_gamma(Path(sys.argv[1]) / f"{name}.json"))
    except InputError as error:
        print(error)
"""
OPEN = """
import sys
from pathlib import Path
from tricky.core.errors import InputError
from experiment.screen.psychopy_window import open_window
from experiment.settings import ExperimentSettings, MonitorSettings
monitor = MonitorSettings(size_px=(640, 480), full_screen=False, gamma_file=Path("booth.json"))
try:
    open_window(ExperimentSettings(monitor=monitor), Path(sys.argv[1]))
except InputError as error:
    print(error)
"""


def said(code: str, folder: Path, screen: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env=os.environ | {"DISPLAY": screen},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_the_newest_gamma_of_a_file_by_psychopy_is_read_and_a_screen_without_a_table_refused(
    screen, tmp_path
):
    said(WRITE, tmp_path, screen)
    booth, unmeasured, names_code, missing = said(READ, tmp_path, screen)
    assert booth == "[2.2, 2.1, 2.0]"
    assert "no gamma in it" in unmeasured
    assert "no gamma in it" in names_code
    assert "missing.json" in missing
    assert "not readable" in missing
    (refused,) = said(OPEN, tmp_path, screen)  # a virtual screen has no gamma table
    assert "accepts no gamma table" in refused
