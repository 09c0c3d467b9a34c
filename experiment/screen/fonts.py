"""The typeface of all screens: check that it has every character, and break lines."""

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
    """Check that a typeface has every character that is shown.

    Raises
    ------
    InputError
        It lacks some; the message contains them.
    """
    for path in (fonts.regular, fonts.bold):
        font = ImageFont.truetype(str(path), 24)
        # A font draws every missing character as the same box; no font has U+FFFF.
        box = bytes(font.getmask("\uffff"))
        missing = sorted(
            {each for each in characters if not each.isspace() and bytes(font.getmask(each)) == box}
        )
        if missing:
            raise InputError(
                f"{path.name} lacks {' '.join(missing)}, which participants have to read; "
                "name a font file that has it ([experiment] font in study.toml)"
            )


def wrap(text: str, font: Font, width_px: float) -> list[str]:
    """Break a paragraph into as few lines as `width_px` allows, of lengths as equal as possible.

    This avoids a single word on the last line. A word that is too long is not broken.
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
    """Fill each line before starting the next one."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
