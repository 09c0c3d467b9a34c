"""Complete sessions in headless Chromium, against the real server."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest
from browser_participant import rows_of, sensible
from chromium import requested_urls
from online_client import OnlineParticipant, rightmost
from online_plans import online_session, online_setup
from online_server import ask

from experiment.online.apply_events import Progress, TrialAnswered
from experiment.online.events import parse_event

MEASURED = {
    *("onset", "dropped_frames", "late_flips", "worst_frame", "timing_ok", "image_frames"),
    *("image_duration", "focus_lost", "left_full_screen"),
}
QUESTION = {"name": "strategy", "text": "Did you follow a strategy?", "answers": ["no", "sometimes", "yes"]}
WHOLE: dict[str, Any] = {
    "information": "information.md",
    "debriefing": "information.md",
    "break_every": 3,
    "questions": [QUESTION],
    "online": {"completion": {"complete": "C0DE-1234", "address": "https://example.org/done"}},
}
PAGES = [
    *("Full screen", "Welcome, and thank you", "Examples", "First a little practice"),
    *("Well done, that was the practice", "Time for a short break"),
]
REPEATED: dict[str, Any] = {"practice_criterion": 1.0, "practice_repetitions": 1}
CASES = [
    ("2afc", "keys", sensible, {"language": "en", "confidence_levels": 4}, {"full_screen": True}),
    ("single", "mouse", rightmost, {"language": "de"} | REPEATED, {}),
    ("rating", "touch", sensible, {"language": "en"}, {"size": "card"}),
]


def expected_rows(study, slot: str, answer) -> list[dict[str, str]]:
    """Return the rows of a session with the same answers, as `test_apply_events.py` compares with the lab."""
    settings = {name: value for name, value in study.settings.items() if name != "online"}
    session = online_session(online_setup(study.server.folder, study.task, **settings), slot)
    progress = Progress(session)
    from experiment.online.client_plan import ClientPlan
    from experiment.online.settings import OnlineSettings

    plan = ClientPlan(session, OnlineSettings(), "Study").content(progress.state())
    steps = [
        progress.apply(parse_event(json.dumps(event))) for event in OnlineParticipant(plan, answer).events()
    ]
    answered = [step.response for step in steps if isinstance(step, TrialAnswered) and step.round == 0]
    text = "".join([session.table.header, *map(session.table.row_of, answered)])
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


@pytest.mark.parametrize(("task", "way", "answer", "settings", "require"), CASES)
def test_a_whole_session_in_a_browser_gives_the_rows_of_the_lab(
    study_of, task, way, answer, settings, require
):
    study = study_of(task, require, **WHOLE, **settings)
    study.browser.get_log("browser")
    study.browser.get_log("performance")
    participant = study.participant(answer, way)
    participant.go_on()

    assert "C0DE-1234" in participant.text()
    slot = participant.plan["slot"]
    (table,) = study.data.rglob(f"sub-{slot}_*_beh.tsv")
    rows, expected = rows_of(table), expected_rows(study, slot, answer)
    assert [row.keys() for row in rows] == [row.keys() for row in expected]
    for row, other in zip(rows, expected, strict=True):
        chosen = [name for name in row if name not in MEASURED and not name.endswith("_time")]
        assert [row[name] for name in chosen] == [other[name] for name in chosen]
        assert 0 < float(row["response_time"]) < 60
    onsets = [float(row["onset"]) for row in rows]
    assert onsets == sorted(onsets)
    assert study.browser.get_log("browser") == []
    host = f"http://127.0.0.1:{study.server.port}/"
    assert [url for url in requested_urls(study.browser) if not url.startswith((host, "chrome:"))] == []
    closing = {"en": "That was it. Thank you!", "de": "Das war’s. Vielen Dank!"}[settings["language"]]
    assert participant.seen[:2] == ["Information", "Your data"]
    assert participant.seen[-3:] == ["Information", "Your data", closing]
    if task == "2afc":
        assert participant.seen[2:-3] == PAGES
    if task == "single":
        assert "Bitte noch einmal" in participant.seen
    state = ask(study.server.port, "GET", participant.plan_path).json["state"]
    assert state["ended"] == "complete"

    study.browser.refresh()
    participant.go_on()
    assert "C0DE-1234" in participant.text()
    link = study.browser.execute_script("return document.querySelector('a').href")
    assert link == "https://example.org/done?cc=C0DE-1234"
