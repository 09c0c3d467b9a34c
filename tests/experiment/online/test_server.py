from __future__ import annotations

import json
import os
import random
import resource
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from online_client import OnlineParticipant, right_in_practice
from online_plans import online_session, online_setup
from online_server import Server, ask, invite, post, running, take_part

from experiment.data.read_data import read_data
from experiment.online.events import MAX_EVENTS, MAX_REQUEST_BYTES

FIELDS: dict[str, Any] = {"participant_fields": ()}
SETTINGS: dict[str, Any] = {
    "information": "information.md",
    "presentation": {"image_ms": 200, "mask_ms": 100},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server whose links are for the tests of single requests."""
    folder = tmp_path_factory.mktemp("study")
    with running(folder, **SETTINGS) as made:
        yield made
    assert "Traceback" not in made.errors()


@pytest.fixture
def token(server):
    (made,) = invite(server.folder, 1, **SETTINGS)
    return made


def plan_of(server, token):
    reply = ask(server.port, "GET", f"/s/{token}/plan")
    assert reply.status == 200
    return reply.json


def test_the_page_allows_no_inline_code_and_no_other_host(server, token):
    page = ask(server.port, "GET", f"/s/{token}")
    policy = page.headers["content-security-policy"]
    assert (page.status, page.headers["x-content-type-options"]) == (200, "nosniff")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "set-cookie" not in page.headers
    assert "server" not in page.headers
    assert '<script src="../static/client.js" defer></script>' in page.body.decode()
    assert ask(server.port, "GET", "/static/client.js").headers["content-type"].startswith("text/javascript")


STRANGE = [
    "/",
    "/s/",
    "/static/",
    "/static/..%2fserver.py",
    "/static/client.js/..",
    "/s/AAAAAAAAAAAAAAAAAAAAAA",
    "/s/AAAAAAAAAAAAAAAAAAAAAA/plan",
    "/s/%00",
    "/s/..%2f..%2fstudy.toml",
    "/status/other",
    "/join",
    "/join?PROLIFIC_PID=5f",
    "/docs",
    "/openapi.json",
    "/online/sessions.sqlite",
]


@pytest.mark.parametrize("path", STRANGE)
def test_there_is_nothing_else(server, path):
    reply = ask(server.port, "GET", path)
    assert reply.status == 404
    assert "content-security-policy" in reply.headers


def test_images_are_those_of_the_slot(server, token, tmp_path):
    plan = plan_of(server, token)
    session = online_session(online_setup(tmp_path, **SETTINGS), plan["slot"])
    shown = [session.content.image_files[item].read_bytes() for item in session.trials[0].items]
    first = plan["trials"][0]["images"]
    got = [ask(server.port, "GET", f"/s/{token}/images/{number}") for number in first]
    assert [reply.body for reply in got] == shown
    assert got[0].headers["content-type"] == "image/png"
    assert ask(server.port, "GET", f"/s/{token}/images/{plan['n_images']}").status == 404
    assert ask(server.port, "GET", f"/s/{token}/images/-1").status == 404
    assert ask(server.port, "GET", f"/s/{token}/mask").body.startswith(b"\x89PNG")


def test_events_count_once_and_in_order(server, token):
    events = list(OnlineParticipant(plan_of(server, token)).events())
    assert post(server.port, token, events[:2]).json == {"acknowledged": 1, "closed": None}
    assert post(server.port, token, events[:3]).json == {"acknowledged": 2, "closed": None}
    gap = post(server.port, token, events[5:])
    assert (gap.status, gap.json) == (409, {"expected": 3, "conflict": False})
    other = post(server.port, token, [events[1] | {"values": {"age": "31"}}])
    assert (other.status, other.json) == (409, {"expected": 3, "conflict": True})
    bad = post(server.port, token, [events[3], events[4] | {"trial": 9}])
    assert (bad.status, bad.json["acknowledged"]) == (400, 3)
    assert plan_of(server, token)["state"]["n_done"] == 1
    assert post(server.port, token, events[4:]).json["closed"] == {
        "kind": "complete",
        "code": None,
        "url": None,
    }
    assert plan_of(server, token)["state"]["closed"]["kind"] == "complete"
    assert post(server.port, token, events[-1:]).status == 200


def test_oversized_requests_are_refused(server, token):
    path = f"/s/{token}/events"
    assert ask(server.port, "POST", path, b" " * (MAX_REQUEST_BYTES + 1)).status == 413
    assert ask(server.port, "POST", path, b'{"events": [' + b"0," * MAX_EVENTS + b"0]}").status == 400
    assert ask(server.port, "GET", path).status == 405
    assert ask(server.port, "GET", "/s/" + "a" * 20_000).status in (400, 404)
    assert plan_of(server, token)["state"]["next_seq"] == 0


def test_the_state_of_the_study_needs_its_key(server, token):
    plan_of(server, token)
    page = ask(server.port, "GET", "/status/status-key")
    assert page.status == 200
    assert "median duration" in page.body.decode()
    assert "web000" not in page.body.decode()


def test_ten_thousand_strange_requests_leave_other_sessions_alone(server, token):
    """A sample of them; `make online-check` sends all."""
    rng = random.Random(1)
    events = list(OnlineParticipant(plan_of(server, token), right_in_practice).events())
    victim = ""
    for number in range(int(os.environ.get("ONLINE_REQUESTS", "300"))):
        if number % 500 == 0:  # before the limit of requests of one link hides what comes of them
            victim = _begun(server, events[0])
        status = _strange(server, rng, victim, events, number)
        guessed = number % 6 == 5  # which are limited, too
        assert status in (200, 400, 404, 409, 413) or (guessed and status == 429), status
    # Whatever arrived, the other participant's session is as it was, and goes on.
    assert plan_of(server, token)["state"]["next_seq"] == 0
    assert post(server.port, token, events).json["closed"]["kind"] == "complete"
    assert "Traceback" not in server.errors()


def _begun(server, consent):
    """Return the token of a session that has begun."""
    (made,) = invite(server.folder, 1, **SETTINGS)
    assert post(server.port, made, [consent]).status == 200
    return made


def _strange(server, rng, token, events, number):
    path = f"/s/{token}/events"
    kind = number % 6
    if kind == 0:
        return ask(server.port, "POST", path, rng.randbytes(rng.randrange(2000)) or b"x").status
    if kind == 1:  # replayed, at random
        return post(server.port, token, [rng.choice(events)]).status
    if kind == 2:  # forged
        event = json.loads(json.dumps(rng.choice(events)))
        key = rng.choice(list(event))
        event[key] = rng.choice([None, -1, 2**70, "x" * 300, [], {}, True, 1e300, "\x00"])
        return post(server.port, token, [event]).status
    if kind == 3:  # cut off
        text = json.dumps({"events": [rng.choice(events)]}).encode()
        return ask(server.port, "POST", path, text[: rng.randrange(1, len(text))]).status
    if kind == 4:
        return ask(server.port, "POST", path, b"[" * rng.randrange(1, MAX_REQUEST_BYTES + 10)).status
    guess = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789_-", k=22))
    return post(server.port, guess, [rng.choice(events)]).status


def test_no_trial_is_lost_or_counted_twice_when_the_server_is_killed(tmp_path):
    """A sample; `make online-check` kills it 20 times under 50 sessions."""
    n_sessions = int(os.environ.get("ONLINE_SESSIONS", "6"))
    n_kills = int(os.environ.get("ONLINE_KILLS", "3"))
    pause_s = 0.05 * n_kills  # so that sessions are as long as there are kills
    settings: dict[str, Any] = {"practice_criterion": 1.0, "practice_repetitions": 1, **FIELDS}
    tokens = invite(tmp_path, n_sessions, **settings)
    server = Server(tmp_path, **settings)
    rng, done = random.Random(2), threading.Event()

    def kill_now_and_then():
        for number in range(n_kills):
            if done.wait(rng.uniform(0.05, 0.5)):
                return number
            server.kill()
            server.start()
        return n_kills

    with ThreadPoolExecutor(n_sessions + 1) as pool:
        killing = pool.submit(kill_now_and_then)
        playing = [
            pool.submit(take_part, server.port, token, send_twice=number % 2 == 0, pause_s=pause_s)
            for number, token in enumerate(tokens)
        ]
        for each in playing:
            each.result()
        done.set()
        assert killing.result() == n_kills
    assert server.stop() == 0
    recorded = read_data(tmp_path / "data")
    assert len(recorded.sessions) == n_sessions
    setup = online_setup(tmp_path, **settings)
    for session in recorded.sessions:
        expected = [each.trial_id for each in online_session(setup, session.file.participant).trials]
        assert session.cells().cells("trial_id") == expected
        assert session.sidecar.table_sha256 is not None
    assert "Traceback" not in server.errors()


def test_a_server_that_is_stopped_finishes_what_it_writes(tmp_path):
    (token,) = invite(tmp_path, 1, **FIELDS)
    with running(tmp_path, **FIELDS) as server:
        events = list(OnlineParticipant(plan_of(server, token)).events())
        assert post(server.port, token, events[:6]).json["acknowledged"] == 5
        assert server.stop() == 0
    (session,) = read_data(tmp_path / "data").sessions
    assert session.n_rows == 5


def test_a_full_disk_loses_nothing_and_needs_no_restart(tmp_path):
    """Writing fails at once, as on a full disk; when there is room again, the browser's next try succeeds."""
    (token,) = invite(tmp_path, 1, **FIELDS)
    with running(tmp_path, **FIELDS) as server:
        events = list(OnlineParticipant(plan_of(server, token)).events())
        assert post(server.port, token, events[:4]).status == 200
        room = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1, room[1]))
        for _ in range(2):
            refused = post(server.port, token, events[4:6])
            assert (refused.status, refused.json) == (503, {"error": "not stored"})
        assert plan_of(server, token)["state"]["next_seq"] == 4
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, room)
        assert post(server.port, token, events[4:]).json["closed"]["kind"] == "complete"
    (session,) = read_data(tmp_path / "data").sessions
    assert session.complete
    assert "Traceback" not in server.errors()


