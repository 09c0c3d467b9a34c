from __future__ import annotations

import json

import pytest
from online_client import OnlineParticipant, right_in_practice, rightmost
from online_plans import online_setup

from experiment.data.read_data import read_data
from experiment.interfaces import NotSaved
from experiment.online.events import canonical
from experiment.online.folder import forget, only_server
from experiment.online.recruitment import Recruited
from experiment.online.settings import OnlineSettings
from experiment.online.store import Status
from experiment.online.study import Closed, Full, Offer, OnlineStudy
from experiment.session.record import SessionRecord
from tricky.core.errors import InputError

HOUR_S = 3600.0


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def study(tmp_path, clock):
    opened = []

    def call(task="2afc", online=None, preview=False, log=lambda _: None, **settings):
        setup = online_setup(tmp_path, task, **settings)
        opened.append(OnlineStudy(Offer(setup, OnlineSettings(**online or {}), "S", 1, preview), log, clock))
        return opened[-1]

    yield call
    for each in opened:
        each.close()


def send(study, link, session, events):
    taken = session.take([canonical(event) for event in events])
    assert (taken.refused, taken.gap, taken.conflict) == (None, False, False)
    study.keep(link, session, taken.new).result()
    study.kept(link, session, taken.new)


def take_part(study, link, n_events=None, answer=rightmost):
    """Send the events of a session, one by one, up to a number of them."""
    session = study.session_of(link)
    plan = json.loads(json.dumps(session.content(study._clock())))
    for number, event in enumerate(OnlineParticipant(plan, answer).events()):
        if number == n_events:
            return session
        send(study, link, session, [event])
    return session


@pytest.mark.parametrize("task", ["2afc", "single", "rating"])
def test_a_session_is_recorded_as_in_the_lab(study, tmp_path, task, bids_issues):
    made = study(
        task,
        information="information.md",
        questions=[{"name": "strategy", "text": "A strategy?", "answers": ["no", "yes"]}],
    )
    (link,) = made.invite(1)
    session = take_part(made, link)
    made.close()
    (recorded,) = read_data(tmp_path / "data").sessions
    sidecar = recorded.sidecar
    assert recorded.complete
    assert sidecar.table_sha256 is not None
    assert (sidecar.setting, sidecar.consent is None, sidecar.unanswered) == ("online", False, [])
    assert sidecar.apparatus["browser"] == "Firefox"
    assert [run.first_trial for run in sidecar.runs] == [0]
    trials = session.plan.session.trials
    assert recorded.cells().cells("trial_id") == [trial.trial_id for trial in trials]
    assert link.status is Status.COMPLETE
    assert session.closed == {"kind": "complete", "code": None, "url": None}
    assert bids_issues(tmp_path / "data") == []


def test_what_a_crash_left_behind_is_written_from_the_events(study, tmp_path):
    made = study(practice_criterion=1.0, practice_repetitions=2)
    whole, broken = made.invite(2)
    take_part(made, whole)
    take_part(made, broken, 9)
    made.close()
    expected = (tmp_path / "data/sub-web0001/beh/sub-web0001_task-harder_beh.tsv").read_text()
    table = tmp_path / "data/sub-web0002/beh/sub-web0002_task-harder_beh.tsv"
    second = table.read_text()
    for path in sorted((tmp_path / "data").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    again = study(practice_criterion=1.0, practice_repetitions=2)
    # The first link is done; only a session that can go on is written again.
    assert again.catch_up() == 1
    assert table.read_text() == second
    take_part(again, again.links[1])
    again.close()
    assert len(table.read_text().splitlines()) == len(expected.splitlines())
    (recorded,) = read_data(tmp_path / "data").sessions
    practice = recorded.sidecar.practice
    assert practice is not None
    assert [len(each) for each in practice["repetitions"]] == [3, 1, 3]


@pytest.mark.parametrize("n_events", range(2, 17))
def test_a_session_continues_after_a_crash_at_any_event(study, tmp_path, n_events):
    settings = {"practice_criterion": 1.0, "practice_repetitions": 1}
    made = study(**settings)
    (link,) = made.invite(1)
    take_part(made, link, n_events)
    made.close()
    again = study(**settings)
    again.catch_up()
    session = take_part(again, again.links[0])
    again.close()
    (recorded,) = read_data(tmp_path / "data").sessions
    assert recorded.cells().cells("trial_id") == [each.trial_id for each in session.plan.session.trials]
    assert len(recorded.sidecar.runs) == 2


def test_lists_are_balanced_by_sessions_that_are_complete_or_running(study, clock):
    made = study("single", online={"timeout_h": 1.0})
    links = made.invite(6)
    conditions = []
    for number, link in enumerate(links):
        session = take_part(made, link, 3 if number in (1, 3) else None)
        conditions.append(session.plan.session.task.asks[0].values)
        clock.now += 2 * HOUR_S  # the second and the fourth are abandoned
    easy, hard = conditions[0], conditions[1]
    assert conditions == [easy, hard, hard, easy, easy, hard]
    assert [link.status for link in links] == [
        Status.COMPLETE,
        Status.TIMED_OUT,
        Status.COMPLETE,
        Status.TIMED_OUT,
        Status.COMPLETE,
        Status.COMPLETE,
    ]
    assert len({link.participant for link in links}) == 6


def test_an_invitation_takes_no_place_until_it_is_opened(study):
    made = study(online={"max_participants": 1})
    first, second = made.invite(2)
    take_part(made, second, 2)
    with pytest.raises(Full):
        made.session_of(first)
    assert (first.participant, first.status) == (None, Status.NEW)


def test_trial_runs_have_a_data_set_of_their_own(study, tmp_path):
    made = study(preview=True)
    (link,) = made.invite(1)
    assert take_part(made, link).plan.preview
    made.close()
    assert not (tmp_path / "data").exists()
    assert len(read_data(tmp_path / "online/preview/data").sessions) == 1


def test_before_consent_nothing_is_stored_but_the_id(study, tmp_path):
    made = study(information="information.md")
    (link,) = made.invite(1)
    made.session_of(link)
    made.close()
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "consent.tsv").exists()


