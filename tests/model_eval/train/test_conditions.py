from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from model_eval.epoch_decisions import read_conditions
from model_eval.evaluate.evaluate import evaluate_pool
from model_eval.networks.device import Hardware
from model_eval.settings import EvaluateSettings, ModelEntry
from model_eval.train.conditions import ConditionImages, train_conditions
from model_eval.train.recipe import Recipe
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.progress import Reporter

EVALUATE = EvaluateSettings(device="cpu", batch_size=32, arithmetic="exact")
ONE_WORKER = Hardware("cpu", 1)
BASE = {"images": 30, "epochs": 2, "batch_size": 8, "augmentation": "crop", "learning_rate": 0.003}
CONDITIONS = {
    "later": {"extra_epochs": 1},
    "order": {"models": 2, "new_seeds": ["order"]},
    "halves": {"models": 2, "parts": 2},
    "half": {"parts": 2},
    "too-fast": {"learning_rate": 1e30},
}


def recipe(base: dict[str, Any] = BASE, **conditions: dict[str, Any]) -> Recipe:
    return Recipe.model_validate({"base": base, "conditions": conditions})


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


@pytest.fixture(scope="module")
def drawn_module(drawn_folder: Path) -> Any:
    from model_eval.images.folder import ImageFolder
    from model_eval.settings import ImageSettings

    return ImageFolder(ImageSettings(source="folder", path=drawn_folder), drawn_folder)


