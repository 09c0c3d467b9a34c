from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiment.online.apply_events import Progress
from experiment.online.client_plan import ClientPlan, mask_png
from experiment.online.settings import OnlineSettings
from experiment.screen import texts
from tricky.core.errors import InputError

TASKS = ("2afc", "single", "rating")


def plan_of(session, **state):
    return ClientPlan(session, OnlineSettings(), "Study").content(Progress(session).state() | state)


@pytest.mark.parametrize("task", TASKS)
def test_a_plan_names_no_item_no_trial_and_no_label_of_the_main_block(prepare, task):
    session = prepare(task)
    plan = plan_of(session)
    text = json.dumps(plan)
    stimulus_set = session.material.stimulus_set
    for trial in session.trials:
        assert trial.trial_id not in text
    for item in stimulus_set.items.values():
        assert item.item_id not in text
        assert item.file not in text
        assert item.sha256 not in text
    main = [trial for trial in plan["trials"] if trial["block"] == "main"]
    assert all(trial["right_answer"] is None and trial["feedback"] is None for trial in main)
    assert str(stimulus_set.folder) not in text


@pytest.mark.parametrize("task", TASKS)
def test_images_have_the_places_that_the_lab_shows_them_in(prepare, task):
    session = prepare(task)
    plan = ClientPlan(session, OnlineSettings(), "Study")
    shown = [tuple(plan.items[number] for number in trial["images"]) for trial in plan.content({})["trials"]]
    assert shown == [trial.items for trial in session.trials]
    assert plan.image_file(len(plan.items)) is None
    assert plan.image_file(-1) is None


def test_numbers_of_images_are_in_the_order_in_which_they_are_shown(prepare):
    numbers = [number for trial in plan_of(prepare())["trials"] for number in trial["images"]]
    assert numbers == list(range(len(numbers)))


def test_practice_has_right_answers_with_their_feedback(prepare):
    session = prepare("single", language="de")
    practice = [trial for trial in plan_of(session)["trials"] if trial["block"] == "practice"]
    assert [trial["right_answer"] for trial in practice] == [
        trial.right_answer for trial in session.trials[:2]
    ]
    assert {trial["feedback"]["right"] for trial in practice} == {
        "Ja: Dieses Bild ist leicht.",
        "Ja: Dieses Bild ist schwer.",
    }


def test_ratings_have_no_feedback(prepare):
    plan = plan_of(prepare("rating"))
    assert not plan["feedback"]
    assert all(trial["feedback"] is None for trial in plan["trials"])


def test_a_digit_is_also_on_the_number_pad(prepare):
    ask = plan_of(prepare(confidence_levels=4))["asks"][1]
    assert [key["code"] for key in ask["options"][0]["keys"]] == ["Digit1", "Numpad1"]


def test_a_key_that_browsers_do_not_report_is_named(prepare):
    with pytest.raises(InputError, match="'scrolllock'"):
        plan_of(prepare(pause_key="scrolllock"))


def test_every_break_has_its_page(prepare):
    plan = plan_of(prepare(break_every=4))
    assert list(plan["breaks"]) == ["4", "8"]
    assert "4 of 10 pairs" in plan["breaks"]["4"]["body"][0]


def test_a_file_of_texts_without_those_of_online_sessions_is_named(prepare, tmp_path):
    content = (Path(texts.__file__).parent / "texts" / "en.toml").read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(content.partition("# Only in online sessions")[0])
    session = prepare(language="own.toml")
    with pytest.raises(InputError, match=r"\[online\] back"):
        plan_of(session)


def test_a_mask_is_the_same_for_the_same_slot_only():
    assert mask_png("web0001", 1) == mask_png("web0001", 1) != mask_png("web0002", 1)
