"""What participants see: nothing that axe-core calls an obstacle, nothing wider than the screen."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from typing import Any

import pytest
from browser_participant import sensible
from chromium import axe_violations

WIDE = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module", params=[("2afc", "keys"), ("rating", "touch")], ids=["keys", "touch"])
def screens(study_of, request):
    """A study with all screens, and how its participants answer."""
    task, way = request.param
    made = study_of(
        task,
        information="information.md",
        confidence_levels=4 if task == "2afc" else 0,
        break_every=3,
        presentation={"answer_from_s": 0.0},
        participant_fields=[
            {
                "name": "age",
                "question": "Age in years",
                "type": "integer",
                "units": "years",
                "required": True,
            },
            {"name": "sex", "question": "Sex", "type": "choice", "choices": ["female", "male", "other"]},
        ],
        questions=[{"name": "strategy", "text": "Did you follow a strategy?", "answers": ["no", "yes"]}],
        require={"size": "card"},
    )
    return made, way


def fill_in(browser) -> None:
    browser.execute_script("document.querySelectorAll('input[type=number]').forEach(e => { e.value = '33' })")


def test_axe_finds_nothing_serious_on_any_screen(screens, axe):
    study, way = screens
    participant = study.participant(sensible, way)
    browser, seen, found = study.browser, set(), []

    def look(state) -> bool:
        name = (state["kind"], state["title"])
        if state["kind"] != "waiting" and name not in seen:
            seen.add(name)
            assert browser.execute_script(WIDE) <= 0, name
            violations = axe_violations(browser, axe)
            found.extend((*name, *each) for each in violations if each[0] in ("serious", "critical"))
        if state["kind"] == "form":
            fill_in(browser)
        return state["kind"] == "end"

    participant.go_on(look)
    assert found == []
    assert {kind for kind, _ in seen} == {"page", "question", "form", "card", "end"}


def test_a_form_says_in_the_language_of_the_session_what_is_missing(screens):
    study, way = screens
    participant = study.participant(sensible, way)
    participant.go_on(lambda state: state["kind"] == "form")
    participant.act({"kind": "form", "title": ""})
    message = "return document.querySelector('[name=age]').validationMessage"
    assert study.browser.execute_script(message) == "Please answer this question."
    fill_in(study.browser)
    study.browser.execute_script("document.querySelector('[name=age]').dispatchEvent(new Event('input'))")
    participant.go_on(lambda state: state["kind"] == "card")


def test_a_phone_is_declined_before_consent_and_the_link_stays(study_of):
    study = study_of(information="information.md", require={"phones": False, "keyboard": True})
    participant = study.participant(sensible, "touch")
    assert participant.go_on()["title"] == "This device does not fit"
    assert "can't be done on a phone" in participant.text()
    on_computer = study.participant(sensible, "keys")
    assert on_computer.go_on(lambda state: state["kind"] == "page")["title"] == "Information"


def test_the_bank_card_gives_the_size_in_degrees(study_of):
    study = study_of("rating", require={"size": "card"}, image_height_deg=4.2)
    participant = study.participant(sensible)
    participant.go_on(lambda state: state["kind"] == "card")
    # A card that is 428 pixels wide: 5 pixels per millimetre. 4.2 degrees at 60 cm are 44.0 mm, or
    # 220 pixels; the closest multiple of 28 pixels is 224.
    study.browser.execute_script(
        "const size = document.querySelector('input[type=range]'); size.value = 428;"
        "size.dispatchEvent(new Event('input'))"
    )
    participant.go_on(lambda state: state["kind"] == "question")
    height = study.browser.execute_script("return document.querySelector('.image').offsetHeight")
    assert height == 224


def event_of(study, participant, kind: str) -> dict[str, Any]:
    """Return the first event of a kind, as the server keeps it."""
    with closing(sqlite3.connect(study.server.folder / "online" / "sessions.sqlite")) as store:
        query = "SELECT event FROM events WHERE participant LIKE ? ORDER BY seq"
        events = [json.loads(row[0]) for row in store.execute(query, (f"%{participant.plan['slot']}",))]
    return next(event for event in events if event["type"] == kind)


def test_the_blind_spot_gives_the_distance(study_of):
    study = study_of("rating", require={"size": "chinrest"})
    participant = study.participant(sensible)
    participant.go_on(lambda state: state["kind"] == "card")
    participant.act({"kind": "card"})
    find = "return document.querySelector(arguments[0]) !== null"
    while not study.browser.execute_script(find, "#blind-spot"):
        time.sleep(0.02)
    while not study.browser.execute_script(find, "#distance-report"):
        participant.press(" ")  # starts the moving dot
        time.sleep(0.3)
        participant.press(" ")  # it has disappeared
    assert "cm from the screen" in participant.text()
    study.browser.find_element("id", "proceed").click()
    participant.go_on(lambda state: state["kind"] == "question")
    apparatus = event_of(study, participant, "run")["apparatus"]
    assert apparatus["size_from"] == "chinrest"
    assert 15 < apparatus["viewing_distance_cm"] < 150
    assert apparatus["image_height_deg"] > 0


def test_images_are_replaced_by_a_mask_after_their_number_of_frames(study_of):
    study = study_of("rating", presentation={"image_frames": 4, "mask_ms": 100, "fixation_ms": 50})
    participant = study.participant(sensible)
    participant.go_on(lambda state: state["kind"] == "question")
    time.sleep(1)
    shown = "return document.querySelectorAll('.image.shown').length"
    assert study.browser.execute_script(shown) == 0
    participant.go_on(lambda state: state["kind"] == "question" and state["trial"] == 1)
    timing = event_of(study, participant, "response")["timing"]
    assert timing["image_frames"] >= 4
    assert timing["image_duration_s"] > 0