@pytest.fixture(scope="module")
def whole(drawn_module: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``conditions/`` of an undisturbed run in one process; not to be changed."""
    folder = tmp_path_factory.mktemp("whole") / "conditions"
    train_conditions(
        ConditionImages(drawn_module),
        recipe(**CONDITIONS),
        batch_size=32,
        folder=folder,
        seed=5,
        hardware=ONE_WORKER,
    )
    return folder


def test_every_model_has_its_decisions_after_every_epoch_and_its_weights(whole: Path) -> None:
    read = read_conditions(whole)
    assert [(model.name, model.last_epoch) for model in read.models] == [
        ("base-1", 2),
        ("later-1", 3),
        ("order-1", 2),
        ("order-2", 2),
        ("halves-1", 2),
        ("halves-2", 2),
        ("half-1", 2),
    ]
    assert list(read.conditions) == ["base", *CONDITIONS]
    assert read.conditions["order"] == CONDITIONS["order"]
    assert len(read.images) == 30
    for model, predictions in zip(read.models, read.predictions, strict=True):
        assert (whole / f"{model.name}.safetensors").is_file()
        assert model.accuracies == pytest.approx((predictions == read.labels).mean(axis=1))
    manifest = json.loads((whole / "conditions.json").read_text())
    assert manifest["unfinished"] == []
    assert manifest["images"] == {"sha256": sha256_of(whole / "images.parquet"), "n": 30} | {
        "source": "folder:drawn0",
        "not_counted": {},
    }


def test_a_model_that_diverges_is_named_and_the_others_go_on(whole: Path) -> None:
    (diverged,) = json.loads((whole / "conditions.json").read_text())["diverged"]
    assert (diverged["name"], diverged["condition"], diverged["replicate"]) == ("too-fast-1", "too-fast", 1)
    assert diverged["epoch"] in (1, 2)
    assert not (whole / "too-fast-1.parquet").exists()


def test_more_epochs_begin_with_the_base_networks_own(whole: Path) -> None:
    base, later = (pd.read_parquet(whole / f"{name}.parquet") for name in ("base-1", "later-1"))
    assert later[later["epoch"] <= 2].equals(base)
    assert set(later["epoch"]) == {0, 1, 2, 3}
    assert (whole / "base-1.safetensors").read_bytes() != (whole / "later-1.safetensors").read_bytes()


def test_untrained_networks_of_the_same_initialisation_make_the_same_decisions(whole: Path) -> None:
    read = read_conditions(whole)
    for predictions in read.predictions:
        assert np.array_equal(predictions[0], read.predictions[0][0])
    assert not np.array_equal(read.predictions[0][2], read.predictions[2][2])


def test_no_evaluated_image_was_trained_on(whole: Path) -> None:
    trained, evaluated = (
        pd.read_parquet(whole / f"{name}.parquet") for name in ("training_images", "images")
    )
    assert trained["class_name"].value_counts().tolist() == [10, 10, 10]
    assert set(trained["image_id"]).isdisjoint(evaluated["image_id"])


def test_the_last_epochs_decisions_are_those_of_evaluate(
    whole: Path, drawn_module: Any, tmp_path: Path
) -> None:
    entries = [
        ModelEntry(name=name, source="timm:test_resnet", weights=str(whole / f"{name}.safetensors"))
        for name in ("base-1", "halves-2")
    ]
    evaluate_pool(
        drawn_module, entries, EVALUATE, root=tmp_path, training=tmp_path, folder=tmp_path / "decisions"
    )
    for entry in entries:
        expected = pd.read_parquet(tmp_path / f"decisions/{entry.name}.parquet").set_index("image_id")
        found = pd.read_parquet(whole / f"{entry.name}.parquet")
        found = found[found["epoch"] == 2].set_index("image_id")
        same = expected.loc[found.index]
        assert found.drop(columns="epoch").equals(same.drop(columns="epoch"))


def test_decisions_of_an_epoch_need_no_second_pass(
    drawn_folder: Path, open_folder: Any, tmp_path: Path
) -> None:
    source = open_folder(drawn_folder)
    train_conditions(
        ConditionImages(source),
        recipe(later={"extra_epochs": 1}),
        batch_size=32,
        folder=tmp_path,
        seed=5,
        hardware=ONE_WORKER,
    )
    assert set(source.reads.values()) == {1}  # every image is decoded once, for all epochs of all models


def test_two_processes_give_the_same_bytes_as_one(whole: Path, drawn_module: Any, tmp_path: Path) -> None:
    said: list[tuple[str, int, int]] = []
    train_conditions(
        ConditionImages(drawn_module),
        recipe(**CONDITIONS),
        batch_size=32,
        folder=tmp_path,
        seed=5,
        hardware=Hardware("cpu", 2),
        reporter=Reporter(lambda *what: said.append(what)),
    )
    assert files_of(tmp_path) == files_of(whole)
    # Base with a further epoch 3, orders 2 × 2, halves 2 × 2, and two of the one that diverges.
    assert [each for each in said if each[0] == "Training models"][-1] == ("Training models", 13, 13)
    assert any(
        what.startswith("base-1: epoch 3 of 3, loss ") and "% right" in what and done == total == 12
        for what, done, total in said
    )


def test_what_is_trained_is_kept_and_a_further_condition_trains_itself_alone(
    whole: Path, drawn_module: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "conditions"
    shutil.copytree(whole, folder)
    said: list[str] = []

    def train(which: Recipe) -> set[str]:
        said.clear()
        train_conditions(
            ConditionImages(drawn_module),
            which,
            batch_size=32,
            folder=folder,
            seed=5,
            hardware=ONE_WORKER,
            reporter=Reporter(lambda *x: said.append(x[0])),
        )
        return {each.partition(":")[0] for each in said if ": epoch" in each}

    assert train(recipe(**CONDITIONS)) == set()
    assert files_of(folder) == files_of(whole)
    assert train(recipe(**CONDITIONS, rate={"learning_rate": 0.002})) == {"rate-1"}
    (folder / "halves-2.parquet").write_bytes(b"torn")
    assert train(recipe(**CONDITIONS)) == {"halves-2"}
    assert files_of(folder).keys() - files_of(whole).keys() == {"rate-1.parquet", "rate-1.safetensors"}
    assert (folder / "halves-2.parquet").read_bytes() == (whole / "halves-2.parquet").read_bytes()


KILLED = """
import os, signal, sys
from pathlib import Path
from model_eval.train.recipe import Recipe
from model_eval.train.conditions import ConditionImages, train_conditions
from model_eval.images.open import open_images
from model_eval.networks.device import Hardware
from model_eval.settings import ImageSettings
from tricky.core.progress import Reporter

images, folder, recipe, at = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]

def kill(what, done, total):
    if what.startswith(at):
        os.kill(os.getpid(), signal.SIGKILL)

