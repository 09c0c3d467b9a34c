"""Keys: PsychoPy's names, and one role for each."""

import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from experiment.keys import closest_key, is_known, known_keys
from experiment.session.preflight import check_keys
from experiment.settings import ExperimentSettings
from tricky.core.errors import InputError
from tricky.core.settings import validated


def settings(**keys):
    return validated(ExperimentSettings, keys, where="study.toml")


def test_the_names_are_those_of_the_installed_psychopy_for_both_backends(screen):
    code = "import json, experiment.screen.psychopy_key_names as it; print(json.dumps(it.key_names()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"DISPLAY": screen},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    installed = json.loads(done.stdout.splitlines()[-1])
    stored = json.loads(files("experiment").joinpath("key_names.json").read_text(encoding="utf-8"))
    assert stored["ptb"] == installed["ptb"], "python -m experiment.screen.psychopy_key_names"
    assert stored["event"] == installed["event"], "python -m experiment.screen.psychopy_key_names"


@pytest.mark.parametrize("backend", ["ptb", "event"])
def test_keys_on_every_keyboard_are_known(backend):
    keys = [*"abcxyz0189", "left", "right", "space", "return", "escape", "f1", "num_1", "comma", "lshift"]
    assert set(keys) <= known_keys(backend)
    assert not {"Left", "J", "enter", "SPACE", "left arrow", "", "unknown"} & known_keys(backend)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Left", "left"),
        ("J", "j"),
        ("enter", "return"),
        ("Enter", "return"),
        ("SPACE", "space"),
        (" ", "space"),
        ("left arrow", "left"),
        ("Arrow_Left", "left"),
        ("arrowleft", "left"),
        ("LeftArrow", "left"),
        ("esc", "escape"),
        ("Return key", "return"),
        ("numpad 1", "num_1"),
        ("kp_1", "num_1"),
        ("page up", "pageup"),
        (".", "period"),
        ("spcae", "space"),
        ("☃", None),
    ],
)
def test_the_closest_name_is_found(written, meant):
    assert closest_key(written, "ptb") == meant


@pytest.mark.parametrize("setting", ["left_key", "right_key", "continue_key", "quit_key", "pause_key"])
@pytest.mark.parametrize("key", ["Left", "J", "enter", "SPACE", "left arrow", "", "☃"])
def test_a_key_that_psychopy_does_not_know_is_refused(setting, key):
    with pytest.raises(InputError) as raised:
        settings(**{setting: key})
    expected = 'PsychoPy\'s name of a key (keyboard = "ptb")'
    assert str(raised.value).startswith(f'study.toml: [{setting}] = "{key}": expected {expected}; ')


def test_an_unknown_answer_key_is_named_by_its_place():
    with pytest.raises(InputError, match=r'answer_keys\[1\]\] = "B": .* did you mean "b"\?'):
        settings(answer_keys=("a", "B"))


def test_the_window_s_own_events_know_other_keys_and_letters():
    assert settings(keyboard="event", left_key="ö", right_key="plus").left_key == "ö"
    with pytest.raises(InputError, match="left_key"):
        settings(left_key="ö")
    with pytest.raises(InputError, match="left_key"):
        settings(keyboard="event", left_key="Ö")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            {"right_key": "left"},
            '[right_key] = "left": expected a key without another role; it has one in `left_key`',
        ),
        ({"pause_key": "escape"}, "`quit_key`"),
        ({"continue_key": "left"}, "`continue_key`"),
        ({"answer_keys": ("a", "b", "p")}, "`pause_key`"),
        ({"answer_keys": ("a", "a")}, "`answer_keys`"),
        ({"quit_key": "num_3"}, '`quit_key`, where "num_3" is the same key'),
        ({"answer_keys": ("1", "num_1")}, '`answer_keys`, where "1" is the same key'),
        ({"confidence_levels": 3, "left_key": "1"}, "`answer_keys (confidence)`"),
        (
            {"confidence_levels": 3, "answer_keys": ("a", "b")},
            "[confidence_levels] = 3: expected at most one for each",
        ),
    ],
)
def test_a_key_with_two_roles_is_refused(keys, said):
    with pytest.raises(InputError) as raised:
        settings(**keys)
    assert said in str(raised.value)


def test_keys_of_questions_that_are_never_asked_together_may_be_the_same():
    assert settings(left_key="1", right_key="2").left_key == "1"
    assert settings(left_key="8", right_key="9", confidence_levels=4).confidence_levels == 4


@pytest.mark.parametrize(("system", "ok"), [("Darwin", True), ("Windows", False), ("Linux", False)])
def test_keys_of_another_system_are_noticed_before_a_session(monkeypatch, system, ok):
    monkeypatch.setattr("platform.system", lambda: system)
    check = check_keys(settings(left_key="lcommand"))
    assert check.ok is ok
    assert ok or f'left_key = "lcommand" on {system}' in check.found


def test_unknown_systems_have_the_keys_of_linux():
    assert known_keys("ptb", "FreeBSD") == known_keys("ptb", "Linux")
    assert is_known("left", "ptb", "FreeBSD")
