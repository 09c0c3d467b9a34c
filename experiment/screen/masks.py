"""Masks: noise that replaces an image and ends its visual persistence."""

from __future__ import annotations

import numpy as np
from PIL import Image

CONTRAST = 0.25
"""Standard deviation of the noise, as a share of the range of grey levels."""


def pink_noise(size_px: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Draw grey noise with a 1/f amplitude spectrum, like natural images (Field 1987).

    Parameters
    ----------
    size_px : tuple of int
        Width and height.
    rng : Generator
        For the phases.
    """
    width, height = size_px
    white = np.fft.rfft2(rng.standard_normal((height, width)))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = np.inf  # no mean of its own
    noise = np.fft.irfft2(white / frequency, s=(height, width))
    grey = 127.5 + 255 * CONTRAST * noise / noise.std()
    return Image.fromarray(np.clip(np.round(grey), 0, 255).astype(np.uint8)).convert("RGB")
