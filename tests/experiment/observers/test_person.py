from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from experiment.interfaces import Paused, Stopped
from experiment.observers.person import KeyPress, PersonAtKeyboard
from experiment.records import Ask, Choice, Option, Side
from experiment.session.plan import schedule
from experiment.settings import ExperimentSettings

ASK = Ask("response", "", tuple(Option(side, "", side) for side in Side))


class ScriptedScreen:
    """Frames that take a second each, and a keyboard that reports presses once their time has come."""

    def __init__(self, *presses: tuple[str, float], onset_s: float = 10.0) -> None:
        self.onset_s = self.now_s = onset_s
        self.script = sorted(
            (KeyPress(key, time_s) for key, time_s in presses), key=lambda press: press.time_s
        )
        self.asked: list[float] = []
        self.down: set[str] = set()

    @property
    def last_flip_s(self) -> float:
        return self.now_s

    def held(self) -> set[str]:
        return self.down

    def frame(self) -> None:
        self.now_s += 1.0
        if self.now_s > 1000:
            raise TimeoutError("nobody pressed a key that counts")

    def presses(self) -> list[KeyPress]:
        due = [press for press in self.script if press.time_s <= self.now_s]
        self.script = self.script[len(due) :]
        return due

    def ask_to_stop(self, until_s: float) -> None:
        self.asked.append(until_s)


@pytest.fixture
def trial(small_set):
    return schedule(small_set, "07")[0]


def person(screen: ScriptedScreen, **keys: Any) -> PersonAtKeyboard:
    return PersonAtKeyboard(screen, screen, ExperimentSettings(**keys))


@pytest.mark.parametrize(("key", "side"), [("left", Side.LEFT), ("right", Side.RIGHT)])
def test_a_response_time_runs_from_the_flip_to_the_press_not_to_when_it_is_read(trial, key, side):
    assert person(ScriptedScreen((key, 12.25))).choose(trial, ASK) == Choice(side, 2.25)


def test_other_keys_answer_other_sides(trial):
    screen = ScriptedScreen(("left", 11), ("j", 12.5))
    ask = Ask("response", "", (Option("left", "", "f"), Option("right", "", "j")))
    assert person(screen).choose(trial, ask) == Choice(Side.RIGHT, 2.5)


def test_a_press_from_before_the_onset_is_never_an_answer(trial):
    screen = ScriptedScreen(("right", 9.9), ("right", 10.0), ("left", 11.5))
    assert person(screen).choose(trial, ASK) == Choice(Side.LEFT, 1.5, early_keys=2)


def test_early_keys_are_counted_however_late_they_are_read(trial):
    class SlowDriver(ScriptedScreen):
        def frame(self) -> None:
            super().frame()
            if self.now_s == 11:
                self.script.insert(0, KeyPress("right", 9.9))

    screen = SlowDriver(("left", 12.5))
    assert person(screen).choose(trial, ASK) == Choice(Side.LEFT, 2.5, early_keys=1)


def test_a_key_that_is_down_at_the_onset_is_noted_and_answers_nothing(trial):
    screen = ScriptedScreen(("right", 9.0), ("left", 11.5))
    screen.down = {"right", "shift"}
    assert person(screen).choose(trial, ASK) == Choice(Side.LEFT, 1.5, early_keys=1, key_held=True)


def test_a_key_that_went_down_after_the_onset_was_not_held_then(trial):
    screen = ScriptedScreen(("left", 10.5))
    screen.now_s, screen.down = 10.75, {"left"}
    assert person(screen).choose(trial, ASK) == Choice(Side.LEFT, 0.5)


def test_keys_pressed_together_are_counted_with_the_first_as_the_answer(trial):
    screen = ScriptedScreen(("right", 12), ("left", 12.04), ("x", 12.04), ("left", 12.06))
    observer = person(screen)
    assert observer.choose(trial, ASK) == Choice(Side.RIGHT, 2.0, keys_together=1)
    screen.onset_s = screen.now_s = 20.0
    screen.script = [KeyPress("right", 21.0)]
    assert observer.choose(trial, ASK) == Choice(Side.RIGHT, 1.0, early_keys=1)


