from __future__ import annotations

import re
import tomllib
from copy import deepcopy
from pathlib import Path

import pytest

from experiment.pages import Page, PageName
from experiment.records import Ask, Option, ScheduledTrial, Task
from experiment.screen import texts
from experiment.screen.texts import parse_texts, read_texts
from experiment.settings import ExperimentSettings
from stimuli.records import Block
from tricky.core.errors import InputError

FOLDER = Path(texts.__file__).parent / "texts"
CONTENT = tomllib.loads((FOLDER / "en.toml").read_text(encoding="utf-8"))
GERMAN = tomllib.loads((FOLDER / "de.toml").read_text(encoding="utf-8"))
TASKS = ("2afc", "single", "rating")
TASK = Task("single", (Ask("response", "?", (Option("a", "easy", "f"), Option("b", "hard", "right"))),))
FREE = {"groups", "confidence_levels", "consent", "captions", "key_names", "key_caps"}


def leaves(content: dict, *above: str):
    for key, value in content.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from leaves(value, *above, key)


NEEDED = [path for path in leaves(CONTENT) if path[0] != "online" and (path[0] not in FREE or len(path) == 1)]


@pytest.mark.parametrize("path", NEEDED, ids=".".join)
def test_a_missing_text_is_named_before_a_session_starts(path):
    content = deepcopy(CONTENT)
    table = content
    for key in path[:-1]:
        table = table[key]
    del table[path[-1]]
    with pytest.raises(InputError, match=path[-1]):
        parse_texts(content, "en.toml")


def test_an_unknown_text_is_named():
    with pytest.raises(InputError, match="'qestion' is unknown"):
        parse_texts(CONTENT | {"qestion": "?"}, "en.toml")


@pytest.mark.parametrize("value", ["", "  ", 3, ["a"]])
def test_a_text_that_is_none_is_named(value):
    with pytest.raises(InputError, match="question"):
        parse_texts(CONTENT | {"question": value}, "en.toml")


@pytest.mark.parametrize("table", sorted(FREE - {"key_caps"}))
def test_a_table_without_what_it_must_have_is_named(table):
    with pytest.raises(InputError, match=rf"\[{table}\] lacks"):
        parse_texts(CONTENT | {table: {}}, "en.toml")


def test_texts_of_online_sessions_may_be_left_out_but_are_checked_where_they_are_there():
    content = {name: text for name, text in CONTENT.items() if name != "online"}
    assert "online" not in parse_texts(content, "own.toml")["single"].tables
    with pytest.raises(InputError, match=r"own.toml: online\.code"):
        parse_texts(content | {"online": {"code": ""}}, "own.toml")


@pytest.mark.parametrize("text", ["{n_don} of {n_main}", "a { b"])
def test_an_unknown_placeholder_is_named(text):
    content = deepcopy(CONTENT)
    content["2afc"]["break"]["body"] = [text]
    with pytest.raises(InputError, match=r"\[2afc\.break\]"):
        parse_texts(content, "en.toml")


def test_german_says_all_that_english_says_in_words_of_its_own():
    assert set(leaves(GERMAN)) == set(leaves(CONTENT))
    for path in leaves(CONTENT):
        english, german = CONTENT, GERMAN
        for key in path:
            english, german = english[key], german[key]
        if not isinstance(english, dict) and path[-1] not in {"answer", "return"}:
            assert german != english, path
            placeholders = re.findall(r"\{\w+\}", str(english))
            assert sorted(re.findall(r"\{\w+\}", str(german))) == sorted(placeholders), path


def test_a_lab_can_use_its_own_file_of_texts(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text((FOLDER / "en.toml").read_text().replace("Which image is harder", "Which one is trickier"))
    assert read_texts(str(own)).lines["question"] == "Which one is trickier for a network?"
    own.write_text("loading = ")
    with pytest.raises(InputError, match=r"own\.toml: not valid TOML"):
        read_texts(str(own))


def test_the_error_for_an_unknown_language_lists_the_languages():
    with pytest.raises(InputError, match=r"'xx'; there are: de, en"):
        read_texts("xx")


@pytest.mark.parametrize("name", list(PageName))
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_page_fills_in_keys_and_numbers(name, task, language):
    text = read_texts(language, task).page(Page(name, 20, 60), ExperimentSettings(left_key="f"), TASK)
    for written in (text.title, text.prompt, *text.body):
        assert "{" not in written


def test_a_page_names_the_keys_in_use():
    practice = read_texts().page(Page(PageName.PRACTICE, 0, 60), ExperimentSettings(left_key="f"), TASK)
    assert "F key" in practice.body[0]
    assert "right arrow key" in practice.body[0]


def test_a_page_names_the_answer_of_each_key():
    practice = read_texts("en", "single").page(Page(PageName.PRACTICE, 0, 60), ExperimentSettings(), TASK)
    assert practice.body[0] == "Press the key of your answer. F key: easy. Right arrow key: hard."


def test_feedback_calls_a_group_by_its_name_and_one_of_the_labs_own_by_that():
    english = read_texts("en", "single")
    assert english.feedback(True, "impossible") == "Yes: this image is hard."
    assert english.feedback(False, "odd") == "Not quite: this image is odd."


def practice(*answers: str | None, items: int) -> list[ScheduledTrial]:
    return [
        ScheduledTrial(n, Block.PRACTICE, f"t{n}", tuple(f"i{n}{k}" for k in range(items)), answer)
        for n, answer in enumerate(answers)
    ]


def test_examples_are_the_first_pair_with_a_right_answer_or_an_image_of_each_group():
    pair, single = read_texts("en"), read_texts("en", "single")
    assert pair.captions(practice(None, "right", "left", items=2)) == {
        "i10": "easier for the networks",
        "i11": "harder for the networks",
    }
    shown = single.captions(practice("impossible", "impossible", "trivial", items=1))
    assert shown == {"i00": "hard", "i20": "easy"}
