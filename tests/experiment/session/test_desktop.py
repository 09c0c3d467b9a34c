from __future__ import annotations

import pytest

from experiment.session import desktop

XSET = """Screen Saver:
  prefer blanking:  yes    allow exposures:  yes
  timeout:  {timeout}    cycle:  600
DPMS (Display Power Management Signaling):
  Standby: 600    Suspend: 600    Off: 600
  DPMS is {dpms}
"""


@pytest.fixture
def says(monkeypatch):
    """Let a system answer commands, by their first word; those that it lacks answer nothing."""

    def system(name: str, session: str = "ubuntu:GNOME", **answers: str) -> None:
        monkeypatch.setenv("XDG_CURRENT_DESKTOP", session)
        monkeypatch.setattr(desktop.platform, "system", lambda: name)
        monkeypatch.setattr(desktop, "_said", lambda *command: answers.get(command[0]))

    return system


@pytest.mark.parametrize(
    ("timeout", "dpms", "is_on"),
    [("600", "Disabled", True), ("0", "Enabled", True), ("0", "Disabled", False)],
)
def test_on_x11_blanking_and_power_saving_count(says, timeout, dpms, is_on):
    says("Linux", xset=XSET.format(timeout=timeout, dpms=dpms))
    assert desktop.screen_saver_is_on() is is_on


@pytest.mark.parametrize(("delay", "is_on"), [("uint32 300", True), ("uint32 0", False)])
def test_on_gnome_the_idle_delay_counts(says, delay, is_on):
    says("Linux", gsettings=delay)
    assert desktop.screen_saver_is_on() is is_on


def test_what_gnome_says_means_nothing_on_another_desktop(says):
    says("Linux", session="KDE", gsettings="uint32 300")
    assert desktop.screen_saver_is_on() is None


def test_on_gnome_banners_are_notifications(says):
    says("Linux", gsettings="true")
    assert desktop.notifications_are_on() is True
    says("Linux", gsettings="false")
    assert desktop.notifications_are_on() is False


@pytest.mark.parametrize(("idle_s", "is_on"), [("1200", True), ("0", False)])
def test_on_a_mac_the_idle_time_counts(says, idle_s, is_on):
    says("Darwin", defaults=idle_s)
    assert desktop.screen_saver_is_on() is is_on
    assert desktop.notifications_are_on() is None


@pytest.mark.parametrize(("value", "is_on"), [("0x1", True), ("0x0", False)])
def test_on_windows_the_registry_says_whether_notifications_are_on(says, value, is_on):
    says("Windows", reg=f"HKEY_CURRENT_USER\\...\n    ToastEnabled    REG_DWORD    {value}")
    assert desktop.notifications_are_on() is is_on


def test_where_nothing_answers_nothing_is_claimed(says):
    says("Linux")
    assert desktop.screen_saver_is_on() is None
    assert desktop.notifications_are_on() is None


def test_a_command_that_is_missing_or_fails_says_nothing():
    assert desktop._said("no-such-command-here") is None
    assert desktop._said("false") is None
    assert desktop._said("echo", "words") == "words"