def test_keys_pressed_on_a_page_are_early_for_nothing(trial):
    screen = ScriptedScreen(("left", 11), ("space", 12), ("left", 12.5), ("right", 21))
    observer = person(screen)
    observer.turn_page()
    screen.onset_s = screen.now_s = 20.0
    assert observer.choose(trial, ASK) == Choice(Side.RIGHT, 1.0, early_keys=1)


def test_the_first_of_two_presses_between_looks_is_the_answer(trial):
    assert person(ScriptedScreen(("left", 12.1), ("right", 12.2))).choose(trial, ASK).answer is Side.LEFT


def test_a_second_press_does_not_answer_the_next_pair(trial):
    screen = ScriptedScreen(("left", 12.1), ("right", 12.2), ("left", 21.0))
    observer = person(screen)
    observer.choose(trial, ASK)
    screen.onset_s = screen.now_s = 20.0
    assert observer.choose(trial, ASK) == Choice(Side.LEFT, 1.0, early_keys=1)


def test_only_the_continue_key_leads_on():
    screen = ScriptedScreen(("left", 11), ("space", 15), ("left", 30))
    person(screen).turn_page()
    assert screen.now_s == 15


@pytest.mark.parametrize("between_s", [0.1, 2.9])
def test_the_quit_key_twice_within_three_seconds_stops(trial, between_s):
    screen = ScriptedScreen(("escape", 12), ("escape", 12 + between_s), ("left", 50))
    with pytest.raises(Stopped):
        person(screen).choose(trial, ASK)
    assert screen.asked == [15]


def test_the_quit_key_once_or_twice_far_apart_stops_nothing(trial):
    screen = ScriptedScreen(("escape", 12), ("escape", 15.5), ("left", 20))
    assert person(screen).choose(trial, ASK) == Choice(Side.LEFT, 10.0)


def test_an_answer_in_between_takes_the_question_back(trial):
    screen = ScriptedScreen(("escape", 12), ("left", 13), ("escape", 14), ("right", 16))
    observer = person(screen)
    assert observer.choose(trial, ASK).answer is Side.LEFT
    assert observer.choose(trial, ASK).answer is Side.RIGHT


def test_the_quit_key_works_even_before_the_onset(trial):
    with pytest.raises(Stopped):
        person(ScriptedScreen(("escape", 8.5), ("escape", 9.5), ("left", 11))).choose(trial, ASK)


def test_an_answer_after_the_deadline_is_none_and_not_the_next_trials(trial):
    observer = person(screen := ScriptedScreen(("left", 11.5), ("right", 13.5), ("left", 21)))
    ask = replace(ASK, from_s=2.0, deadline_s=3.0)
    assert observer.choose(trial, ask) == Choice(None, None, early_keys=1)
    screen.onset_s = screen.now_s = 20.0
    assert observer.choose(trial, ASK) == Choice("left", 1.0, early_keys=1)


def test_an_answer_within_the_window_counts_however_late_it_is_read(trial):
    ask = replace(ASK, from_s=0.5, deadline_s=1.25)
    assert person(ScriptedScreen(("right", 11.25))).choose(trial, ask) == Choice("right", 1.25)


def test_digits_on_the_number_pad_are_as_good_as_those_above_the_letters(trial):
    ask = Ask("clear", "", (Option("no", "no", "1"), Option("yes", "yes", "2")))
    assert person(ScriptedScreen(("num_2", 11))).choose(trial, ask) == Choice("yes", 1.0)


def test_the_keyboard_check_passes_when_the_continue_key_arrives_in_time():
    assert person(ScriptedScreen(("left", 12), ("space", 39))).key_arrives(30.0)


def test_a_keyboard_that_says_nothing_is_deaf():
    screen = ScriptedScreen(("left", 12), ("space", 45))
    assert not person(screen).key_arrives(30.0)
    assert 40 <= screen.now_s <= 42


def test_the_pause_key_breaks_a_trial_off_and_leads_on_from_no_page(trial):
    screen = ScriptedScreen(("p", 11), ("space", 12), ("f9", 21), ("p", 22))
    observer = person(screen)
    observer.turn_page()
    assert screen.now_s == 12
    screen.onset_s = screen.now_s = 20.0
    with pytest.raises(Paused):
        observer.choose(trial, ASK)
    assert screen.now_s == 22
