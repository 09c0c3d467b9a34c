"""jsPsych's simulation mode does a session alone, in trial runs only."""

from __future__ import annotations

import time

import pytest
from browser_participant import LONGEST_S, rows_of, sensible


@pytest.fixture(scope="module")
def preview(study_of):
    return study_of(
        "rating",
        preview=True,
        information="information.md",
        participant_fields=[{"name": "age", "question": "Age", "type": "integer", "required": True}],
        questions=[{"name": "strategy", "text": "A strategy?", "answers": ["no", "yes"]}],
        debriefing="information.md",
    )


def wait_for_the_end(participant) -> None:
    deadline = time.monotonic() + LONGEST_S
    while participant.state()["kind"] != "end":
        assert time.monotonic() < deadline, participant.text()
        time.sleep(0.1)


def test_a_simulated_participant_does_a_trial_run_alone(preview):
    participant = preview.participant(sensible)
    participant.open("?simulate=data-only&seed=3")
    wait_for_the_end(participant)
    assert participant.state()["title"] == "That was it. Thank you!"
    slot = participant.plan["slot"]
    (table,) = (preview.server.folder / "online" / "preview" / "data").rglob(f"sub-{slot}_*_beh.tsv")
    rows = rows_of(table)
    assert len(rows) == len(participant.plan["trials"])
    assert all(0 < float(row["response_time"]) < 10 for row in rows)
    assert not (preview.server.folder / "data").exists()


def test_a_simulated_participant_is_seen_to_answer(preview):
    participant = preview.participant(sensible)
    participant.open("?simulate=visual&seed=3")
    deadline = time.monotonic() + LONGEST_S
    while participant.state().get("trial") != 1:
        assert time.monotonic() < deadline, participant.text()


def test_nobody_is_simulated_in_a_real_session(study_of):
    participant = study_of("rating").participant(sensible)
    participant.open("?simulate=data-only")
    participant.go_on(lambda state: state["kind"] == "page")
    time.sleep(1)
    assert participant.state()["title"] == "Welcome, and thank you"
