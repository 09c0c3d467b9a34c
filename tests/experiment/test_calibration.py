from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from experiment.calibration import (
    CARD_WIDTH_CM,
    Calibration,
    apply_calibration,
    keep_calibration,
    width_from_card,
)
from experiment.screen.layout import ScreenGeometry
from experiment.settings import ExperimentSettings, MonitorSettings
from tricky.core.errors import InputError

MONITOR = MonitorSettings(size_px=(1280, 800), width_cm=50.0)
SETTINGS = ExperimentSettings(monitor=MONITOR)


def calibration(card_width_px: int = 320, screen_px: tuple[int, int] = (1280, 800)) -> Calibration:
    width_cm = width_from_card(card_width_px, screen_px[0])
    return Calibration(
        measured="2026-01-01T00:00:00+00:00",
        computer="Linux",
        screen_px=screen_px,
        card_width_px=card_width_px,
        width_cm=width_cm,
        viewing_distance_cm=57.0,
    )


def test_a_card_a_quarter_of_the_screen_wide_makes_the_screen_four_cards_wide():
    assert width_from_card(320, 1280) == pytest.approx(4 * 8.56)


def test_a_degree_has_the_pixels_that_the_card_says(tmp_path):
    # 8.56 cm on 320 pixels: at 57 cm a degree is 2 × 57 × tan(0.5°) = 0.99486 cm, or 37.191 pixels.
    keep_calibration(tmp_path, calibration())
    monitor = apply_calibration(SETTINGS, tmp_path).monitor
    geometry = ScreenGeometry((1280, 800), (1280, 800), monitor)
    assert geometry.pixels_of(1.0) == pytest.approx(37.191, abs=0.001)


def test_without_a_calibration_the_values_of_the_study_file_are_used(tmp_path):
    assert apply_calibration(SETTINGS, tmp_path) == SETTINGS


def test_a_calibration_of_another_screen_is_refused(tmp_path):
    keep_calibration(tmp_path, calibration(screen_px=(1920, 1080)))
    with pytest.raises(InputError, match=r"measured on a screen of 1920 × 1080.*study\.toml has 1280 × 800"):
        apply_calibration(SETTINGS, tmp_path)


def test_a_damaged_calibration_is_refused(tmp_path):
    path = keep_calibration(tmp_path, calibration())
    path.write_text(json.dumps({"schema_version": 1, "width_cm": "wide"}))
    with pytest.raises(InputError, match="run `tricky calibrate` again"):
        apply_calibration(SETTINGS, tmp_path)


def test_arrow_keys_match_the_outline_to_the_card_and_the_result_is_saved(screen, tmp_path):
    (tmp_path / "study.toml").write_text("[experiment.monitor]\nsize_px = [1280, 800]\nwidth_cm = 50.0\n")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DISPLAY": screen}
    command = [sys.executable, "-m", "tricky", "-C", str(tmp_path), "calibrate", "--distance", "57"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:

        def xdotool(*arguments: str) -> str:
            done = subprocess.run(
                ["xdotool", *arguments], env=env, capture_output=True, text=True, check=False
            )
            return done.stdout

        found: list[str] = []
        end = time.monotonic() + 60
        while not found:
            assert time.monotonic() < end
            assert process.poll() is None
            found = xdotool("search", "--onlyvisible", "--name", "PsychoPy").split()
            time.sleep(0.1)
        xdotool("windowfocus", "--sync", found[-1])
        time.sleep(1.5)  # presses from before the outline is on count for nothing
        for key in ("Up", "Up", "Right", "Down", "Left", "Left", "Left"):
            xdotool("key", key)
        time.sleep(0.5)
        while process.poll() is None:
            assert time.monotonic() < end
            xdotool("key", "space")
            time.sleep(0.2)
        said = process.communicate()[0]
    content = json.loads((tmp_path / "calibration.json").read_text())
    # It starts at 8.56 / 50 of 1280 pixels, 219, and ends 8 pixels wider.
    assert (content["card_width_px"], content["screen_px"]) == (227, [1280, 800])
    assert content["width_cm"] == round(1280 * CARD_WIDTH_CM / 227, 2)
    assert said.startswith(f"The picture is {content['width_cm']:g} cm wide, 57 cm from the eyes")
