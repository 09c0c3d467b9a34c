from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from model_eval.evaluate.evaluate import evaluate_pool
from model_eval.networks.device import Hardware
from model_eval.settings import EvaluateSettings, ModelEntry
from model_eval.train.conditions import ConditionImages, train_conditions
from model_eval.train.recipe import Recipe
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.progress import Reporter

EVALUATE = EvaluateSettings(device="cpu", batch_size=32)


@pytest.fixture(scope="module")
def finished(drawn_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``conditions/`` of a base network that learned from 30 of the 60 images; not to be changed."""
    from model_eval.images.folder import ImageFolder
    from model_eval.settings import ImageSettings

    folder = tmp_path_factory.mktemp("study") / "conditions"
    source = ImageFolder(ImageSettings(source="folder", path=drawn_folder), drawn_folder)
    recipe = Recipe.model_validate({"base": {"images": 30, "epochs": 1, "batch_size": 8}})
    images = ConditionImages(source)
    train_conditions(images, recipe, folder=folder, seed=5, batch_size=32, hardware=Hardware("cpu", 1))
    return folder


@pytest.fixture
def conditions(finished: Path, tmp_path: Path) -> Path:
    return shutil.copytree(finished, tmp_path / "conditions")


def entry_of(weights: str) -> ModelEntry:
    return ModelEntry(name="of-recipe", source="timm:test_resnet", weights=weights)


def evaluate(source: Any, entries: list[ModelEntry], root: Path, tell: Any = lambda _: None) -> pd.DataFrame:
    folder = root / "decisions"
    evaluate_pool(
        source,
        entries,
        EVALUATE,
        root=root,
        training=root / "training",
        folder=folder,
        reporter=Reporter(message=tell),
    )
    return pd.read_parquet(folder / "images.parquet")


def test_no_image_is_evaluated_that_a_recipes_network_learned_from(
    drawn: Any, conditions: Path, tmp_path: Path
) -> None:
    evaluated = evaluate(drawn, [entry_of("conditions/base-1.safetensors")], tmp_path)
    learned = pd.read_parquet(conditions / "training_images.parquet")
    assert (len(learned), len(evaluated)) == (30, 30)
    assert not evaluated["sha256"].isin(learned["sha256"]).any()
    files = ("conditions/base-1.safetensors", "conditions/training_images.parquet")
    made_from = json.loads((tmp_path / "decisions/pool.json").read_text())["made_from"]
    assert made_from == {name: sha256_of(tmp_path / name) for name in files}


def test_images_of_the_pools_own_training_and_of_a_recipes_are_all_left_out(
    drawn: Any, conditions: Path, trained_folder: Path, two_entries: Any, tmp_path: Path
) -> None:
    shutil.copytree(trained_folder, tmp_path / "training")
    evaluated = evaluate(drawn, [*two_entries, entry_of("conditions/base-1.safetensors")], tmp_path)
    tables = (conditions / "training_images.parquet", trained_folder / "images.parquet")
    learned = {each for path in tables for each in pd.read_parquet(path)["image_id"]}
    assert set(evaluated["image_id"]) == set(drawn.catalogue()["image_id"]) - learned


def test_weights_of_another_studys_pool_bring_their_training_images_along(
    drawn: Any, trained_folder: Path, tmp_path: Path
) -> None:
    evaluated = evaluate(drawn, [entry_of(str(trained_folder / "resnet.safetensors"))], tmp_path)
    learned = pd.read_parquet(trained_folder / "images.parquet")
    assert len(evaluated) == 60 - len(learned)
    assert not evaluated["image_id"].isin(learned["image_id"]).any()


def test_weights_without_what_tells_their_training_images_are_told(
    drawn: Any, conditions: Path, tmp_path: Path
) -> None:
    shutil.move(conditions / "base-1.safetensors", tmp_path / "moved.safetensors")
    told: list[str] = []
    assert len(evaluate(drawn, [entry_of("moved.safetensors")], tmp_path, told.append)) == 60
    assert "nothing beside it says which images it learned from" in told[0]


def test_training_images_that_changed_or_belong_to_other_weights_are_refused(
    drawn_folder: Path, open_folder: Any, conditions: Path, tmp_path: Path
) -> None:
    learned = pd.read_parquet(conditions / "training_images.parquet")
    images = shutil.copytree(drawn_folder, tmp_path / drawn_folder.name)  # of the same name: the study's own
    shutil.copy(images / learned["path"][1], images / learned["path"][0])
    entry = entry_of("conditions/base-1.safetensors")
    with pytest.raises(InputError, match=r"1 training images, the first disc/.* have changed"):
        evaluate(open_folder(images), [entry], tmp_path)
    shutil.move(conditions / "base-1.safetensors", conditions / "order-1.safetensors")
    with pytest.raises(InputError, match=r"speaks of other weights.*run `tricky train` again"):
        evaluate(open_folder(drawn_folder), [entry_of("conditions/order-1.safetensors")], tmp_path)
    shutil.move(conditions / "order-1.safetensors", conditions / "base-1.safetensors")
    learned.iloc[1:].to_parquet(conditions / "training_images.parquet")
    with pytest.raises(InputError, match=r"training_images.parquet: changed since conditions.json"):
        evaluate(open_folder(drawn_folder), [entry], tmp_path)
