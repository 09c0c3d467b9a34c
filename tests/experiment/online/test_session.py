from __future__ import annotations

import pytest

from experiment.online.client_plan import ClientPlan
from experiment.online.events import canonical
from experiment.online.session import OnlineSession
from experiment.online.settings import CompletionSettings, OnlineSettings

COMPLETION = CompletionSettings(
    complete="C1", screened_out="C2", no_consent="Ä 3", address="https://example.org/done"
)


@pytest.fixture
def session(prepare) -> OnlineSession:
    online = OnlineSettings(completion=COMPLETION)
    return OnlineSession(ClientPlan(prepare(information="information.md"), online, "Study"))


ENDS = {
    "screened_out": ({"seq": 0, "type": "screened_out", "reason": "phone"}, "C2", "C2"),
    "no_consent": ({"seq": 0, "type": "consent", "answer": "not agreed"}, "Ä 3", "%C3%84%203"),
}


@pytest.mark.parametrize(("event", "code", "written"), ENDS.values(), ids=ENDS)
def test_every_way_in_which_a_session_ends_has_its_code(session, event, code, written):
    assert session.closed is None
    taken = session.take([canonical(event)])
    assert len(taken.new) == 1
    url = f"https://example.org/done?cc={written}"
    assert session.closed == {"kind": session.progress.ended, "code": code, "url": url}
    assert session.content(0.0)["state"]["closed"] == session.closed


def test_a_device_is_declined_before_anything_else_only(session):
    session.take([canonical({"seq": 0, "type": "consent", "answer": "agreed"})])
    taken = session.take([canonical({"seq": 1, "type": "screened_out", "reason": "phone"})])
    assert taken.refused == "the session has begun"


def test_known_events_are_compared_as_they_were_sent(session):
    consent = {"seq": 0, "type": "consent", "answer": "agreed"}
    session.take([canonical(consent)])
    assert not session.take([canonical(dict(reversed(consent.items())))]).conflict
    assert session.take([canonical(consent | {"answer": "not agreed"})]).conflict


def test_time_goes_on_while_a_participant_pauses(session):
    session.started = 1000.0
    assert session.content(1500.0)["state"]["elapsed_s"] == 0.0  # no trial yet
    session.progress.n_done, session.progress.end_s = 1, 20.0
    assert session.content(1500.0)["state"]["elapsed_s"] == 500.0
    assert session.content(900.0)["state"]["elapsed_s"] == 20.0  # a clock that was set back
