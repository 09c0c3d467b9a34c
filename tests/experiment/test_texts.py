from __future__ import annotations

import tomllib
from copy import deepcopy
from pathlib import Path

import pytest

from experiment import texts
from experiment.plan import Page, PageName
from experiment.settings import ExperimentSettings
from experiment.texts import parse_texts, read_texts
from model_eval.artefacts import InputError

CONTENT = tomllib.loads(Path(texts.__file__).parent.joinpath("texts", "en.toml").read_text(encoding="utf-8"))


def leaves(content: dict, *above: str):
    for key, value in content.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from leaves(value, *above, key)


NEEDED = [path for path in leaves(CONTENT) if path[0] not in {"key_names", "key_caps"} or len(path) == 1]


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


def test_an_unknown_language_is_told_with_those_there_are():
    with pytest.raises(InputError, match=r"'xx'; there are: en"):
        read_texts("xx")


@pytest.mark.parametrize("name", list(PageName))
def test_every_page_fills_in_keys_and_numbers(name):
    text = read_texts().page(Page(name, 20, 60), ExperimentSettings(left_key="f"))
    for written in (text.title, text.prompt, *text.body):
        assert "{" not in written


def test_a_page_names_the_keys_in_use():
    practice = read_texts().page(Page(PageName.PRACTICE, 0, 60), ExperimentSettings(left_key="f"))
    assert "F key" in practice.body[0]
    assert "right arrow key" in practice.body[0]
