"""Linearise the screen with the gamma that PsychoPy's Monitor Center measured.

The gamma table belongs to the system: PsychoPy restores the earlier one when the window closes, also after
an error.
"""

from __future__ import annotations

from pathlib import Path

import json_tricks
import numpy as np
from json_tricks.decoders import json_numpy_obj_hook
from psychopy import monitors, visual

from tricky.core.errors import InputError


def read_gamma(path: Path) -> list[float]:
    """Return the gamma of red, green and blue in the newest calibration of a PsychoPy monitor file.

    Raises
    ------
    InputError
        The file is missing or not a monitor file, or its newest calibration has no gamma.
    """
    where = f"{path} ([experiment.monitor] gamma_file)"
    try:
        with path.open(encoding="utf-8") as file:
            # Arrays are all that PsychoPy saves there; the other hooks import what a file names.
            calibrations = json_tricks.load(
                file, ignore_comments=False, preserve_order=False, obj_pairs_hooks=[json_numpy_obj_hook]
            )
        newest = calibrations[max(calibrations)]
        found = monitors.Monitor("of no file", currentCalib=newest, autoLog=False)
        found.currentCalib = newest
        gamma = np.broadcast_to(np.asarray(found.getGamma(), dtype=float), 3)  # NaN if there is none
        if not (np.isfinite(gamma).all() and (gamma > 0).all()):
            raise ValueError(gamma)
    except OSError as error:
        raise InputError(f"{where}: not readable ({error.strerror or error}); correct study.toml") from None
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        raise InputError(
            f"{where}: no gamma in it; name a file that PsychoPy's Monitor Center saved after measuring it"
        ) from None
    return [round(each, 5) for each in gamma.tolist()]  # stored in single precision


def linearise(window: visual.Window, gamma: list[float]) -> None:
    """Make luminance proportional to grey levels until the window closes.

    Raises
    ------
    InputError
        The system or the screen does not accept a gamma table.
    """
    try:
        window.gamma = gamma
    except OSError:
        window.close()
        raise InputError(
            "[experiment.monitor] gamma_file: this screen accepts no gamma table (remote and virtual "
            "screens, some laptops); use another screen, or leave it out of study.toml"
        ) from None
