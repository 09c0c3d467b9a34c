"""Features of images whose values follow from their definition, or from other libraries."""

from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from model_eval.settings import ImageSettings
from stimuli.features import measure, measured, perceptual_hash
from stimuli.near_duplicates import apart, close_pairs, hash_bits
from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress


def test_grey_has_the_luminance_of_srgb_and_nothing_else():
    # The sRGB value 188 is linear light ((188/255 + .055) / 1.055)^2.4 = .5029.
    found = measure(Image.new("L", (20, 10), 188))
    assert found["mean_luminance"] == pytest.approx(0.5029, abs=1e-4)
    assert (found["rms_contrast"], found["colourfulness"], found["edge_density"]) == (0, 0, 0)
    assert (found["width_px"], found["height_px"], found["resolution_px"]) == (20, 10, 200)


def test_half_black_half_white_has_contrast_one_half_and_an_edge_two_pixels_wide():
    pixels = np.zeros((16, 16), dtype=np.uint8)
    pixels[:, 8:] = 255
    found = measure(Image.fromarray(pixels))
    assert found["mean_luminance"] == pytest.approx(0.5)
    assert found["rms_contrast"] == pytest.approx(0.5)
    assert found["edge_density"] == pytest.approx(2 / 16)


def test_colourfulness_of_one_colour_is_its_distance_from_grey():
    # Red: R − G = 255, (R + G) / 2 − B = 127.5, no spread: .3 · √(255² + 127.5²).
    found = measure(Image.new("RGB", (8, 8), (255, 0, 0)))
    assert found["colourfulness"] == pytest.approx(0.3 * np.hypot(255, 127.5), rel=1e-5)
    assert found["mean_luminance"] == pytest.approx(0.2126)


def test_a_photograph_saved_smaller_is_a_near_duplicate_and_another_one_is_not():
    photographs = [Image.fromarray(load_sample_image(name)) for name in ("china.jpg", "flower.jpg")]
    hashes = [perceptual_hash(each) for each in (*photographs, photographs[0].resize((320, 213)))]
    assert hashes[0] == str(imagehash.phash(photographs[0]))
    bits = hash_bits(hashes)
    assert close_pairs(bits, 8) == [(0, 2)]
    assert apart(bits, 8).tolist() == [True, True, False]
    assert apart(bits, 0).all()
    assert apart(bits[[0, 2, 1]], 8, n_fixed=2).tolist() == [True, True, True]


def test_any_two_that_stay_are_as_far_apart_as_asked_and_any_that_goes_was_close():
    rng = np.random.default_rng(1)
    hashes = rng.integers(0, 2**64, 300, dtype=np.uint64)
    keep = apart(hashes, 22)
    assert 10 < keep.sum() < 290
    distances = np.bitwise_count(hashes[:, None] ^ hashes[None, :])
    assert distances[np.ix_(keep, keep)][~np.eye(keep.sum(), dtype=bool)].min() >= 22
    assert (distances[np.ix_(~keep, keep)].min(axis=1) < 22).all()


class Counted:
    name = "counted"
    settings = ImageSettings()
    n_read = 0

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:
        progress("Listing images", 0, 0)
        return pd.DataFrame()

    def read(self, image_id: str) -> Image.Image:
        self.n_read += 1
        if self.n_read > 1003:
            raise InputError("interrupted")
        return Image.new("L", (4, 4), int(image_id) % 256)


def test_an_interruption_costs_no_more_than_a_batch(tmp_path: Path):
    images = {f"{i:04d}": f"hash {i}" for i in range(1500)}
    cache, source = tmp_path / "cache.parquet", Counted()
    options = {"originals": None, "cache": cache, "hashes": False}
    with pytest.raises(InputError, match="interrupted"):
        measured(images, source, **options)
    source.n_read = 0
    found = measured(images, source, **options)
    assert source.n_read == 500
    assert list(found.index) == list(images)
    fresh = measured(dict(list(images.items())[:3]), Counted(), originals=None, cache=None, hashes=False)
    pd.testing.assert_frame_equal(found.iloc[:3], fresh)


def test_a_broken_cache_changes_no_result(tmp_path: Path):
    cache = tmp_path / "cache.parquet"
    cache.write_bytes(b"no parquet")
    found = measured({"0001": "a"}, Counted(), originals=None, cache=cache, hashes=False)
    assert found.loc["0001", "resolution_px"] == 16
