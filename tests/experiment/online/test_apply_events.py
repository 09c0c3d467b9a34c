from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from online_client import OnlineParticipant, right_in_practice, rightmost
from online_plans import TASKS

from experiment.columns import ONLINE_COLUMNS
from experiment.online.apply_events import Progress, QuestionAnswered, RunStarted, TrialAnswered
from experiment.online.client_plan import ClientPlan
from experiment.online.events import Refused, parse_event
from experiment.online.settings import OnlineSettings
from experiment.records import Choice, Timing
from experiment.session.engine import EarlierRuns, run
from experiment.session.plan import steps
from experiment.session.practice import Practice
from experiment.session.simulate import Rows

FIELDS = {"participant_fields": ()}


def plan_of(session, progress):
    return json.loads(json.dumps(ClientPlan(session, OnlineSettings(), "S").content(progress.state())))


def send(progress, event) -> Any:
    return progress.apply(parse_event(json.dumps(event)))


def play(session, answer=rightmost, stop_after=()):
    """Return the steps of a whole session, reloaded after the given numbers of events."""
    progress, taken = Progress(session), []
    stops = list(stop_after)
    while progress.ended is None:
        for event in OnlineParticipant(plan_of(session, progress), answer).events():
            taken.append(send(progress, event))
            if stops and len(taken) == stops[0]:
                stops.pop(0)
                break
    return taken


def responses(taken, number=0):
    return [step.response for step in taken if isinstance(step, TrialAnswered) and step.round == number]


class LabParticipant:
    """Displays and answers as `OnlineParticipant` does, for the engine of the lab."""

    def __init__(self, answer, task):
        self._answer, self._asks, self._now_s = answer, task.asks, 0.0

    def start(self, elapsed_s):
        self._now_s = elapsed_s

    def images(self, _trial):
        self._now_s += 1.0
        return self._now_s

    def choose(self, trial, ask):
        options = {"options": [{"value": value} for value in ask.values], "name": ask.name}
        shown = {} if trial is None else {"index": trial.trial_index, "right_answer": None}
        if trial is not None and trial.block.value == "practice":
            shown["right_answer"] = trial.right_answer
        value = self._answer(shown, options)
        if value is not None:
            self._now_s += 0.5
        return Choice(value, None if value is None else 0.5)

    def timing(self):
        return Timing(0, 0, 0.017, True)

    def __getattr__(self, name):
        return lambda *_: None


class WithPractice(Rows):
    """Keeps the rows of a session, and repeats its practice."""

    def __init__(self, session):
        super().__init__(session.table)
        self.practice = Practice(session.trials, session.setup.settings, [], None, lambda _: None)
        self.notes = {}

    def record(self, response):
        if response.trial.trial_index < len(self):
            self.practice.repeated(response)
        else:
            super().record(response)
            self.practice.first_round(response)

    def note(self, name, choice):
        self.notes[name] = choice


def through_the_engine(session, answer):
    rows = WithPractice(session)
    person: Any = LabParticipant(answer, session.task)
    plan = steps(session.trials, 0, 4, again=rows.practice.again, afterwards=session.material.questions)
    run(plan, person, person, rows, session.task, inter_trial_interval_s=0.5, earlier=EarlierRuns())
    return rows


def sometimes(trial, ask):
    """Miss every fourth trial's deadline."""
    if ask["name"] in ("response", "clear") and trial.get("index", 1) % 4 == 0:
        return None
    return ask["options"][trial.get("index", 0) % len(ask["options"])]["value"]


@pytest.mark.parametrize("answer", [rightmost, sometimes])
@pytest.mark.parametrize("task", TASKS)
def test_the_same_answers_give_the_same_rows_as_in_the_lab(prepare, task, answer):
    session = prepare(
        task,
        confidence_levels=0 if task == "rating" else 4,
        presentation={"deadline_s": 2.0},
        questions=[{"name": "strategy", "text": "A strategy?", "answers": ["no", "yes"]}],
    )
    lab = through_the_engine(session, answer)
    taken = play(session, answer)
    online = "".join([session.table.header, *map(session.table.row_of, responses(taken))])
    assert online == lab.text
    assert {step.name: step.choice for step in taken if isinstance(step, QuestionAnswered)} == lab.notes


