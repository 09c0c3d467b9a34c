from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import ImageFolder as TorchvisionFolder

import model_eval.images.check
from model_eval.images.check import COPIES, LOST_CLASSES
from model_eval.images.folder import ImageFolder
from model_eval.images.image_source import class_names
from model_eval.images.open import MEMORY, open_images
from model_eval.images.uncounted_files import EMPTY_CLASS, HIDDEN, NOT_IN_A_CLASS, SYSTEM_FOLDER
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of


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


def test_a_folder_is_labelled_as_torchvision_labels_it(study: Path) -> None:
    catalogue = open_images(folder_settings(), study).catalogue()
    theirs = TorchvisionFolder(str(study / "images"))

    assert list(class_names(catalogue)) == theirs.classes
    expected = {Path(path).relative_to(study / "images").as_posix(): label for path, label in theirs.samples}
    assert dict(zip(catalogue["image_id"], catalogue["label"], strict=True)) == expected
    assert catalogue["image_id"].is_monotonic_increasing
    assert catalogue["path"].equals(catalogue["image_id"])


def test_names_have_one_unicode_form_whatever_the_folder_has(study: Path, tmp_path: Path) -> None:
    """A folder that was copied from macOS has the same names, classes and hashes as any other."""
    found = {}
    for form in ("NFC", "NFD"):
        images = tmp_path / form / "images"
        shutil.copytree(study / "images", images)
        (images / "b" / "0.JPG").rename(images / "b" / unicodedata.normalize(form, "é.jpg"))
        (images / "b").rename(images / unicodedata.normalize(form, "Käfer"))
        source = open_images(folder_settings(), tmp_path / form)
        found[form] = source.catalogue()
        assert source.read("Käfer/é.jpg").size == (30, 24)
        assert open_images(folder_settings(), tmp_path / form).read("Käfer/é.jpg").size == (30, 24)
    assert found["NFC"].equals(found["NFD"])
    assert class_names(found["NFD"]) == ("10", "2", "Käfer")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("Käfer/1.JPG", "Käfer/2.JPG"), "classes are called 'Käfer'"),
        (("b/é.jpg", "b/é.jpg"), "files are called 'b/é"),
    ],
)
def test_two_names_that_look_the_same_are_refused(study: Path, names: tuple[str, str], said: str) -> None:
    for name, form in zip(names, ("NFC", "NFD"), strict=True):
        target = study / "images" / unicodedata.normalize(form, name)
        target.parent.mkdir(exist_ok=True)
        shutil.copy(study / "images/b/0.JPG", target)
    with pytest.raises(InputError, match=f"two {said}.*, in two Unicode forms; rename or remove one"):
        open_images(folder_settings(), study).catalogue()


def test_the_hash_of_a_row_is_that_of_its_file(study: Path) -> None:
    for row in open_images(folder_settings(), study).catalogue().itertuples():
        assert row.sha256 == sha256_of(study / "images" / str(row.path))


def test_the_name_is_the_same_wherever_the_folder_lies(study: Path) -> None:
    assert open_images(folder_settings(), study).name == "folder:images"
    assert open_images(folder_settings(str(study / "images")), Path("/")).name == "folder:images"


def test_what_is_no_image_is_counted_by_kind_and_named(study: Path) -> None:
    before = open_images(folder_settings(), study).catalogue()
    (study / "images" / "2" / "._0.JPG").write_bytes(b"what macOS leaves behind")
    (study / "images" / "2" / "notes.txt").write_text("no image")
    (study / "images" / "0 empty").mkdir()
    (study / "images" / ".cache").mkdir()
    (study / "images" / ".cache" / "a.png").write_bytes(b"")
    Image.new("RGB", (4, 4)).save(study / "images" / "cover.png")
    inspection = open_images(folder_settings(), study).inspect()
    assert inspection.images.equals(before)
    assert inspection.not_counted == {
        HIDDEN: (1, ("2/._0.JPG",)),
        ".txt files": (1, ("2/notes.txt",)),
        EMPTY_CLASS: (1, ("0 empty/",)),
        SYSTEM_FOLDER: (1, (".cache/a.png",)),
        NOT_IN_A_CLASS: (1, ("cover.png",)),
    }
    assert f"not counted: 1 {HIDDEN}: 2/._0.JPG" in inspection.remarks()


def test_a_copy_counts_only_if_its_content_is_another(study: Path) -> None:
    images = study / "images" / "2"
    for name in ("Copy of 0.JPG", "0 - Copy.JPG", "0 (1).JPG", "0.sync-conflict-20240131-101500-ABCDEFG.JPG"):
        shutil.copy(images / "0.JPG", images / name)
    shutil.copy(images / "1.JPG", images / "0 (2).JPG")
    shutil.copy(images / "0.JPG", images / "7 (1).JPG")  # no 7.JPG: a name like any other
    inspection = open_images(folder_settings(), study).inspect()
    assert inspection.not_counted == {
        COPIES: (
            4,
            (
                "2/0 (1).JPG",
                "2/0 - Copy.JPG",
                "2/0.sync-conflict-20240131-101500-ABCDEFG.JPG",
                "2/Copy of 0.JPG",
            ),
        )
    }
    assert inspection.named_like_copies == ("2/0 (2).JPG",)
    assert len(inspection.images) == 18 + 2
    assert inspection.remarks()[-1].endswith("1 images: 2/0 (2).JPG")


def test_a_class_of_which_nothing_can_be_read_is_named(study: Path) -> None:
    for photo in (study / "images" / "b").rglob("*.*"):
        photo.write_bytes(b"")
    settings = folder_settings().model_copy(update={"on_bad_image": "skip"})
    inspection = open_images(settings, study).inspect()
    assert inspection.not_counted == {LOST_CLASSES: (1, ("b",))}


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


def test_bad_images_are_left_out_where_the_study_says_so_and_all_are_reported(study: Path) -> None:
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


def test_changes_of_an_image_are_reported_with_its_name(study: Path) -> None:
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


def test_files_and_folders_without_permission_are_named(study: Path, request: pytest.FixtureRequest) -> None:
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


def test_images_of_one_class_are_nothing_to_classify(tmp_path: Path) -> None:
    (tmp_path / "images" / "only").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "only" / "a.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "no class.png")
    with pytest.raises(InputError, match="images of 1 classes, at least 2 needed"):
        open_images(folder_settings(), tmp_path).catalogue()
