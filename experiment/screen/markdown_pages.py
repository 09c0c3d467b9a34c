"""A lab's own Markdown text (information, debriefing) as pages that fit the screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from experiment.session.plan import PageText
from tricky.core.errors import InputError
from tricky.core.files import sha256_of


@dataclass(frozen=True)
class Document:
    """A text that is shown as it stands in a file.

    Attributes
    ----------
    name : str
        Of the file, as the settings have it.
    sha256 : str
        Of its content.
    sections : tuple of (str, tuple of str)
        Headings, each with its paragraphs.
    """

    name: str
    sha256: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def characters(self) -> set[str]:
        """Every character that is in use."""
        return set("".join(heading + "".join(paragraphs) for heading, paragraphs in self.sections))

    def pages(self, prompt: str, fits: Callable[[PageText], bool]) -> tuple[PageText, ...]:
        """Break the text into pages: a new one for each heading, and where a paragraph has no room any more.

        Parameters
        ----------
        prompt : str
            What the continue key does.
        fits : callable
            Whether a page has room on the screen.

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
    """Read a Markdown file: headings, paragraphs and lists; emphasis and links become plain text.

    Raises
    ------
    InputError
        The file is missing, not readable, or empty.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable ({error}); correct [experiment] in study.toml") from None
    sections: list[tuple[str, list[str]]] = []
    for block in re.split(r"\n\s*\n", re.sub(r"^(#{1,6} .*)$", r"\n\1\n", text, flags=re.M)):
        lines = [line.strip() for line in block.strip().splitlines()]
        if not lines:
            continue
        if heading := re.fullmatch(r"#{1,6} +(.*?)#*", lines[0]):
            sections.append((_plain(heading[1]), []))
            continue
        if not sections:
            sections.append(("", []))
        sections[-1][1].extend(_plain(paragraph) for paragraph in _paragraphs(lines))
    if not any(paragraphs for _, paragraphs in sections):
        raise InputError(f"{path}: holds no text; write some, or leave its key out of study.toml")
    return Document(
        name, sha256_of(path), tuple((heading, tuple(body)) for heading, body in sections if body or heading)
    )


def _paragraphs(lines: list[str]) -> list[str]:
    """Join lines; each item of a list is a paragraph of its own."""
    joined: list[str] = []
    for line in lines:
        item = re.sub(r"^[-*+] +", "• ", line)
        if item != line or re.match(r"\d+[.)] ", line) or not joined:
            joined.append(item)
        else:
            joined[-1] += f" {line}"
    return joined


def _plain(text: str) -> str:
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1", r"\2", text).strip()