@pytest.mark.parametrize("answer", [rightmost, right_in_practice])
def test_practice_is_repeated_as_in_the_lab(prepare, answer):
    session = prepare(practice_criterion=1.0, practice_repetitions=2)
    lab = through_the_engine(session, answer)
    progress_steps = play(session, answer)
    repeated = (lab.practice.entry or {})["repetitions"]
    assert [len(responses(progress_steps, number)) for number in (1, 2)] == [
        len(each) for each in [*repeated, [], []][:2]
    ]
    assert len(responses(progress_steps)) == len(session.trials)


def test_a_repetition_that_is_interrupted_starts_again(prepare):
    session = prepare(practice_criterion=1.0, practice_repetitions=2, **FIELDS)
    # The run, 3 practice trials, 1 of the first repetition; then the page is loaded again.
    taken = play(session, stop_after=[5])
    assert [len(responses(taken, number)) for number in (1, 2, 3)] == [1, 3, 3]
    assert len([step for step in taken if isinstance(step, RunStarted)]) == 2


@pytest.mark.parametrize("task", TASKS)
def test_an_online_table_has_the_columns_of_the_lab_and_those_of_focus(prepare, task):
    session = prepare(task)
    names = [column.name for column in session.table.columns]
    assert names[-3:] == [column.name for column in ONLINE_COLUMNS]


def test_a_reload_is_a_run_that_was_broken_off(prepare):
    session = prepare(**FIELDS)
    taken = play(session, stop_after=[3, 4])
    marks = [(each.resumed, each.broken_off) for each in responses(taken)]
    # Two trials; then a run that answers nothing, then another.
    assert marks[:4] == [(False, 0), (False, 0), (True, 2), (True, 0)]


def test_consent_is_asked_for_where_the_study_does_so(prepare):
    session = prepare(information="information.md")
    progress = Progress(session)
    assert not progress.agreed
    with pytest.raises(Refused, match="not asked now"):
        send(progress, {"seq": 0, "type": "fields", "values": {}})
    send(progress, {"seq": 0, "type": "consent", "answer": "not agreed"})
    assert progress.ended == "no_consent"
    with pytest.raises(Refused, match="ended"):
        send(progress, {"seq": 1, "type": "consent", "answer": "agreed"})


def test_fields_are_checked_as_in_the_lab(prepare):
    progress = Progress(prepare())
    with pytest.raises(Refused, match="age: 'old' is no whole number"):
        send(progress, {"seq": 0, "type": "fields", "values": {"age": "old"}})
    with pytest.raises(Refused, match="no field 'name'"):
        send(progress, {"seq": 0, "type": "fields", "values": {"name": "Ada"}})
    step = send(progress, {"seq": 0, "type": "fields", "values": {"age": " 31 "}})
    assert step.values == {"age": "31", "sex": "n/a", "handedness": "n/a"}


def test_a_stopped_session_continues_with_another_run(prepare):
    session = prepare(**FIELDS)
    progress = Progress(session)
    events = list(OnlineParticipant(plan_of(session, progress)).events())
    for event in events[:3]:
        send(progress, event)
    send(progress, {"seq": 3, "type": "stopped"})
    with pytest.raises(Refused, match="`run` comes first"):
        send(progress, events[3] | {"seq": 4})
    assert send(progress, events[0] | {"seq": 4}).number == 1


