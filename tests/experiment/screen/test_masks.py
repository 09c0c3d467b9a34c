from __future__ import annotations

import numpy as np
import pytest

from experiment.screen.masks import CONTRAST, pink_noise


def test_the_amplitude_of_the_noise_falls_as_one_over_frequency():
    grey = np.asarray(pink_noise((512, 512), np.random.default_rng(5)).convert("L"), float) - 127.5
    amplitude = np.abs(np.fft.fft2(grey))
    frequency = np.hypot(np.fft.fftfreq(512)[:, None], np.fft.fftfreq(512)[None, :])
    inside = (frequency > 0.01) & (frequency < 0.2)
    slope = np.polyfit(np.log(frequency[inside]), np.log(amplitude[inside]), 1)[0]
    assert slope == pytest.approx(-1, abs=0.05)


def test_the_noise_is_grey_of_medium_brightness_and_the_contrast_stated():
    noise = np.asarray(pink_noise((301, 200), np.random.default_rng(5)), float)
    assert noise.shape == (200, 301, 3)
    assert (noise == noise[..., :1]).all()
    assert noise.mean() == pytest.approx(127.5, abs=2)
    assert noise.std() == pytest.approx(255 * CONTRAST, rel=0.05)  # what is clipped at black and white
