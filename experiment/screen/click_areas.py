"""The areas of a screen where a click replaces a key press."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """An area of the window that can be clicked.

    Attributes
    ----------
    key : str
        PsychoPy's name of the key that a click replaces.
    box_px : tuple of int
        Left, top, right and bottom, from the window's upper left corner; right and bottom are exclusive.
    """

    key: str
    box_px: tuple[int, int, int, int]

    def contains(self, x_px: float, y_px: float) -> bool:
        """Return whether it contains a point."""
        left, top, right, bottom = self.box_px
        return left <= x_px < right and top <= y_px < bottom


def key_at(targets: Iterable[Target], x_px: float, y_px: float) -> str | None:
    """Return the key that a click at a point replaces, or None outside all targets."""
    return next((target.key for target in targets if target.contains(x_px, y_px)), None)


def places(
    keys: Iterable[str], centres_px: Iterable[int], size_px: tuple[int, int], window_px: tuple[int, int]
) -> list[Target]:
    """Return click areas for images, all of the same size.

    Parameters
    ----------
    keys : iterable of str
        Key of each image, from left to right.
    centres_px : iterable of int
        Horizontal centre of each, from the window's left edge; vertically all are in the middle.
    size_px, window_px : tuple of int
        Width and height of each area, and of the window.
    """
    width, height = size_px
    top = window_px[1] // 2 - height // 2
    return [
        Target(key, (centre - width // 2, top, centre - width // 2 + width, top + height))
        for key, centre in zip(keys, centres_px, strict=True)
    ]
