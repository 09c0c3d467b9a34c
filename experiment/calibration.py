"""The calibration of a screen: width of the picture and viewing distance, in ``calibration.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from experiment.settings import ExperimentSettings
from tricky.core.errors import InputError
from tricky.core.manifests import Manifest, read_manifest, write_manifest

CARD_WIDTH_CM, CARD_HEIGHT_CM = 8.560, 5.398
"""Size of a bank card (ISO/IEC 7810, ID-1)."""
FILE_NAME = "calibration.json"


Pixels = Annotated[int, Field(gt=0)]
Centimetres = Annotated[float, Field(gt=0)]


class Calibration(Manifest):
    """What `tricky calibrate` measured.

    Attributes
    ----------
    measured : str
        Time of the measurement (UTC).
    computer : str
        Hardware and operating system, not the computer's name.
    screen_px : tuple of int
        Width and height of the screen.
    card_width_px : int
        Width at which the outline on the screen had the size of a bank card.
    width_cm : float
        Width of the visible picture, computed from it.
    viewing_distance_cm : float
        As it was entered.
    """

    measured: str
    computer: str
    screen_px: tuple[Pixels, Pixels]
    card_width_px: Pixels
    width_cm: Centimetres
    viewing_distance_cm: Centimetres


def width_from_card(card_width_px: int, screen_width_px: int) -> float:
    """Return the width of the picture in cm, to the tenth of a millimetre."""
    return round(screen_width_px * CARD_WIDTH_CM / card_width_px, 2)


def keep_calibration(root: Path, calibration: Calibration) -> Path:
    """Save ``calibration.json`` in the study's folder."""
    path = root / FILE_NAME
    write_manifest(path, Calibration, calibration.model_dump(mode="json"))
    return path


def apply_calibration(settings: ExperimentSettings, root: Path) -> ExperimentSettings:
    """Return the settings with the measured width and distance instead of those in ``study.toml``.

    Without ``calibration.json`` the settings stay the same.

    Raises
    ------
    InputError
        The file is damaged, or of a screen with other pixels than the settings describe.
    """
    path = root / FILE_NAME
    if not path.exists():
        return settings
    found = read_manifest(path, Calibration, "tricky calibrate")
    monitor = settings.monitor
    if monitor.full_screen and tuple(monitor.size_px) != found.screen_px:
        raise InputError(
            f"{path}: measured on a screen of {found.screen_px[0]} × {found.screen_px[1]} pixels, while "
            f"[experiment.monitor] in study.toml has {monitor.size_px[0]} × {monitor.size_px[1]}; run "
            "`tricky calibrate` on this screen, or delete the file"
        )
    measured = {"width_cm": found.width_cm, "viewing_distance_cm": found.viewing_distance_cm}
    return settings.model_copy(update={"monitor": monitor.model_copy(update=measured)})
