"""Where the images of a trial stand, in pixels: the geometry of screen, observer and images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import atan, degrees, radians, tan

from PIL import Image

from experiment.settings import MonitorSettings
from model_eval.artefacts import InputError

GAP = 0.5
"""Distance between the two images, in heights of an image."""
MARGIN = 0.02
"""Share of the window's width that stays free on either side."""


@dataclass(frozen=True)
class Layout:
    """Sizes and places for every trial of a session.

    Attributes
    ----------
    window_px : tuple of int
        Width and height.
    image_height_px : int
        Of every image; even, so that images stand on whole pixels.
    image_width_px : dict of str to int
        By `item_id`, as the image's own proportions demand; even.
    offsets_px : tuple of int
        From the window's middle to the centre of each image, to the right: the same in all trials.
    """

    window_px: tuple[int, int]
    image_height_px: int
    image_width_px: dict[str, int]
    offsets_px: tuple[int, ...]

    def size_px(self, item_id: str) -> tuple[int, int]:
        """Return an image's width and height on the screen."""
        return self.image_width_px[item_id], self.image_height_px

    def centres_px(self) -> tuple[int, ...]:
        """Return the centres of the images, from the window's left edge."""
        return tuple(self.window_px[0] // 2 + offset for offset in self.offsets_px)


def pixels_of(angle_deg: float, monitor: MonitorSettings, screen_width_px: int) -> float:
    """Return the length on the screen that spans an angle, centred on the line of sight, in pixels.

    ``2 d tan(angle / 2)`` at viewing distance ``d``.
    """
    length_cm = 2 * monitor.viewing_distance_cm * tan(radians(angle_deg) / 2)
    return length_cm * screen_width_px / monitor.width_cm


def angle_of(length_px: float, monitor: MonitorSettings, screen_width_px: int) -> float:
    """Return the angle that a length on the screen spans: the inverse of `pixels_of`, in degrees."""
    length_cm = length_px * monitor.width_cm / screen_width_px
    return degrees(2 * atan(length_cm / 2 / monitor.viewing_distance_cm))


def lay_out(
    window_px: tuple[int, int],
    screen_width_px: int,
    monitor: MonitorSettings,
    image_height_deg: float,
    image_sizes_px: Mapping[str, tuple[int, int]],
    reserved_px: float,
    n_images: int = 2,
) -> Layout:
    """Place the images of a session.

    All have the same height and keep their own proportions.  One image stands in the middle; those of a pair
    stand at the same distance from it in all trials: the widest image decides it.

    Parameters
    ----------
    window_px : tuple of int
        Width and height of the window.
    screen_width_px : int
        Of the whole screen, which `monitor.width_cm` wide.
    monitor : MonitorSettings
        Width and viewing distance.
    image_height_deg : float
        As the study asks for it.
    image_sizes_px : mapping of str to tuple of int
        Width and height of each image file, by `item_id`.
    reserved_px : float
        Height that question and keys need, above and below the images together.
    n_images : int
        In a trial: 1 or 2.

    Raises
    ------
    InputError
        The images do not fit; the largest height that does is named.
    """
    proportion = {item: width / height for item, (width, height) in image_sizes_px.items()}
    widest = max(proportion.values())
    # Images of the greatest width and the gap between them, beside each other.
    across = n_images * widest + (n_images - 1) * GAP
    highest_px = min(window_px[0] * (1 - 2 * MARGIN) / across, window_px[1] - reserved_px)
    height = _even(pixels_of(image_height_deg, monitor, screen_width_px))
    if height > highest_px:
        highest_deg = angle_of(highest_px, monitor, screen_width_px)
        raise InputError(
            f"[experiment] image_height_deg is {image_height_deg:g}, but on this screen ({window_px[0]} × "
            f"{window_px[1]} pixels) at most {int(highest_deg * 10) / 10:g} fit; lower it in study.toml"
        )
    widths = {item: _even(height * share) for item, share in proportion.items()}
    offset = round((max(widths.values()) + GAP * height) / 2)
    return Layout(window_px, height, widths, (0,) if n_images == 1 else (-offset, offset))


def at_size(image: Image.Image, size_px: tuple[int, int]) -> Image.Image:
    """Bring an image to its size on the screen, pixel for pixel.

    Small images are enlarged by repeating pixels, so that they stay what the networks saw and edges stay
    crisp; large ones are reduced with Lanczos' filter, which leaves no aliasing.
    """
    larger = size_px[0] >= image.width and size_px[1] >= image.height
    return image.resize(size_px, Image.Resampling.NEAREST if larger else Image.Resampling.LANCZOS)


def _even(length_px: float) -> int:
    return max(2, 2 * round(length_px / 2))
