"""What observers see of an image."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from stimuli.export_images import check_referable, export_image, to_srgb, view
from stimuli.settings import ExportSettings
from tricky.core.errors import InputError


def gradient(size):
    width, height = size
    row = np.linspace(0, 255, width).astype(np.uint8)
    return Image.fromarray(np.repeat(np.stack([row] * height)[..., None], 3, axis=2))


def test_the_whole_picture_keeps_its_shape():
    seen = view(gradient((400, 200)), ExportSettings(view="whole", size_px=100))
    assert seen.size == (100, 50)


def test_the_centre_is_what_the_usual_resize_and_crop_shows():
    image = gradient((400, 300))
    seen = view(image, ExportSettings(view="centre", size_px=224, crop_pct=0.875))
    usual = image.resize((round(400 * 256 / 300), 256), Image.Resampling.BICUBIC)
    left, top = (usual.width - 224) / 2, (256 - 224) / 2
    usual = usual.crop((round(left), round(top), round(left) + 224, round(top) + 224))
    assert seen.size == (224, 224)
    assert np.abs(np.asarray(seen, dtype=int) - np.asarray(usual, dtype=int)).max() <= 1


def test_an_embedded_profile_is_applied_and_left_out(tmp_path):
    image = Image.new("RGB", (4, 4), (200, 100, 50))
    lab = ImageCms.createProfile("sRGB")
    image.info["icc_profile"] = ImageCms.ImageCmsProfile(lab).tobytes()
    image.info["comment"] = "impossible"
    assert np.abs(np.asarray(to_srgb(image), dtype=int) - np.asarray(image, dtype=int)).max() <= 1
    export_image(image, ExportSettings(), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as written:
        assert written.info == {}


def test_a_broken_profile_is_told():
    image = Image.new("RGB", (4, 4))
    image.info["icc_profile"] = b"no profile"
    with pytest.raises(InputError, match="colour profile can't be applied"):
        to_srgb(image)


def test_an_original_that_is_to_be_turned_is_not_referred_to(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    gradient((20, 10)).save(tmp_path / "turned.jpg", exif=exif)
    gradient((20, 10)).save(tmp_path / "plain.jpg")
    with pytest.raises(InputError, match="has a rotation"):
        check_referable(tmp_path / "turned.jpg")
    check_referable(tmp_path / "plain.jpg")