def test_whoever_does_not_agree_is_only_in_the_list_of_consents(study, tmp_path):
    made = study(information="information.md")
    (link,) = made.invite(1)
    session = made.session_of(link)
    send(made, link, session, [{"seq": 0, "type": "consent", "answer": "not agreed"}])
    made.close()
    assert link.status is Status.NO_CONSENT
    assert "not agreed" in (tmp_path / "consent.tsv").read_text()
    assert not (tmp_path / "data").exists()


def test_settings_that_events_do_not_go_with_are_named(study):
    made = study(information="information.md")
    (link,) = made.invite(1)
    take_part(made, link, 4)
    made.close()
    lines = []
    again = study(log=lines.append)
    again.catch_up()
    assert "web0001: event 0 of this session does not go with the study as it is now" in lines[0]
    with pytest.raises(InputError, match="does not go with the study"):
        again.session_of(again.links[0])


def test_rows_that_could_not_be_written_are_written_with_the_next_answer(study, tmp_path, monkeypatch):
    lines = []
    made = study(log=lines.append, participant_fields=())
    (link,) = made.invite(1)
    take_part(made, link, 4)
    written = SessionRecord.record

    def full(*_):
        raise NotSaved("no space left on device")

    monkeypatch.setattr(SessionRecord, "record", full)
    session = made.session_of(link)
    plan = json.loads(json.dumps(session.content(0.0)))
    events = list(OnlineParticipant(plan).events())
    send(made, link, session, events[:3])
    made.settle()
    monkeypatch.setattr(SessionRecord, "record", written)
    send(made, link, session, events[3:])
    made.close()
    assert any("rows are not written yet (no space left on device); the events are safe" in x for x in lines)
    (recorded,) = read_data(tmp_path / "data").sessions
    assert recorded.complete
    assert recorded.cells().cells("resumed")[3:5] == ["true", "true"]


def test_an_id_of_the_lab_is_not_given_again(study, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/participants.tsv").write_text("participant_id\tkind\nsub-web1\tperson\n")
    made = study()
    (link,) = made.invite(1)
    made.session_of(link)
    assert link.participant == "web0002"


def test_a_study_has_one_server(tmp_path):
    folder = tmp_path / "online"
    with only_server(folder), pytest.raises(InputError, match="is running; stop it first"):
        only_server(folder)
    with only_server(folder), only_server(folder / "preview"):
        pass


def test_a_withdrawal_removes_events_and_recruitment_ids(study, tmp_path):
    made = study()
    (link,) = made.invite(1)
    take_part(made, link, 6)
    made.close()
    recruited = Recruited(tmp_path / "online", ("PROLIFIC_PID",))
    recruited.add({"PROLIFIC_PID": "5f1e"}, "web0001")
    forget(tmp_path / "online", "web0001")
    assert b"response" not in (tmp_path / "online/sessions.sqlite").read_bytes()
    assert "5f1e" not in recruited.path.read_text()
    again = study()
    assert again.links[0].status is Status.WITHDRAWN
    with pytest.raises(Closed):
        again.session_of(again.links[0])


def test_answers_in_practice_reach_the_sidecar(study, tmp_path):
    made = study(practice_criterion=1.0, practice_repetitions=2)
    (link,) = made.invite(1)
    take_part(made, link, answer=right_in_practice)
    made.close()
    (recorded,) = read_data(tmp_path / "data").sessions
    practice = recorded.sidecar.practice
    assert practice is not None
    assert (practice["share_right"], practice["met"]) == ([1.0], True)
