"""The published trainings on other images, with few images in the layout in which these are distributed."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_eval.epoch_decisions import read_conditions
from model_eval.images.gaussian import GaussianImages
from model_eval.images.image_source import InspectedSource
from model_eval.images.open import open_images
from model_eval.networks.device import Hardware
from model_eval.settings import GaussianSettings, ImageSettings, TrainSettings
from model_eval.train.conditions import ConditionImages, train_conditions
from model_eval.train.recipe import read_recipe
from tricky.core.errors import InputError

CLASSES = [f"class {number:02d}" for number in range(100)]


def write_cifar100(folder: Path, n_train: int, n_test: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write ``cifar-100-python`` with few images, and make torchvision expect these files."""
    from torchvision.datasets import CIFAR100

    inside = folder / "cifar-100-python"
    inside.mkdir(parents=True)
    rng = np.random.default_rng(0)
    digests = {}
    for name, n in (("train", n_train), ("test", n_test)):
        pixels = rng.integers(0, 256, (n, 3 * 32 * 32), dtype=np.uint8)
        content: dict[str, Any] = {"data": pixels, "fine_labels": [place % 100 for place in range(n)]}
        (inside / name).write_bytes(pickle.dumps(content))
    (inside / "meta").write_bytes(pickle.dumps({"fine_label_names": CLASSES}))
    for name in ("train", "test", "meta"):
        digests[name] = hashlib.md5((inside / name).read_bytes()).hexdigest()
    monkeypatch.setattr(CIFAR100, "train_list", [["train", digests["train"]]])
    monkeypatch.setattr(CIFAR100, "test_list", [["test", digests["test"]]])
    monkeypatch.setattr(
        CIFAR100, "meta", {"filename": "meta", "key": "fine_label_names", "md5": digests["meta"]}
    )


def train(name: str, evaluated: InspectedSource, training_set: InspectedSource, folder: Path) -> Any:
    """Train the base network of a recipe and one with another optimizer, for an epoch."""
    recipe = read_recipe(TrainSettings(recipe=name), folder)
    assert recipe is not None
    base = recipe.base.model_copy(update={"epochs": 1, "decay_epochs": (), "batch_size": 100})
    conditions = {"optimizer": recipe.conditions["optimizer"]}
    train_conditions(
        ConditionImages(evaluated, training_set),
        recipe.model_copy(update={"base": base, "conditions": conditions}),
        folder=folder / "conditions",
        seed=1,
        batch_size=100,
        hardware=Hardware("cpu", 1),
    )
    return read_conditions(folder / "conditions")


def test_an_epoch_on_cifar100_in_its_own_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cifar100(tmp_path / "cifar", 100, 100, monkeypatch)
    test, training = (
        open_images(ImageSettings(source=f"torchvision:CIFAR100/{split}", path=Path("cifar")), tmp_path)
        for split in ("test", "train")
    )
    found = train("paper-resnet18-cifar100", test, training, tmp_path)
    assert [(model.name, model.last_epoch) for model in found.models] == [("base-1", 1), ("optimizer-1", 1)]
    assert found.correct_at_end.shape == (2, 100)
    assert sorted(set(found.images["class_name"])) == CLASSES


def test_an_epoch_on_gaussian_noise(tmp_path: Path) -> None:
    noise = GaussianSettings(classes=2, images_per_class=2, training_images_per_class=4, size_px=32)
    evaluated = GaussianImages(ImageSettings(source="gaussian", gaussian=noise))
    found = train("paper-resnet18-gaussian", evaluated, evaluated.for_training(), tmp_path)
    assert found.correct_at_end.shape == (2, 4)


class Trap:
    """An object whose pickle creates a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (str(self.path),)


def test_a_pickle_that_is_not_the_published_one_is_never_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision.datasets import CIFAR100

    write_cifar100(tmp_path / "cifar", 100, 100, monkeypatch)
    (tmp_path / "cifar/cifar-100-python/test").write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))

    def offline(_: Any) -> None:
        raise RuntimeError("no network")

    monkeypatch.setattr(CIFAR100, "download", offline)
    settings = ImageSettings(source="torchvision:CIFAR100/test", path=Path("cifar"))
    with pytest.raises(InputError, match=r"can't get torchvision:CIFAR100/test \(no network\)"):
        open_images(settings, tmp_path)
    assert not (tmp_path / "sprung").exists()