def test_people_from_a_recruitment_service_get_one_link_each(tmp_path):
    online = {
        "open_link": True,
        "max_participants": 2,
        "completion": {"complete": "C1", "address": "https://app.prolific.com/submissions/complete"},
    }
    with running(tmp_path, online=online, **FIELDS) as server:

        def join(identity):
            return ask(server.port, "GET", f"/join?PROLIFIC_PID={identity}&STUDY_ID=s&SESSION_ID=x&other=1")

        first, again, second = join("5f1e"), join("5f1e"), join("5f2e")
        assert (first.status, first.headers["location"]) == (303, again.headers["location"])
        assert second.headers["location"] != first.headers["location"]
        full = join("5f3e")
        assert (full.status, b"enough participants" in full.body) == (410, True)
        token = first.headers["location"].removeprefix("s/")
        take_part(server.port, token)
        assert plan_of(server, token)["state"]["closed"] == {
            "kind": "complete",
            "code": "C1",
            "url": "https://app.prolific.com/submissions/complete?cc=C1",
        }
        assert join("x" * 101).status == 404
    lines = (tmp_path / "online/recruitment.tsv").read_text().splitlines()
    assert lines[0].split("\t") == ["participant_id", "PROLIFIC_PID", "STUDY_ID", "SESSION_ID"]
    assert lines[1].split("\t") == ["sub-web0001", "5f1e", "s", "x"]
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            assert "5f1e" not in path.read_text()
