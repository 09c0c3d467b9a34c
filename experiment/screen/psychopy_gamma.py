"""The screen made linear: the gamma that PsychoPy's Monitor Center measured, put into the graphics table.

The table is the system's: PsychoPy puts the earlier one back when the window closes, also after an error.
"""

from __future__ import annotations

from pathlib import Path

import json_tricks
import numpy as np
from psychopy import monitors, visual

from tricky.core.errors import InputError


def read_gamma(path: Path) -> list[float]:
    """Return the gamma of red, green and blue in the newest calibration of a monitor file of PsychoPy's.

    Raises
    ------
    InputError
        The file is missing, is no such file, or its newest calibration measured no gamma.
    """
    where = f"{path} ([experiment.monitor] gamma_file)"
    try:
        with path.open(encoding="utf-8") as file:
            calibrations = json_tricks.load(file, ignore_comments=False, preserve_order=False)
        newest = calibrations[max(calibrations)]
        found = monitors.Monitor("of no file", currentCalib=newest, autoLog=False)
        found.currentCalib = newest
        gamma = np.broadcast_to(np.asarray(found.getGamma(), dtype=float), 3)  # nan where there is none
        if not (np.isfinite(gamma).all() and (gamma > 0).all()):
            raise ValueError(gamma)
    except OSError as error:
        raise InputError(f"{where}: not readable ({error.strerror or error}); correct study.toml") from None
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        raise InputError(
            f"{where}: no gamma there; name a file that PsychoPy's Monitor Center kept after measuring it"
        ) from None
    return [round(each, 5) for each in gamma.tolist()]  # kept in single precision


def linearise(window: visual.Window, gamma: list[float]) -> None:
    """Let grey levels be proportional to luminance, until the window closes.

    Raises
    ------
    InputError
        The system or the screen takes no gamma table.
    """
    try:
        window.gamma = gamma
    except OSError:
        window.close()
        raise InputError(
            "[experiment.monitor] gamma_file: this screen takes no gamma table (remote and virtual screens, "
            "some laptops); use another screen, or leave it out of study.toml"
        ) from None
