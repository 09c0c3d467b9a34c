from __future__ import annotations

from dataclasses import replace

import pytest
from pair_table import PAIR_TABLE

from experiment.interfaces import NotSaved, Stopped
from experiment.pages import PageName
from experiment.records import Ask, Choice, Option, Response, Side, Task
from experiment.session.engine import EarlierRuns, run
from experiment.session.plan import schedule, steps

TASK = PAIR_TABLE.task


class Kept:
    """A recorder that keeps responses in memory."""

    def __init__(self) -> None:
        self.responses: list[Response] = []

    def record(self, response: Response) -> None:
        self.responses.append(response)

    def note(self, name: str, choice: Choice) -> None: ...


class Logging(Kept):
    """A recorder that writes into the log of a tape."""

    def __init__(self, tape) -> None:
        super().__init__()
        self._tape = tape

    def record(self, response: Response) -> None:
        self._tape.log("record", response.trial)


@pytest.fixture
def trials(small_set):
    return schedule(small_set, "07")


def test_a_session_records_each_choice_with_its_times(trials, tape):
    kept = Kept()
    run(steps(trials, 0, 0), tape, tape, kept, TASK, inter_trial_interval_s=0.5)
    assert [response.trial for response in kept.responses] == list(trials)
    assert [response.onset_s for response in kept.responses] == tape.onsets_s
    assert {response.choice for response in kept.responses} == {Choice(tape.choice, tape.RESPONSE_TIME_S)}
    assert {response.timing for response in kept.responses} == {tape.TIMING}
    assert not any(response.resumed for response in kept.responses)


def test_only_the_first_trial_of_a_run_was_broken_off_by_what_ended_the_one_before(trials, tape):
    kept = Kept()
    run(
        steps(trials, 4, 0),
        tape,
        tape,
        kept,
        TASK,
        inter_trial_interval_s=0,
        earlier=EarlierRuns(resumed=True, broken_off=2),
    )
    assert [response.broken_off for response in kept.responses] == [2] + [0] * (len(trials) - 5)


def test_a_response_is_recorded_before_anything_else_happens(trials, tape):
    run(
        steps(trials, 0, 0),
        tape,
        tape,
        Logging(tape),
        TASK,
        inter_trial_interval_s=0,
        earlier=EarlierRuns(resumed=True),
    )
    acts = [what for what, _ in tape.events]
    chosen = [index for index, act in enumerate(acts) if act == "choose"]
    assert len(chosen) == len(trials)
    assert all(acts[index + 1] == "record" for index in chosen)


def test_feedback_comes_in_practice_only_and_says_what_was_right(trials, tape):
    tape.choice = Side.LEFT
    run(steps(trials, 0, 0), tape, tape, Kept(), TASK, inter_trial_interval_s=0)
    shown = [correct for what, correct in tape.events if what == "feedback"]
    assert shown == [trial.right_answer is Side.LEFT for trial in trials[:3]]


def test_each_pair_follows_the_fixation_of_the_asked_duration(trials, tape):
    run(steps(trials, 0, 0), tape, tape, Kept(), TASK, inter_trial_interval_s=0.75)
    acts = [what for what, _ in tape.events]
    assert all(tape.events[i - 1] == ("fixation", 0.75) for i, act in enumerate(acts) if act == "images")


def test_every_page_waits_for_the_observer(trials, tape):
    run(steps(trials, 0, 4), tape, tape, Kept(), TASK, inter_trial_interval_s=0)
    acts = [what for what, _ in tape.events]
    assert acts.count("page") == acts.count("turn_page") == 6
    assert all(acts[index + 1] == "turn_page" for index, act in enumerate(acts) if act == "page")


def test_trials_before_a_stop_are_kept(trials, tape):
    kept = Kept()
    tape.stop_at = 4
    with pytest.raises(Stopped):
        run(steps(trials, 0, 0), tape, tape, kept, TASK, inter_trial_interval_s=0)
    assert [response.trial for response in kept.responses] == list(trials[:4])


def asked(*names: str) -> Task:
    options = (Option("left", "", "1"), Option("right", "", "2"))
    return Task("2afc", tuple(Ask(name, "", options) for name in names))


