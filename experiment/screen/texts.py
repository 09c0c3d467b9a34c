"""The texts of a session, by language: a TOML file in ``texts/``, or the lab's own file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Formatter
from typing import Any

from experiment.pages import Page, PageName, PageText
from experiment.records import ScheduledTrial, Task
from experiment.settings import ExperimentSettings
from experiment.tasks import Wording, kind_of
from tricky.core.errors import InputError
from tricky.core.settings import read_toml
from tricky.core.tasks import DEFAULT_TASK, known_tasks

SHARED_PAGES = (
    *(PageName.EXAMPLES, PageName.PRACTICE_AGAIN, PageName.CLOSING),
    *(PageName.KEYBOARD, PageName.PAUSED, PageName.NOT_SAVED),
)
TASK_PAGES = tuple(name for name in PageName if name not in SHARED_PAGES)
INSTRUCTIONS = (PageName.PRACTICE, PageName.MAIN, PageName.WELCOME_BACK)
"""Pages that say which key to press, or with a mouse what to click."""
SHARED_TEXTS = (
    *("loading", "stop", "too_late", "confidence", "consent_question", "next"),
    *("mouse", "mouse_pair"),
)
TASK_TEXTS = ("question", "right", "wrong", "either")
TABLES = {
    "confidence_levels": {"lowest", "highest"},
    "groups": {"trivial", "in-between", "impossible"},
    "consent": {"agree", "disagree"},
    "captions": {"harder", "easier"},
    "key_names": {"other", "answer"},
    "key_caps": set[str](),
}
"""Tables of short texts, with the keys that each must have; more are allowed."""
ONLINE = "online"
"""A table that only online sessions need: a lab's own file may leave it out."""
PLACEHOLDERS = {
    *("left_key", "right_key", "continue_key", "answers", "n_done", "n_main"),
    *("answer", "key", "reason"),
    *("code", "n", "n_trials", "width_px", "height_px", "browsers", "cm"),
}


@dataclass(frozen=True)
class Texts:
    """All texts of a session of one task, in one language.

    Attributes
    ----------
    task : str
    lines : dict of str to str
        Single lines: ``loading`` (while images are prepared), ``stop`` (after Escape was pressed once),
        ``too_late`` (the deadline has passed), ``confidence``, ``mouse`` and ``mouse_pair`` (what to click);
        and for tasks with right answers ``question`` (above the images), ``right``, ``wrong``, ``either``
        (feedback: right, wrong, and where no answer is right).
    pages : dict of PageName to PageText
        The pages.
    tables : dict of str to dict
        Short texts: ``groups`` (names of groups), ``confidence_levels``, ``key_names`` (names of keys in a
        sentence), ``key_caps`` (labels on pictures of keys), and ``online`` (only online sessions; may be
        missing).
    """

    task: str
    lines: dict[str, str]
    pages: dict[PageName, PageText]
    tables: dict[str, dict[str, str]]

    @property
    def wording(self) -> Wording:
        """The words that a task's questions need."""
        return Wording(
            self.lines.get("question", ""),
            self.tables["groups"],
            self.lines["confidence"],
            self.tables["confidence_levels"],
        )

    def page(self, page: Page, settings: ExperimentSettings, task: Task) -> PageText:
        """Return a page with keys, answers and numbers filled in."""
        values = {
            "left_key": self.key_name(settings.left_key),
            "right_key": self.key_name(settings.right_key),
            "continue_key": self.key_name(settings.continue_key),
            "answers": " ".join(
                self.tables["key_names"]["answer"].format(
                    key=_sentence_case(self.key_name(each.key)), answer=each.label
                )
                for each in task.asks[0].options
            ),
            "n_done": page.n_done,
            "n_main": page.n_main,
            "reason": page.reason,
        }
        text, body = self.pages[page.name], self.pages[page.name].body
        if settings.answer_with == "mouse" and page.name in INSTRUCTIONS:
            body = (*body, self.lines["mouse_pair" if task.asks[0].by_place else "mouse"])
        return PageText(
            text.title.format(**values),
            tuple(p.format(**values) for p in body),
            text.prompt.format(**values),
        )

    def captions(self, trials: Sequence[ScheduledTrial]) -> dict[str, str]:
        """Return example images of the practice with their captions, by `item_id`."""
        return kind_of(self.task).captions(trials, self.tables)

    def instructions(self, settings: ExperimentSettings, task: Task) -> str:
        """Return the instructions for the task, in one paragraph."""
        pages = [
            self.page(Page(name, 0, 0), settings, task) for name in (PageName.WELCOME, PageName.PRACTICE)
        ]
        return " ".join(part for page in pages for part in page.body)

    def feedback(self, correct: bool | None, answer: str | None) -> str:
        """Return the feedback in practice; `answer` is the right one, as it is recorded."""
        text = self.lines[{True: "right", False: "wrong", None: "either"}[correct]]
        return text.format(answer=self.tables["groups"].get(answer or "", answer))

    def key_name(self, key: str) -> str:
        """Return the name of a key in a sentence."""
        names = self.tables["key_names"]
        return names.get(key, names["other"].format(key=key.upper()))

    def key_cap(self, key: str) -> str:
        """Return the label on a picture of a key."""
        return self.tables["key_caps"].get(key, key.upper())

    def characters(self) -> set[str]:
        """Return all characters of the texts."""
        pages = [part for page in self.pages.values() for part in (page.title, *page.body, page.prompt)]
        tables = [text for table in self.tables.values() for text in table.values()]
        return set("".join([*self.lines.values(), *pages, *tables]))


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def read_texts(language: str = "en", task: str = DEFAULT_TASK, root: Path = Path()) -> Texts:
    """Read the texts of a task: in a language that comes with tricky, or from a file of the lab's own.

    A task that brings texts of its own adds them to a language that comes with tricky.

    Parameters
    ----------
    language : str
        ``en``, ``de``, or the path of a TOML file.
    task : str
        Name of the task.
    root : Path
        What the path of a file is relative to.

    Raises
    ------
    InputError
        There is no such language, or its file is not complete.
    """
    shipped = files("experiment").joinpath("screen", "texts")
    path = root / language if language.endswith(".toml") else shipped.joinpath(f"{language}.toml")
    if not path.is_file():
        known = ", ".join(sorted(each.name.removesuffix(".toml") for each in shipped.iterdir()))
        raise InputError(
            f"no texts in language {language!r}; there are: {known}; or name a file of your own, *.toml"
        )
    with as_file(path) as file:
        content = read_toml(file)
    own = kind_of(task).texts
    if own is not None and task not in content:
        content = content | {task: _read_own(own, language, task)}
    return parse_texts(content, str(path))[task]


