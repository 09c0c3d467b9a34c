import base64
import io

import numpy as np
import pandas as pd
from PIL import Image

from analysis.report.pictures import embed, evenly_spaced


def decoded(picture):
    media_type, content = picture.uri.split(";base64,")
    return media_type, Image.open(io.BytesIO(base64.b64decode(content)))


def noise(width, height):
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_a_small_image_keeps_every_pixel_and_is_enlarged_without_smoothing():
    picture = embed(noise(28, 28))
    media_type, image = decoded(picture)
    assert picture.pixelated
    assert media_type == "data:image/png"
    assert np.array_equal(np.asarray(image), np.asarray(noise(28, 28)))


def test_a_large_image_is_made_smaller_in_its_own_proportions():
    picture = embed(noise(800, 400))
    media_type, image = decoded(picture)
    assert not picture.pixelated
    assert media_type == "data:image/jpeg"
    assert image.size == (320, 160)


def test_an_image_with_transparency_or_a_palette_can_be_embedded():
    for mode in ("RGBA", "P", "LA", "1"):
        assert decoded(embed(noise(200, 200).convert("RGB").convert(mode)))[1].size == (200, 200)


def test_examples_are_spread_evenly_over_the_classes():
    images = pd.DataFrame(
        {"label": np.repeat(np.arange(10), 30), "image_id": [f"{i:03d}" for i in range(300)]}
    )
    shuffled = images.sample(frac=1, random_state=3)
    chosen = evenly_spaced(shuffled, 10)
    assert chosen["label"].tolist() == list(range(10))
    assert evenly_spaced(images, 10).equals(chosen)


def test_fewer_images_than_wanted_are_all_taken():
    images = pd.DataFrame({"label": [1, 0], "image_id": ["b", "a"]})
    assert evenly_spaced(images, 12)["image_id"].tolist() == ["a", "b"]
