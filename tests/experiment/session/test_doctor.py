from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest

from experiment.screen.content import Devices, ScreenMeasurements
from experiment.screen.timing import Refresh
from experiment.session import preflight
from experiment.session.doctor import check_session
from experiment.session.prepare import SessionSetup
from experiment.settings import ExperimentSettings
from tricky.core.errors import InputError


class Screen:
    def __init__(self, tape) -> None:
        self.tape, self.n_opened, self.said = tape, 0, []

    @contextmanager
    def open_devices(self, content, first, notify):  # noqa: ARG002
        self.n_opened += 1
        notify("press a key")
        refresh = Refresh(1 / 50, True, 1 / 50)
        yield Devices(
            self.tape, self.tape, {}, ScreenMeasurements(26, refresh, (1920, 1080), (1920, 1080), True)
        )


@pytest.fixture
def check(build_digits, tmp_path, dataset, tape, monkeypatch):
    made = build_digits(tmp_path, trials=2, practice_trials=1)
    monkeypatch.setattr(preflight, "check_desktop", list)
    screen = Screen(tape)

    def call(**settings):
        setup = SessionSetup(
            made.folder, tmp_path / "data", ExperimentSettings(**settings), dataset, tmp_path
        )
        found = check_session(setup, screen, screen.said.append)
        return {each.name: each for each in found}, screen

    return call


def test_all_that_a_session_relies_on_is_checked_and_nothing_is_recorded(check, tmp_path):
    checks, screen = check()
    assert screen.said == ["press a key"]
    assert screen.tape.is_ready
    assert checks["images"].found == "26 drawn once"
    assert list(checks) == [
        *("stimulus set", "data folder", "keys", "images", "refresh rate", "resolution", "keyboard")
    ]
    assert [name for name, each in checks.items() if not each.ok] == ["refresh rate"]
    assert not (tmp_path / "data").exists()


def test_no_window_opens_for_a_damaged_set(check, tmp_path):
    next((tmp_path / "stimuli" / "main" / "images").iterdir()).write_bytes(b"")
    checks, screen = check()
    assert not checks["stimulus set"].ok
    assert (screen.n_opened, "images" in checks) == (0, False)


def test_a_document_that_is_missing_is_reported_before_a_participant_is_there(check):
    with pytest.raises(InputError, match=r"debriefing\.md: no such file"):
        check(debriefing=Path("debriefing.md"))