def test_further_questions_follow_the_first_and_are_recorded_with_it(trials, tape):
    kept = Kept()
    tape.choice = Side.LEFT
    task = asked("response", "confidence")
    run(
        steps(trials, 12, 0),
        tape,
        tape,
        kept,
        task,
        inter_trial_interval_s=0,
        earlier=EarlierRuns(resumed=True),
    )
    assert [what for what, _ in tape.events][2:] == [
        *("fixation", "images", "choose", "further", "choose"),
        *("page", "turn_page"),
    ]
    assert kept.responses[0].further == (Choice("left", tape.RESPONSE_TIME_S),)


def test_a_trial_without_an_answer_is_recorded_said_and_asks_nothing_further(trials, tape):
    kept = Kept()
    tape.too_late_at = {0, 5}
    task = asked("response", "confidence")
    run(steps(trials, 0, 0), tape, tape, kept, task, inter_trial_interval_s=0)
    late = [r.trial.trial_index for r in kept.responses if r.choice.answer is None]
    assert late == [0, 5]
    assert kept.responses[5].correct is None
    assert kept.responses[5].further == (Choice(None, None),)
    acts = [what for what, _ in tape.events]
    assert acts.count("too_late") == 2
    assert acts.count("feedback") == 2  # of three practice trials
    assert acts.count("further") == len(trials) - 2


def test_ratings_get_no_feedback(trials, tape):
    task = replace(asked("clear"), name="rating", right_answers=False)
    run(steps(trials, 0, 0), tape, tape, Kept(), task, inter_trial_interval_s=0)
    assert "feedback" not in [what for what, _ in tape.events]


def test_a_trial_that_is_paused_counts_for_nothing_and_is_shown_again_after_the_pause(trials, tape):
    kept = Kept()
    tape.pause_at = [4, 4]
    run(steps(trials, 0, 0), tape, tape, kept, TASK, inter_trial_interval_s=0.5)
    assert [response.trial for response in kept.responses] == list(trials)
    assert [response.broken_off for response in kept.responses] == [0] * 4 + [2] + [0] * (len(trials) - 5)
    at = tape.events.index(("images", trials[4]))
    once = [("page", PageName.PAUSED), ("turn_page", None), ("fixation", 0.5), ("images", trials[4])]
    assert tape.events[at + 1 : at + 10] == [*once, *once, ("choose", trials[4])]


class Failing(Kept):
    """Fails a number of times at the fifth trial."""

    def __init__(self, n_times: int) -> None:
        super().__init__()
        self._failures = iter(range(n_times))

    def record(self, response: Response) -> None:
        if response.trial.trial_index == 4 and next(self._failures, None) is not None:
            raise NotSaved("the disk is full")
        super().record(response)


def test_a_response_that_cannot_be_saved_waits_on_a_page_and_is_recorded_later(trials, tape):
    safe = Failing(2)
    run(steps(trials, 0, 0), tape, tape, safe, TASK, inter_trial_interval_s=0)
    assert [response.trial for response in safe.responses] == list(trials)
    at = tape.events.index(("choose", trials[4]))
    once = [("page", PageName.NOT_SAVED), ("turn_page", None)]
    assert tape.events[at + 1 : at + 6] == [*once, *once, ("fixation", 0)]


def test_an_answer_to_an_end_question_that_cannot_be_saved_waits_on_the_same_page(tape):
    question, failures = Ask("sight", "Do you see well?", (Option("yes", "Yes", "y"),)), iter(range(2))
    noted: list[str] = []

    class FullAtTheEnd(Kept):
        def note(self, name: str, choice: Choice) -> None:
            if next(failures, None) is not None:
                raise NotSaved("the disk is full")
            noted.append(name)
            super().note(name, choice)

    run([question], tape, tape, FullAtTheEnd(), TASK, inter_trial_interval_s=0)
    assert tape.events.count(("page", PageName.NOT_SAVED)) == 2
    assert next(failures, None) is None
    assert noted == ["sight"]


def test_stopping_at_a_response_that_cannot_be_saved_says_why_and_keeps_earlier_ones(trials, tape):
    def give_up() -> None:
        if tape.events[-1] == ("page", PageName.NOT_SAVED):
            raise Stopped

    safe = Failing(1)
    tape.turn_page = give_up
    with pytest.raises(NotSaved, match="the disk is full"):
        run(steps(trials, 0, 0), tape, tape, safe, TASK, inter_trial_interval_s=0)
    assert [response.trial for response in safe.responses] == list(trials[:4])