def _read_own(folder: Traversable, language: str, task: str) -> dict[str, Any]:
    """Return the texts that a task brings along.

    Raises
    ------
    InputError
        There are none in this language.
    """
    source = folder.joinpath(f"{language}.toml")
    if not source.is_file():
        raise InputError(f"{language}: has no texts for the task {task!r}; add a table [{task}]")
    with as_file(source) as file:
        return read_toml(file)


def parse_texts(content: dict[str, Any], where: str) -> dict[str, Texts]:
    """Check that every text is there, and of the right type; return them by task.

    A task that brings texts of its own may be missing.

    Raises
    ------
    InputError
        A key is missing or unknown, or holds something other than text; `where` is named.
    """
    kinds = {task: kind_of(task) for task in known_tasks()}
    tasks = [task for task, kind in kinds.items() if kind.texts is None or task in content]
    tables = TABLES | ({ONLINE: set()} if ONLINE in content else {})
    _check_keys(content, {*SHARED_TEXTS, *SHARED_PAGES, *tables, *tasks}, where)
    for name in (*tables, *tasks):
        if not isinstance(content[name], dict):
            raise InputError(f"{where}: [{name}] must be a table; correct it")
    for name, needed in tables.items():
        if missing := sorted(needed - set(content[name])):
            raise InputError(f"{where}: [{name}] lacks {missing[0]!r}; add it")
        for key, text in content[name].items():
            _check_text(text, f"{where}: {name}.{key}")
    lines = {name: content[name] for name in SHARED_TEXTS}
    pages = {name: content[name] for name in SHARED_PAGES}
    texts = {}
    for task in tasks:
        own = content[task]
        own_lines = () if kinds[task].correct_column is None else TASK_TEXTS
        _check_keys(own, {*own_lines, *TASK_PAGES}, f"{where}: [{task}]")
        of_task = lines | {name: own[name] for name in own_lines}
        for name, text in of_task.items():
            _check_text(text, f"{where}: {name}" if name in lines else f"{where}: {task}.{name}")
        both = {name: (pages | own)[name] for name in PageName}
        texts[task] = Texts(
            task,
            of_task,
            {name: _page(page, f"{where}: [{_place(task, name)}]") for name, page in both.items()},
            {name: dict(content[name]) for name in tables},
        )
    return texts


def _place(task: str, name: PageName) -> str:
    return name if name in SHARED_PAGES else f"{task}.{name}"


def _page(page: object, where: str) -> PageText:
    if not isinstance(page, dict) or not isinstance(page.get("body", []), list):
        raise InputError(f"{where} must be a table whose body is a list of paragraphs; correct it")
    _check_keys(page, {"title", "body", "prompt"}, where)
    for text in [page["title"], page["prompt"], *page["body"]]:
        _check_text(text, where)
    return PageText(page["title"], tuple(page["body"]), page["prompt"])


def _check_keys(content: dict[str, Any], expected: set[str], where: str) -> None:
    for name in sorted(expected - set(content)):
        raise InputError(f"{where}: text {name!r} is missing; add it")
    for name in sorted(set(content) - expected):
        raise InputError(f"{where}: text {name!r} is unknown; remove it or correct its name")


def _check_text(text: object, where: str) -> None:
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{where}: {text!r} is not a text; write one")
    try:
        names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise InputError(f"{where}: {error} in {text!r}; write a brace as two") from None
    if strange := [name for name in names if name not in PLACEHOLDERS]:
        raise InputError(
            f"{where}: {{{strange[0]}}} is not a placeholder; there are "
            f"{', '.join(f'{{{name}}}' for name in sorted(PLACEHOLDERS))}"
        )
