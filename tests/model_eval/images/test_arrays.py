from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torchvision.datasets
from sklearn.datasets import load_digits

from model_eval.images.open import class_names, folder_of_files, open_images
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of


def npz(path: str = "images.npz") -> ImageSettings:
    return ImageSettings(source="npz", path=Path(path))


def test_arrays_in_a_file_are_images_with_their_names(tmp_path: Path) -> None:
    flat, digits = load_digits(return_X_y=True)
    pixels = (np.asarray(flat)[:120].reshape(-1, 8, 8) * 15).astype(np.uint8)
    digits = np.asarray(digits)[:120]
    names = np.array([f"digit {digit}" for digit in reversed(range(10))])
    np.savez(tmp_path / "images.npz", images=pixels, labels=9 - digits, class_names=names)
    source = open_images(npz(), tmp_path)
    catalogue = source.catalogue()
    assert source.name == "npz:images.npz"
    assert folder_of_files(npz(), tmp_path) is None
    assert catalogue["image_id"].iloc[[0, 119]].tolist() == ["000", "119"]
    assert catalogue["class_name"].tolist() == [f"digit {digit}" for digit in digits]
    assert (catalogue["label"] == digits).all()
    assert catalogue["sha256"].iloc[7] == sha256_of(pixels[7].tobytes())
    np.testing.assert_array_equal(np.asarray(source.read("007")), pixels[7])
    with pytest.raises(InputError, match="no image '120'; its images are 000 to 119"):
        source.read("120")


def test_colour_images_and_labels_as_text(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (3, 5, 4, 3), dtype=np.uint8)
    np.savez(tmp_path / "images.npz", images=pixels, labels=np.array(["b", "a", "b"]))
    source = open_images(npz(), tmp_path)
    assert source.catalogue()["label"].tolist() == [1, 0, 1]
    assert source.read("2").mode == "RGB"


def test_bare_numbers_are_sorted_as_numbers(tmp_path: Path) -> None:
    np.savez(tmp_path / "images.npz", images=np.zeros((3, 4, 4), np.uint8), labels=np.array([10, 2, 9]))
    catalogue = open_images(npz(), tmp_path).catalogue()
    assert class_names(catalogue) == ("02", "09", "10")
    assert catalogue["label"].tolist() == [2, 0, 1]


GOOD = {"images": np.zeros((2, 4, 4), np.uint8), "labels": np.array([0, 1])}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"images": np.zeros((2, 4, 4))}, r"`images` is float64 of shape \(2, 4, 4\)"),
        ({"images": np.zeros((2, 3, 4, 4), np.uint8)}, r"expected uint8 of shape"),
        ({"labels": np.array([0, 1, 1])}, r"`labels` is int64 of shape \(3,\)"),
        ({"labels": np.array([0.0, 1.0])}, r"`labels` is float64"),
        ({"class_names": np.array(["a", "a"])}, "1 different names in 2 places"),
        ({"class_names": np.array(["a"])}, "labels run from 0 to 1"),
    ],
)
def test_arrays_of_another_kind_are_refused(change: dict[str, np.ndarray], said: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "images.npz", **GOOD | change)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"images\.npz: .*" + said):
        open_images(npz(), tmp_path)


def test_files_that_hold_no_arrays_or_lack_one_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "images.npz", images=GOOD["images"])
    with pytest.raises(InputError, match="no array `labels`; there is images"):
        open_images(npz(), tmp_path)
    (tmp_path / "text.npz").write_text("no arrays")
    for name in ("text.npz", "none.npz"):
        with pytest.raises(InputError, match=rf"{name}: not readable as arrays"):
            open_images(npz(name), tmp_path)


def write_cifar10(
    folder: Path, pixels: np.ndarray, labels: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Write the test split as CIFAR-10's archive holds it, and let torchvision take its hash as right."""
    base = folder / "cifar-10-batches-py"
    base.mkdir(parents=True)
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    flat = pixels.transpose(0, 3, 1, 2).reshape(len(pixels), -1)
    (base / "test_batch").write_bytes(pickle.dumps({"data": flat, "labels": labels}))
    (base / "batches.meta").write_bytes(pickle.dumps({"label_names": names}))
    monkeypatch.setattr(
        torchvision.datasets.cifar, "check_integrity", lambda path, _=None: Path(path).exists()
    )
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "train_list", [])


def test_a_named_set_of_torchvision_is_read_from_its_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    write_cifar10(tmp_path / "sets", pixels, [3, 8, 8, 0], monkeypatch)
    source = open_images(ImageSettings(source="torchvision:CIFAR10/test", path=Path("sets")), tmp_path)
    catalogue = source.catalogue()
    assert source.name == "torchvision:CIFAR10/test"
    assert catalogue["class_name"].tolist() == ["cat", "ship", "ship", "airplane"]
    assert catalogue["label"].tolist() == [1, 2, 2, 0]
    np.testing.assert_array_equal(np.asarray(source.read("1")), pixels[1])


def test_sets_that_cannot_be_had_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(torchvision.datasets.cifar, "download_and_extract_archive", unreachable)
    with pytest.raises(InputError, match=r"can't get torchvision:CIFAR100/train \(no route to host\)"):
        open_images(ImageSettings(source="torchvision:CIFAR100/train", path=Path()), tmp_path)
    for wrong in ("torchvision:CIFAR10/val", "torchvision:Food101/test"):
        with pytest.raises(
            InputError, match=r"not a set of arrays in torchvision; choose one of CIFAR10/train"
        ):
            open_images(ImageSettings(source=wrong, path=Path()), tmp_path)
