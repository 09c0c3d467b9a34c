"""Positions and sizes of the images of a trial in pixels, from degrees of visual angle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import atan, degrees, radians, tan

from PIL import Image

from experiment.settings import MonitorSettings
from tricky.core.errors import InputError

GAP = 0.5
"""Distance between two images, in heights of an image."""
MARGIN = 0.02
"""Share of the window's width that stays empty on either side."""


@dataclass(frozen=True)
class ScreenGeometry:
    """Window and screen in pixels, and the monitor's width and viewing distance: converts degrees to pixels.

    Attributes
    ----------
    window_px, screen_px : tuple of int
        Width and height of the window, and of the whole screen, which is `monitor.width_cm` wide.
    monitor : MonitorSettings
        Width and viewing distance.
    """

    window_px: tuple[int, int]
    screen_px: tuple[int, int]
    monitor: MonitorSettings

    def pixels_of(self, angle_deg: float) -> float:
        """Return the length on the screen that spans an angle, centred on the line of sight, in pixels.

        ``2 d tan(angle / 2)`` at viewing distance ``d``.
        """
        length_cm = 2 * self.monitor.viewing_distance_cm * tan(radians(angle_deg) / 2)
        return length_cm * self.screen_px[0] / self.monitor.width_cm

    def angle_of(self, length_px: float) -> float:
        """Return the angle that a length on the screen spans: the inverse of `pixels_of`, in degrees."""
        length_cm = length_px * self.monitor.width_cm / self.screen_px[0]
        return degrees(2 * atan(length_cm / 2 / self.monitor.viewing_distance_cm))


@dataclass(frozen=True)
class Layout:
    """Sizes and positions of the images in all trials of a session.

    Attributes
    ----------
    window_px : tuple of int
        Width and height.
    image_height_px : int
        Of every image; even, so that images lie on whole pixels.
    image_width_px : dict of str to int
        By `item_id`, from the image's proportions; even.
    offsets_px : tuple of int
        From the window's middle to the centre of each image, to the right: the same in all trials.
    factor : int or None
        Screen pixels per image pixel, if that is a whole number for all images; None: interpolated.
    """

    window_px: tuple[int, int]
    image_height_px: int
    image_width_px: dict[str, int]
    offsets_px: tuple[int, ...]
    factor: int | None = None

    def size_px(self, item_id: str) -> tuple[int, int]:
        """Return an image's width and height on the screen."""
        return self.image_width_px[item_id], self.image_height_px

    def centres_px(self) -> tuple[int, ...]:
        """Return the centres of the images, from the window's left edge."""
        return tuple(self.window_px[0] // 2 + offset for offset in self.offsets_px)


def lay_out(
    geometry: ScreenGeometry,
    image_sizes_px: Mapping[str, tuple[int, int]],
    *,
    n_images: int,
    height_deg: float,
    scaling: str,
    reserved_px: float,
) -> Layout:
    """Place the images of a session.

    All images have the same height and keep their proportions. The images of a trial are side by side around
    the window's middle, at the same distances in all trials, determined by the widest image.

    Parameters
    ----------
    geometry : ScreenGeometry
        Window, screen and viewing distance.
    image_sizes_px : mapping of str to tuple of int
        Width and height of each image file, by `item_id`.
    n_images : int
        Number of images in a trial.
    height_deg : float
        Height of the images that the study requires, in degrees.
    scaling : str
        ``integer``: the whole multiple of the images' own pixels that is closest to this height;
        ``interpolated``: exactly this height; ``auto``: the former if images are enlarged and all have one
        height.
    reserved_px : float
        Height that question and keys need, above and below the images together.

    Raises
    ------
    InputError
        There is no such multiple, or the images do not fit; the message contains the largest height that
        fits.
    """
    window_px = geometry.window_px
    proportion = {item: width / height for item, (width, height) in image_sizes_px.items()}
    # Width of all images, as wide as the widest, with the gaps between them, in heights of an image.
    total_width = n_images * max(proportion.values()) + (n_images - 1) * GAP
    highest_px = min(window_px[0] * (1 - 2 * MARGIN) / total_width, window_px[1] - reserved_px)
    height = _even(geometry.pixels_of(height_deg))
    if height > highest_px:
        highest_deg = geometry.angle_of(highest_px)
        raise InputError(
            f"[experiment] image_height_deg is {height_deg:g}, but on this screen ({window_px[0]} × "
            f"{window_px[1]} pixels) at most {int(highest_deg * 10) / 10:g} fit; lower it in study.toml"
        )
    factor = None
    if scaling != "interpolated":
        factor = _whole_factor(height, highest_px, image_sizes_px)
        if factor is not None:
            height = factor * next(iter(image_sizes_px.values()))[1]
        elif scaling == "integer":
            raise InputError(
                '[experiment] scaling = "integer" needs images of one height that is smaller than the height '
                f'on the screen ({height} pixels); set it to "interpolated" in study.toml'
            )
    widths = {
        item: _even(height * share) if factor is None else factor * image_sizes_px[item][0]
        for item, share in proportion.items()
    }
    half_step = (max(widths.values()) + GAP * height) / 2
    offsets = tuple(round(place * half_step) for place in range(1 - n_images, n_images, 2))
    return Layout(window_px, height, widths, offsets, factor)


def _whole_factor(height: int, highest_px: float, sizes_px: Mapping[str, tuple[int, int]]) -> int | None:
    """Return the whole factor that brings all images closest to the height, or None if there is none."""
    heights = {size[1] for size in sizes_px.values()}
    (first, *others) = heights
    if others or first > height:
        return None
    # Images of even size lie on whole pixels.
    step = 2 if any(length % 2 for size in sizes_px.values() for length in size) else 1
    factor = max(step, step * round(height / first / step))
    while factor * first > highest_px and factor > step:
        factor -= step
    return factor


def at_size(image: Image.Image, size_px: tuple[int, int]) -> Image.Image:
    """Scale an image to its size on the screen.

    A whole multiple repeats pixels, so that the image is what the networks saw and edges stay sharp; any
    other size is interpolated with a Lanczos filter, which avoids aliasing.
    """
    whole = size_px[0] % image.width == 0 and size_px[1] % image.height == 0
    return image.resize(size_px, Image.Resampling.NEAREST if whole else Image.Resampling.LANCZOS)


def _even(length_px: float) -> int:
    return max(2, 2 * round(length_px / 2))
