"""The typeface of all screens: that it has every character, and where lines break."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import ImageFont

from tricky.core.errors import InputError

Font = ImageFont.FreeTypeFont


@dataclass(frozen=True)
class Fonts:
    """The files of a typeface."""

    regular: Path
    bold: Path


def require_characters(fonts: Fonts, characters: Iterable[str]) -> None:
    """Refuse a typeface that lacks a character which is to be written.

    Raises
    ------
    InputError
        The missing characters are named.
    """
    for path in (fonts.regular, fonts.bold):
        font = ImageFont.truetype(str(path), 24)
        # A font draws what it lacks as one and the same box; U+FFFF is in none.
        box = bytes(font.getmask("\uffff"))
        missing = sorted(
            {each for each in characters if not each.isspace() and bytes(font.getmask(each)) == box}
        )
        if missing:
            raise InputError(
                f"{path.name} has not got {' '.join(missing)}, which participants are to read; "
                "name a font file that has ([experiment] font in study.toml)"
            )


def wrap(text: str, font: Font, width_px: float) -> list[str]:
    """Break a paragraph into as few lines as `width_px` allows, these as even as possible.

    Even lines leave no single word alone on the last one.  A word that is too long stays whole.
    """
    lines = _filled(text, font, width_px)
    too_narrow, wide_enough = 0.0, width_px
    while wide_enough - too_narrow > 1:
        width = (too_narrow + wide_enough) / 2
        if len(_filled(text, font, width)) > len(lines):
            too_narrow = width
        else:
            wide_enough = width
    return _filled(text, font, wide_enough)


def _filled(text: str, font: Font, width_px: float) -> list[str]:
    """Fill each line before the next one starts."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