CHANGED = {
    "another trial": {"trial": 5},
    "another round": {"round": 1},
    "no answer": {"answers": [{"value": None, "time_s": None}]},
    "a foreign answer": {"answers": [{"value": "both", "time_s": 0.5}]},
    "two answers": {"answers": [{"value": "left", "time_s": 0.5}] * 2},
    "no time": {"answers": [{"value": "left", "time_s": None}]},
    "a time in the past": {"onset_s": 1.2},
    "limited presentation": {
        "timing": {"dropped_frames": 0, "late_flips": 0, "worst_frame_s": 0.1, "ok": True, "image_frames": 3}
    },
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_a_forged_response_is_refused_and_changes_nothing(prepare, change):
    session = prepare(**FIELDS)
    progress = Progress(session)
    events = list(OnlineParticipant(plan_of(session, progress)).events())
    for event in events[:3]:
        send(progress, event)
    before = progress.state()
    with pytest.raises(Refused):
        send(progress, events[3] | change)
    assert progress.state() == before
    send(progress, events[3])


def test_answers_count_between_the_limits_of_the_study(prepare):
    session = prepare(presentation={"answer_from_s": 0.3, "deadline_s": 2.0}, **FIELDS)
    progress = Progress(session)
    events = list(OnlineParticipant(plan_of(session, progress)).events())
    send(progress, events[0])
    for time_s in (0.1, 2.2):
        with pytest.raises(Refused, match="when no answer counts"):
            send(progress, events[1] | {"answers": [{"value": "left", "time_s": time_s}]})
    send(progress, events[1] | {"answers": [{"value": None, "time_s": None}]})


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A session with everything, and its events."""
    from online_plans import online_session, online_setup

    setup = online_setup(
        tmp_path_factory.mktemp("study"),
        information="information.md",
        practice_criterion=1.0,
        practice_repetitions=1,
        questions=[{"name": "strategy", "text": "A strategy?", "answers": ["no", "yes"]}],
    )
    session = online_session(setup)
    progress = Progress(session)
    events = []
    for event in OnlineParticipant(plan_of(session, progress)).events():
        send(progress, event)
        events.append(event)
    return session, events


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_events_in_any_order_and_number_leave_a_session_in_order(played, data):
    """Duplicated, lost, reordered and renumbered events are refused; what is accepted is in order."""
    session, events = played
    progress, taken = Progress(session), []
    for _ in range(data.draw(st.integers(1, 60))):
        follow = data.draw(st.integers(0, 3))
        number = (
            min(progress.next_seq, len(events) - 1) if follow else data.draw(st.integers(0, len(events) - 1))
        )
        event = dict(events[number])
        if data.draw(st.integers(0, 9)) == 0:
            event["seq"] = progress.next_seq
        before = json.dumps(progress.state())
        try:
            taken.append(send(progress, event))
        except Refused:
            assert json.dumps(progress.state()) == before
    recorded = responses(taken)
    assert [each.trial for each in recorded] == list(session.trials[: len(recorded)])
    assert progress.n_done == len(recorded)
    times = [each.onset_s for each in responses(taken)]
    assert times == sorted(times)


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([]), st.just({})
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_forged_value_makes_a_row_or_an_error(played, data):
    """Any value of any event, replaced by any other, is refused, or means what the plan allows."""
    session, events = played
    number = data.draw(st.integers(0, len(events) - 1))
    progress = Progress(session)
    for event in events[:number]:
        send(progress, event)
    event = json.loads(json.dumps(events[number]))
    holder = event
    while True:
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        if not keys:
            break
        key = data.draw(st.sampled_from(list(keys)))
        if isinstance(holder[key], dict | list) and holder[key] and data.draw(st.booleans()):
            holder = holder[key]
            continue
        holder[key] = data.draw(LEAVES)
        break
    before = json.dumps(progress.state())
    try:
        step = send(progress, event)
    except Refused:
        assert json.dumps(progress.state()) == before
        return
    if isinstance(step, TrialAnswered):
        row = session.table.row_of(step.response)
        assert row.count("\n") == 1
        assert step.response.choice.answer in session.task.asks[0].values


def test_a_session_ends_once(played):
    session, events = played
    progress = Progress(session)
    for event in events:
        send(progress, event)
    assert progress.complete
    assert progress.ended == "complete"
    with pytest.raises(Refused, match="ended"):
        send(progress, {"seq": len(events), "type": "finished"})
