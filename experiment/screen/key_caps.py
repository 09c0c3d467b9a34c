"""Pictures of keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from experiment.screen.colours import BACKGROUND, INK, PAPER, QUIET
from experiment.screen.fonts import Font

SUPERSAMPLING = 4
_ARROWS = {"right": (1, 0), "left": (-1, 0), "up": (0, -1), "down": (0, 1)}


@dataclass(frozen=True)
class KeyCap:
    """The picture of a key: an arrow for the arrow keys, otherwise its label."""

    key: str
    label: str


@dataclass(frozen=True)
class Answer:
    """A key with its label and its position.

    Attributes
    ----------
    key : KeyCap
        The key.
    label : str
        Written below the key; may be empty.
    centre_px : int
        Distance of the key's centre from the window's left edge.
    """

    key: KeyCap
    label: str
    centre_px: int


def key_cap(key: KeyCap, height_px: int, font: Font) -> Image.Image:
    """Draw a key: a light rounded square, wider if its label needs it."""
    is_arrow = key.key in _ARROWS
    width_px = height_px if is_arrow else max(height_px, round(font.getlength(key.label) + height_px * 0.8))
    scale = SUPERSAMPLING
    large = Image.new("RGB", (width_px * scale, height_px * scale), BACKGROUND)
    draw = ImageDraw.Draw(large)
    lip, radius = round(0.07 * height_px * scale), round(0.2 * height_px * scale)
    right, bottom = width_px * scale - 1, height_px * scale - 1
    draw.rounded_rectangle((0, 0, right, bottom), radius, fill=QUIET)
    draw.rounded_rectangle((0, 0, right, bottom - lip), radius, fill=PAPER)
    if is_arrow:
        centre = (width_px * scale / 2, (height_px * scale - lip) / 2)
        draw.polygon(_arrow(key.key, centre, 0.25 * height_px * scale), fill=INK)
    image = large.resize((width_px, height_px), Image.Resampling.LANCZOS)
    if not is_arrow:
        middle = (width_px // 2, round((height_px - lip / scale) / 2))
        ImageDraw.Draw(image).text(middle, key.label, fill=INK, font=font, anchor="mm")
    return image


def _arrow(key: str, centre: tuple[float, float], half: float) -> Sequence[tuple[float, float]]:
    """Return the outline of an arrow of length ``2 * half`` in the key's direction."""
    along, across = _ARROWS[key], (-_ARROWS[key][1], _ARROWS[key][0])
    outline = [(-1, 0.16), (0.1, 0.16), (0.1, 0.72), (1, 0), (0.1, -0.72), (0.1, -0.16), (-1, -0.16)]
    return [
        (
            centre[0] + half * (forward * along[0] + aside * across[0]),
            centre[1] + half * (forward * along[1] + aside * across[1]),
        )
        for forward, aside in outline
    ]
