"""Where a click stands for a key: the areas of a screen that answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """An area of the window that can be clicked.

    Attributes
    ----------
    key : str
        PsychoPy's name of the key that a click on it stands for.
    box_px : tuple of int
        Left, top, right and bottom, from the window's upper left corner; right and bottom lie outside.
    """

    key: str
    box_px: tuple[int, int, int, int]

    def holds(self, x_px: float, y_px: float) -> bool:
        """Return whether a point lies in it."""
        left, top, right, bottom = self.box_px
        return left <= x_px < right and top <= y_px < bottom


def key_at(targets: Iterable[Target], x_px: float, y_px: float) -> str | None:
    """Return the key that a click at a point stands for, or None where there is no target."""
    return next((target.key for target in targets if target.holds(x_px, y_px)), None)


def places(
    keys: Iterable[str], centres_px: Iterable[int], size_px: tuple[int, int], window_px: tuple[int, int]
) -> list[Target]:
    """Return the places of images, all of the same size, as targets.

    Parameters
    ----------
    keys : iterable of str
        For which image, from left to right.
    centres_px : iterable of int
        Of each, from the window's left edge; vertically all stand in its middle.
    size_px, window_px : tuple of int
        Width and height of the places, and of the window.
    """
    width, height = size_px
    top = window_px[1] // 2 - height // 2
    return [
        Target(key, (centre - width // 2, top, centre - width // 2 + width, top + height))
        for key, centre in zip(keys, centres_px, strict=True)
    ]
