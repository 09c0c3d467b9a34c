"""Whatever interrupts a session in a browser, every trial counts once, in order."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from contextlib import closing
from typing import get_args

import pytest
from browser_participant import rows_of, sensible
from flaky_network import Fault, flaky_network


@pytest.fixture(scope="module")
def study(study_of):
    return study_of("rating", online={"offline_trials": 3})  # no feedback, so it is fast


def table_of(study, participant) -> list[dict[str, str]]:
    (table,) = study.data.rglob(f"sub-{participant.plan['slot']}_*_beh.tsv")
    return rows_of(table)


def rows_in_order(study, participant, n_trials: int = 8) -> list[dict[str, str]]:
    """Return the rows of the first trials, once they arrived; each is there once, and so is each event."""
    deadline = time.monotonic() + 30
    while len(rows := table_of(study, participant)) < n_trials and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [int(row["trial_index"]) for row in rows] == list(range(n_trials))
    with closing(sqlite3.connect(study.server.folder / "online" / "sessions.sqlite")) as store:
        query = "SELECT seq FROM events WHERE participant LIKE ? ORDER BY seq"
        numbers = [row[0] for row in store.execute(query, (f"%{participant.plan['slot']}",))]
    assert numbers == list(range(len(numbers)))
    return rows


def trial_is(index: int):
    return lambda state: state["kind"] == "question" and state["trial"] == index


@pytest.mark.parametrize("seed", range(int(os.environ.get("BROWSER_SEEDS", "1"))))
def test_requests_that_are_cut_or_doubled_count_once(study, seed):
    """A sample; `BROWSER_SEEDS=20` takes ten minutes."""
    rng = random.Random(seed)
    faults: list[Fault | None] = [*get_args(Fault), None, *get_args(Fault), None, None]
    rng.shuffle(faults)
    with flaky_network(study.server.port) as network:
        participant = study.participant(sensible, port=network.port)
        network.faults = faults
        participant.go_on()
        assert set(network.done) == set(get_args(Fault))
        rows_in_order(study, participant)


def test_a_page_that_is_reloaded_or_closed_continues_with_the_same_trial(study):
    participant = study.participant(sensible)
    participant.go_on(trial_is(1))
    study.browser.refresh()
    participant.go_on(lambda state: state["kind"] == "page" and state["title"] == "Welcome back")
    participant.go_on(trial_is(3))
    study.browser.switch_to.new_window("tab")
    study.browser.switch_to.window(study.browser.window_handles[0])
    study.browser.close()
    study.browser.switch_to.window(study.browser.window_handles[0])
    participant.open()
    participant.go_on(trial_is(5))
    rows = rows_in_order(study, participant, 5)
    assert [row["resumed"] for row in rows] == ["false", "true", "true", "true", "true"]
    assert [row["broken_off"] for row in rows] == ["0", "1", "0", "1", "0"]


def offline(browser, is_offline: bool) -> None:
    conditions = {"offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)


def test_without_a_connection_the_session_goes_on_for_some_trials_and_says_so(study):
    participant = study.participant(sensible)
    participant.go_on(trial_is(2))
    offline(study.browser, True)
    participant.go_on(trial_is(4))
    assert "You can go on" in participant.text()
    # Three answers may wait; with the fourth the page does.
    participant.go_on(trial_is(5))
    participant.go_on(lambda state: state["kind"] == "waiting" and "leave this page" in participant.text())
    time.sleep(0.5)
    assert participant.state()["kind"] == "waiting"
    assert len(table_of(study, participant)) == 2
    offline(study.browser, False)
    participant.go_on(trial_is(7))
    rows = rows_in_order(study, participant, 7)
    assert {row["broken_off"] for row in rows} == {"0"}


def test_answers_that_could_not_be_sent_are_sent_by_the_next_page(study):
    with flaky_network(study.server.port) as network:
        participant = study.participant(sensible, port=network.port)
        participant.go_on(trial_is(2))
        network.faults = ["before"] * 1000
        participant.go_on(trial_is(4))
        assert len(table_of(study, participant)) == 2
        network.faults = []
        study.browser.refresh()
        participant.go_on(lambda state: state["title"] == "Welcome back")
        rows_in_order(study, participant, 4)


def test_a_server_that_is_killed_and_started_again_loses_nothing(study):
    participant = study.participant(sensible)
    participant.go_on(trial_is(3))
    study.server.kill()
    participant.go_on(trial_is(4))
    study.server.start()
    participant.go_on(trial_is(6))
    rows_in_order(study, participant, 6)


def test_a_session_is_open_in_one_window(study):
    participant = study.participant(sensible)
    participant.go_on(trial_is(1))
    first = study.browser.current_window_handle
    study.browser.switch_to.new_window("tab")
    study.browser.get(participant.address)
    end = participant.go_on(lambda state: state["kind"] in ("end", "page"))
    assert (end["kind"], end["title"]) == ("end", "Open in another window")
    study.browser.close()
    study.browser.switch_to.window(first)
    participant.go_on(trial_is(3))
    rows_in_order(study, participant, 3)


def test_who_pauses_or_stops_sees_the_same_trial_again(study):
    participant = study.participant(sensible)
    participant.go_on(trial_is(1))
    participant.press("p")
    participant.go_on(lambda state: state["title"] == "Pause")
    participant.go_on(trial_is(3))
    participant.press("Escape")
    participant.press("Escape")
    assert participant.go_on()["title"] == "You have stopped"
    participant.open()
    participant.go_on(trial_is(5))
    rows = rows_in_order(study, participant, 5)
    assert [row["broken_off"] for row in rows] == ["0", "1", "0", "1", "0"]
