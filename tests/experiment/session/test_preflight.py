from __future__ import annotations

import os
import tempfile

import pytest

from experiment.screen.timing import Refresh
from experiment.session import preflight
from experiment.session.preflight import (
    Check,
    check_desktop,
    check_folder,
    check_keyboard,
    check_refresh,
    check_resolution,
    check_stimuli,
    refuse,
)
from experiment.settings import MonitorSettings
from tricky.core.errors import InputError

FULL_HD = MonitorSettings(size_px=(1920, 1080))


@pytest.mark.parametrize(("measured_hz", "ok"), [(59.94, True), (60.9, True), (75.0, False), (50.0, False)])
def test_the_refresh_rate_is_held_against_the_configured_one(measured_hz, ok):
    check = check_refresh(Refresh(1 / measured_hz, True, 1 / measured_hz), 60.0)
    assert check.ok is ok
    assert f"{measured_hz:.2f} Hz" in check.found


def test_a_screen_that_flips_do_not_wait_for_fails():
    check = check_refresh(Refresh(1 / 60, False, 0.0004), 60.0)
    assert not check.ok
    assert "0.40 ms" in check.found


@pytest.mark.parametrize(
    ("window_px", "screen_px", "full_screen", "ok"),
    [
        ((1920, 1080), (1920, 1080), True, True),
        ((1920, 1080), (2560, 1440), True, False),
        ((1536, 864), (1920, 1080), True, False),  # a desktop scaled by 125%
        ((1920, 1080), (2560, 1440), False, True),
        ((1904, 1041), (1920, 1080), False, False),
    ],
)
def test_pixels_are_held_against_the_described_ones(window_px, screen_px, full_screen, ok):
    monitor = FULL_HD.model_copy(update={"full_screen": full_screen})
    assert check_resolution(window_px, screen_px, monitor).ok is ok


def test_a_keyboard_without_a_press_fails_and_the_backend_is_named():
    assert check_keyboard("ptb", arrived=True).ok
    assert check_keyboard("ptb", arrived=False).found == "no key press arrived through ptb"


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_above_and_not_made(tmp_path):
    check = check_folder(tmp_path / "study" / "data")
    assert check.ok
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_file_fails(tmp_path, monkeypatch):
    def refuse_it(*_: object, **__: object) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse_it)
    check = check_folder(tmp_path)
    assert not check.ok
    assert check.found == f"{tmp_path} can't be written to (Permission denied)"


def test_a_full_disk_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 99_999_999}))
    assert not check_folder(tmp_path).ok


def test_a_set_that_breaks_a_promise_fails_in_its_own_words(tmp_path):
    check = check_stimuli(tmp_path)
    assert not check.ok
    assert "stimulus_set.json: not there yet" in check.found


@pytest.mark.parametrize(
    ("says", "ok", "found"), [(True, False, "on"), (False, True, "off"), (None, True, "can't be determined")]
)
def test_what_the_desktop_shows_fails_only_where_it_is_known_to_be_on(monkeypatch, says, ok, found):
    monkeypatch.setattr(preflight, "screen_saver_is_on", lambda: says)
    monkeypatch.setattr(preflight, "notifications_are_on", lambda: says)
    checks = check_desktop()
    assert [check.name for check in checks] == ["screen saver", "notifications"]
    assert all(check.ok is ok and check.found.startswith(found) for check in checks)


def test_every_failed_check_is_named_and_what_to_do():
    good, bad = Check("room", True, "9 GB"), Check("refresh rate", False, "50 Hz", "set it to 60 Hz")
    refuse([good])
    with pytest.raises(InputError) as error:
        refuse([good, bad, Check("keyboard", False, "deaf", "connect one")])
    line = str(error.value)
    assert "refresh rate: 50 Hz (set it to 60 Hz); keyboard: deaf (connect one)" in line
    assert "--force" in line
    assert "\n" not in line
    assert "room" not in line
