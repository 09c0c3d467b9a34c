"""The screen measured at the screen: how wide the picture is, and how far away the observer sits."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from experiment.settings import ExperimentSettings
from tricky.core.errors import InputError
from tricky.core.files import read_json, write_json

CARD_WIDTH_CM, CARD_HEIGHT_CM = 8.560, 5.398
"""Of a bank card: ISO/IEC 7810, ID-1."""
FILE_NAME = "calibration.json"


@dataclass(frozen=True)
class Calibration:
    """What `tricky calibrate` measured.

    Attributes
    ----------
    measured : str
        When (UTC).
    computer : str
        The kind of machine and its system, not its name.
    screen_px : tuple of int
        Width and height of the screen.
    card_width_px : int
        Width at which the outline on the screen was that of a bank card.
    width_cm : float
        Of the visible picture, which follows from it.
    viewing_distance_cm : float
        As it was entered.
    """

    measured: str
    computer: str
    screen_px: tuple[int, int]
    card_width_px: int
    width_cm: float
    viewing_distance_cm: float


def width_from_card(card_width_px: int, screen_width_px: int) -> float:
    """Return the width of the picture in cm, to the tenth of a millimetre."""
    return round(screen_width_px * CARD_WIDTH_CM / card_width_px, 2)


def keep_calibration(root: Path, calibration: Calibration) -> Path:
    """Write ``calibration.json`` into the study's folder."""
    path = root / FILE_NAME
    write_json(path, asdict(calibration))
    return path


def calibrated(settings: ExperimentSettings, root: Path) -> ExperimentSettings:
    """Return the settings with the measured width and distance in place of those of ``study.toml``.

    Without ``calibration.json`` they stay as they are.

    Raises
    ------
    InputError
        The file is damaged, or of a screen with other pixels than the settings describe.
    """
    path = root / FILE_NAME
    if not path.exists():
        return settings
    content = read_json(path, "tricky calibrate")
    try:
        names = [field.name for field in fields(Calibration)]
        found = TypeAdapter(Calibration).validate_python({name: content[name] for name in names})
    except (KeyError, ValidationError):
        raise InputError(f"{path}: damaged; run `tricky calibrate` again") from None
    monitor = settings.monitor
    if monitor.full_screen and tuple(monitor.size_px) != found.screen_px:
        raise InputError(
            f"{path}: measured on a screen of {found.screen_px[0]} × {found.screen_px[1]} pixels, while "
            f"[experiment.monitor] in study.toml has {monitor.size_px[0]} × {monitor.size_px[1]}; run "
            "`tricky calibrate` on this screen, or delete the file"
        )
    measured = {"width_cm": found.width_cm, "viewing_distance_cm": found.viewing_distance_cm}
    return settings.model_copy(update={"monitor": monitor.model_copy(update=measured)})
