"""Keys as they are pictured."""

import numpy as np
from PIL import ImageFont

from experiment.screen.key_caps import KeyCap, key_cap


def test_arrows_of_a_key_are_mirror_images(fonts):
    font = ImageFont.truetype(str(fonts.bold), 20)
    left, right = (np.asarray(key_cap(KeyCap(key, ""), 60, font)) for key in ("left", "right"))
    # Edges may fall half a pixel apart; a quarter of the key's pixels would change if an arrow were turned.
    assert np.abs(left.astype(int) - right[:, ::-1]).mean() < 2
    assert np.abs(left.astype(int) - right).mean() > 8
