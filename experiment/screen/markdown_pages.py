"""The lab's own Markdown texts (information, debriefing) as pages that fit on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from experiment.pages import PageText
from tricky.core.errors import InputError
from tricky.core.files import decode_text, read_bytes, sha256_of


@dataclass(frozen=True)
class Document:
    """A Markdown text.

    Attributes
    ----------
    name : str
        Path of the file, as in the settings.
    sha256 : str
        Hash of its content.
    sections : tuple of (str, tuple of str)
        Headings, each with its paragraphs.
    """

    name: str
    sha256: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def characters(self) -> set[str]:
        """All characters of the text."""
        return set("".join(heading + "".join(paragraphs) for heading, paragraphs in self.sections))

    def pages(self, prompt: str, fits: Callable[[PageText], bool]) -> tuple[PageText, ...]:
        """Break the text into pages: a new page for each heading, and when the next paragraph does not fit.

        Parameters
        ----------
        prompt : str
            What the continue key does.
        fits : callable
            Returns whether a page fits on the screen.

        Raises
        ------
        InputError
            A paragraph is too long for a page of its own.
        """
        pages: list[PageText] = []
        for heading, paragraphs in self.sections:
            page = PageText(heading, (), prompt)
            for paragraph in paragraphs:
                longer = PageText(heading, (*page.body, paragraph), prompt)
                if not fits(longer):
                    longer = PageText(heading, (paragraph,), prompt)
                    if not fits(longer):
                        raise InputError(
                            f"{self.name}: the paragraph {paragraph[:40]!r} … is too long for one screen; "
                            "split it"
                        )
                    pages.append(page)
                page = longer
            pages.append(page)
        return tuple(pages)


def read_document(path: Path, name: str) -> Document:
    """Read a Markdown file (CommonMark): headings, paragraphs, lists; emphasis and links become plain text.

    Raises
    ------
    InputError
        The file is missing, not readable, or empty.
    """
    content = read_bytes(path)
    sections: list[tuple[str, list[str]]] = []
    for is_heading, text in _blocks(MarkdownIt("commonmark").parse(decode_text(content, path))):
        if is_heading:
            sections.append((text, []))
            continue
        if not sections:
            sections.append(("", []))
        sections[-1][1].append(text)
    if not any(paragraphs for _, paragraphs in sections):
        raise InputError(f"{path}: contains no text; write some, or leave its key out of study.toml")
    return Document(
        name,
        sha256_of(content),
        tuple((heading, tuple(body)) for heading, body in sections if body or heading),
    )


def _blocks(tokens: Sequence[Token]) -> Iterator[tuple[bool, str]]:
    """Yield headings (True) and paragraphs (False) as plain text, list items with bullet or number."""
    lists: list[int | None] = []  # of each open list: the number of its next item, None for bullets
    mark, in_heading = "", False
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                number = lists[-1]
                mark = "• " if number is None else f"{number}. "
                lists[-1] = None if number is None else number + 1
            case "heading_open" | "heading_close":
                in_heading = token.nesting == 1
            case "inline" | "fence" | "code_block" | "html_block":
                for line in _lines(token):
                    yield in_heading, mark + line
                    mark = ""


def _lines(token: Token) -> list[str]:
    """Return the lines of a block: one, unless it is code or has hard line breaks."""
    children = token.children
    text = token.content if children is None else "".join(_inline(child) for child in children)
    return [line.strip() for line in text.split("\n") if line.strip()]


def _inline(token: Token) -> str:
    if token.type == "softbreak":
        return " "
    return "\n" if token.type == "hardbreak" else token.content
