"""The pages of text in a session: their names, and what a page says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PageName(StrEnum):
    """A page that every session has; its texts have the same name in ``texts/*.toml``."""

    WELCOME = "welcome"
    EXAMPLES = "examples"
    WELCOME_BACK = "welcome_back"
    PRACTICE = "practice"
    PRACTICE_AGAIN = "practice_again"
    MAIN = "main"
    BREAK = "break"
    CLOSING = "closing"
    PAUSED = "paused"
    NOT_SAVED = "not_saved"
    KEYBOARD = "keyboard"


@dataclass(frozen=True)
class PageText:
    """The text of a page.

    Attributes
    ----------
    title : str
        Headline.
    body : tuple of str
        Paragraphs.
    prompt : str
        What the continue key does, shown next to a picture of that key.
    """

    title: str
    body: tuple[str, ...]
    prompt: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is shown until the observer presses the continue key.

    Attributes
    ----------
    name : PageName
        Which page.
    n_done, n_main : int
        Number of main trials done, and number of main trials in the session.
    reason : str
        What the experimenter needs to know, on pages that report a problem.
    """

    name: PageName
    n_done: int = 0
    n_main: int = 0
    reason: str = ""