train_conditions(
    ConditionImages(open_images(ImageSettings(source="folder", path=images), folder.parent)),
    Recipe.model_validate_json(recipe),
    folder=folder, seed=5, batch_size=32, hardware=Hardware("cpu", 1), reporter=Reporter(kill),
)
"""


def test_a_killed_run_goes_on_to_the_same_bits(
    whole: Path, drawn_folder: Path, drawn_module: Any, tmp_path: Path
) -> None:
    script, folder = tmp_path / "killed.py", tmp_path / "conditions"
    script.write_text(KILLED)
    what = recipe(**CONDITIONS)
    # Killed after an epoch's end, then in the middle of the next network's first epoch.
    for at in ("base-1: epoch 2 of 3, loss", "order-1: epoch 1"):
        run = subprocess.run(
            [sys.executable, script, drawn_folder, folder, what.model_dump_json(exclude_unset=True), at],
            timeout=120,
            check=False,
        )
        assert run.returncode == -signal.SIGKILL
    assert (folder / "later-1.safetensors").exists()
    assert not (folder / "order-1.safetensors").exists()
    said: list[str] = []
    train_conditions(
        ConditionImages(drawn_module),
        what,
        batch_size=32,
        folder=folder,
        seed=5,
        hardware=ONE_WORKER,
        reporter=Reporter(lambda *x: said.append(x[0])),
    )
    assert not any(each.startswith("base-1") for each in said)
    assert files_of(folder) == files_of(whole)


def test_a_checkpoint_spares_the_epochs_before_it(drawn_module: Any, whole: Path, tmp_path: Path) -> None:
    def stop(what: str, *_: int) -> None:
        said.append(what)
        if what.startswith("base-1: epoch 2 of 3"):
            raise KeyboardInterrupt

    said: list[str] = []
    arguments: dict[str, Any] = {"folder": tmp_path, "seed": 5, "hardware": ONE_WORKER}
    with pytest.raises(KeyboardInterrupt):
        train_conditions(
            ConditionImages(drawn_module),
            recipe(**CONDITIONS),
            batch_size=32,
            **arguments,
            reporter=Reporter(stop),
        )
    assert json.loads((tmp_path / "conditions.json").read_text())["unfinished"] == [
        *("base-1", "later-1", "order-1", "order-2", "halves-1", "halves-2", "half-1", "too-fast-1")
    ]
    said.clear()
    train_conditions(
        ConditionImages(drawn_module),
        recipe(**CONDITIONS),
        batch_size=32,
        **arguments,
        reporter=Reporter(lambda *x: said.append(x[0])),
    )
    assert not any(each.startswith("base-1: epoch 1") for each in said)
    assert files_of(tmp_path) == files_of(whole)


def test_cudas_choice_of_algorithms_is_refused_on_the_cpu(drawn_module: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cuda\] deterministic = false: on the cpu the same seeds"):
        train_conditions(
            ConditionImages(drawn_module),
            recipe(cuda={"deterministic": False}),
            batch_size=32,
            folder=tmp_path / "c",
            seed=5,
            hardware=ONE_WORKER,
        )
    assert not (tmp_path / "c").exists()


def test_a_training_set_of_its_own_is_trained_on_as_a_whole(
    drawn_folder: Path, open_folder: Any, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    shutil.copytree(drawn_folder, own)
    for path in own.rglob("*.png"):
        image = Image.open(path).convert("RGB")
        image.putpixel((0, 0), (1, 2, 3))
        image.save(path)
    (own / "disc/copy.png").write_bytes((drawn_folder / "disc/00.png").read_bytes())
    train_conditions(
        ConditionImages(open_folder(drawn_folder), open_folder(own)),
        recipe(BASE | {"images": "all", "epochs": 1, "augmentation": "resized-crop-flip"}),
        batch_size=32,
        folder=tmp_path / "c",
        seed=5,
        hardware=ONE_WORKER,
    )
    read = read_conditions(tmp_path / "c")
    assert len(pd.read_parquet(tmp_path / "c/training_images.parquet")) == 61
    # All but the exact copy, though the names are the same in both folders.
    assert set(json.loads((tmp_path / "c/conditions.json").read_text())["classes"]) == {
        "disc",
        "noise",
        "stripes",
    }
    assert len(read.images) == 59
    assert "disc/00.png" not in set(read.images["image_id"])


def test_a_training_set_of_other_classes_is_refused(
    drawn_folder: Path, open_folder: Any, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    shutil.copytree(drawn_folder, own)
    (own / "disc").rename(own / "circle")
    with pytest.raises(InputError, match="have different classes"):
        train_conditions(
            ConditionImages(open_folder(drawn_folder), open_folder(own)),
            recipe(BASE | {"images": "all"}),
            batch_size=32,
            folder=tmp_path / "c",
            seed=5,
            hardware=ONE_WORKER,
        )


def test_all_images_can_be_trained_on_only_where_others_are_evaluated(
    drawn_module: Any, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="would leave none to evaluate; name a `training_set`"):
        train_conditions(
            ConditionImages(drawn_module),
            recipe(BASE | {"images": "all"}),
            batch_size=32,
            folder=tmp_path / "c",
            seed=5,
            hardware=ONE_WORKER,
        )
