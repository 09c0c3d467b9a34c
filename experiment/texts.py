"""What a participant reads, by language: one TOML file each in ``texts/``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from importlib.resources import files
from typing import Any

from experiment.plan import Page, PageName
from experiment.settings import ExperimentSettings
from model_eval.artefacts import InputError


@dataclass(frozen=True)
class PageText:
    """A page of text.

    Attributes
    ----------
    title : str
        Its headline.
    body : tuple of str
        Paragraphs.
    prompt : str
        What the continue key does; stands behind a picture of that key.
    """

    title: str
    body: tuple[str, ...]
    prompt: str


@dataclass(frozen=True)
class Texts:
    """Every text of a session, in one language.

    Attributes
    ----------
    question : str
        Above each pair.
    loading : str
        While images are prepared.
    right, wrong, either : str
        Feedback in practice: right, wrong, and where both items are equally hard.
    stop : str
        After Escape was pressed once.
    pages : dict of PageName to PageText
        The pages.
    key_names, key_caps : dict of str to str
        What keys are called in a sentence, and what stands on them.
    """

    question: str
    loading: str
    right: str
    wrong: str
    either: str
    stop: str
    pages: dict[PageName, PageText]
    key_names: dict[str, str]
    key_caps: dict[str, str]

    def page(self, page: Page, settings: ExperimentSettings) -> PageText:
        """Return a page with keys and numbers filled in."""
        values = {
            "left_key": self.key_name(settings.left_key),
            "right_key": self.key_name(settings.right_key),
            "continue_key": self.key_name(settings.continue_key),
            "n_done": page.n_done,
            "n_main": page.n_main,
            "reason": page.reason,
        }
        text = self.pages[page.name]
        return PageText(
            text.title.format(**values),
            tuple(p.format(**values) for p in text.body),
            text.prompt.format(**values),
        )

    def key_name(self, key: str) -> str:
        """Return what a key is called in a sentence."""
        return self.key_names.get(key, self.key_names["other"].format(key=key.upper()))

    def key_cap(self, key: str) -> str:
        """Return what stands on a key."""
        return self.key_caps.get(key, key.upper())


def read_texts(language: str = "en") -> Texts:
    """Read the texts of a language that ships with tricky.

    Raises
    ------
    InputError
        There is no such language, or its file is not complete.
    """
    path = files("experiment").joinpath("texts", f"{language}.toml")
    if not path.is_file():
        known = sorted(p.name.removesuffix(".toml") for p in files("experiment").joinpath("texts").iterdir())
        raise InputError(f"no texts in language {language!r}; there are: {', '.join(known)}")
    return parse_texts(tomllib.loads(path.read_text(encoding="utf-8")), str(path))


def parse_texts(content: dict[str, Any], where: str) -> Texts:
    """Check that every text is there, and of the kind it must be.

    Raises
    ------
    InputError
        A key is missing, unknown, or holds something else than text; `where` is named.
    """
    plain = [field.name for field in fields(Texts) if field.type == "str"]
    tables = {"key_names": {"other"}, "key_caps": set[str]()}
    _check_keys(content, {*plain, *PageName, *tables}, where)
    for name in plain:
        _check_text(content[name], f"{where}: {name}")
    for name, needed in tables.items():
        if not isinstance(content[name], dict) or not needed <= set(content[name]):
            raise InputError(f"{where}: [{name}] must be a table with {', '.join(needed) or 'texts'}; add it")
        for key, text in content[name].items():
            _check_text(text, f"{where}: {name}.{key}")
    pages = {}
    for name in PageName:
        page = content[name]
        if not isinstance(page, dict) or not isinstance(page.get("body", []), list):
            raise InputError(
                f"{where}: [{name}] must be a table whose body is a list of paragraphs; correct it"
            )
        _check_keys(page, {field.name for field in fields(PageText)}, f"{where}: [{name}]")
        for text in [page["title"], page["prompt"], *page["body"]]:
            _check_text(text, f"{where}: [{name}]")
        pages[name] = PageText(page["title"], tuple(page["body"]), page["prompt"])
    return Texts(
        **{name: content[name] for name in plain},
        pages=pages,
        key_names=content["key_names"],
        key_caps=content["key_caps"],
    )


def _check_keys(content: dict[str, Any], expected: set[str], where: str) -> None:
    for name in sorted(expected - set(content)):
        raise InputError(f"{where}: text {name!r} is missing; add it")
    for name in sorted(set(content) - expected):
        raise InputError(f"{where}: text {name!r} is unknown; remove it or correct its name")


def _check_text(text: object, where: str) -> None:
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{where}: holds {text!r} where a text is needed; write one")
