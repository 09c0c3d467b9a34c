from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model_eval.images.folder import ImageFolder
from model_eval.networks.device import threads_within_models
from model_eval.recipe_settings import BaseRecipe
from model_eval.settings import ImageSettings, TrainSettings
from model_eval.train.data_loading import DecodedImages, TrainingBatches, epoch_rows, loaded, n_batches
from model_eval.train.recipe import Recipe, Run, read_recipe, runs_of, shipped_recipes
from model_eval.train.split import deal
from model_eval.train.training_loop import Learner
from tricky.core.errors import InputError

BASE = {
    "network": "timm:test_resnet",
    "images": 24,
    "epochs": 2,
    "batch_size": 8,
    "optimizer": "momentum",
    "learning_rate": 0.01,
    "weight_decay": 1e-4,
    "schedule": "steps",
    "decay_epochs": [1],
    "augmentation": "crop-flip",
}

ASPECTS = {
    "one-more-epoch": ({"extra_epochs": 1}, {"epochs"}),
    "ten-more-epochs": ({"extra_epochs": 10}, {"epochs"}),
    "optimizer": ({"optimizer": "nesterov"}, {"optimizer"}),
    "batch-size": ({"updates_per_batch": 2}, {"updates"}),
    "initialisation": ({"new_seeds": ["initialisation"]}, {"initial weights"}),
    "learning-rate": ({"learning_rate": 0.015}, {"learning rates"}),
    "cuda": ({"deterministic": False}, {"algorithms"}),
    "order": ({"new_seeds": ["order"]}, {"order"}),
    "augmentation": ({"new_seeds": ["augmentation"]}, {"crops"}),
    "noise": ({"new_seeds": ["noise"]}, {"noise"}),
    # Other tensors, by name and shape, can't have the same values.
    "architecture": ({"network": "timm:test_efficientnet"}, {"network", "initial weights"}),
    # Fewer images: fewer batches, so the order of those that are left is another one.
    "half": ({"parts": 2}, {"images", "order", "learning rates", "n batches"}),
    "combined": (
        {
            "network": "timm:test_efficientnet",
            "optimizer": "nesterov",
            "learning_rate": 0.015,
            "new_seeds": ["initialisation", "order"],
        },
        {"network", "initial weights", "optimizer", "learning rates", "order"},
    ),
}
"""Conditions, and what of a training differs from the base network's: that, and nothing else."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with threads_within_models(1):
        yield


@pytest.fixture(scope="module")
def decoded(drawn_folder: Path) -> DecodedImages:
    source = ImageFolder(ImageSettings(source="folder", path=drawn_folder), drawn_folder)
    return DecodedImages(source, source.catalogue()["image_id"].tolist()[::5], 32)


def training_of(run: Run, decoded: DecodedImages) -> dict[str, Any]:
    """Look at everything that a training is made of."""
    recipe = run.recipe
    labels = np.repeat([0, 1, 2], 4)
    rows = np.flatnonzero(deal(labels, recipe.parts, np.random.default_rng(run.seeds.parts)) == run.part)
    with torch.random.fork_rng():
        learner = Learner(run, 3, n_batches(recipe, len(rows)), torch.device("cpu"))
        noise = torch.rand(3).tolist()
    batches = TrainingBatches(decoded, labels, recipe, run.seeds.augmentation)
    crops = {}
    for images, row in ((batches[(epoch, np.array([row]))][0], row) for epoch in (1, 2) for row in (0, 5, 9)):
        crops.setdefault(row, []).append(images.numpy().tobytes())
    optimizer = learner.optimizer
    rates = []
    for _ in range(recipe.epochs * n_batches(recipe, len(rows)) - 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        learner.schedule.step()
    settings = {key: value for key, value in optimizer.defaults.items() if key != "lr"}
    return {
        "network": recipe.network,
        "initial weights": [tensor.detach().numpy().tobytes() for tensor in learner.network.parameters()],
        "images": rows.tolist(),
        "order": [batch.tolist() for epoch in (1, 2) for batch in epoch_rows(run, rows, epoch)],
        "crops": crops,
        "noise": noise,
        "optimizer": (type(optimizer), settings),
        "learning rates": rates,
        "updates": recipe.updates_per_batch,
        "n batches": n_batches(recipe, len(rows)),
        "epochs": run.last_epoch,
        "algorithms": recipe.deterministic,
    }


def runs(**conditions: dict[str, Any]) -> list[Run]:
    return runs_of(Recipe.model_validate({"base": BASE, "conditions": conditions}), seed=3)


@pytest.mark.parametrize("name", ASPECTS)
def test_a_condition_differs_from_the_base_in_exactly_what_it_names(
    name: str, decoded: DecodedImages
) -> None:
    change, expected = ASPECTS[name]
    base, run = (training_of(each, decoded) for each in runs(**{name: change}))
    assert {aspect for aspect in base if base[aspect] != run[aspect]} == expected


def test_the_base_network_does_not_depend_on_what_conditions_there_are(decoded: DecodedImages) -> None:
    alone, with_others = runs()[0], runs(order={"models": 3, "new_seeds": ["order"]})[0]
    assert training_of(alone, decoded) == training_of(with_others, decoded)


def test_what_chance_does_to_an_image_depends_on_neither_order_nor_batch_nor_process(
    decoded: DecodedImages,
) -> None:
    run = runs()[0]
    batches = TrainingBatches(decoded, np.arange(12), run.recipe, run.seeds.augmentation)
    together = [np.array([3, 1, 2]), np.array([0])]
    alone = [np.array([row]) for row in (0, 1, 2, 3)]

    def by_label(rows: list[np.ndarray], epoch: int, workers: int = 0) -> dict[int, bytes]:
        found = loaded(batches, epoch, rows, workers=workers, pin_memory=False)
        return {
            int(label): image.numpy().tobytes()
            for images, labels in found
            for image, label in zip(images, labels, strict=True)
        }

    first = by_label(together, epoch=1)
    assert first == by_label(alone, epoch=1) == by_label(together, epoch=1, workers=1)
    other = by_label(together, epoch=2)
    assert all(first[row] != other[row] for row in first)


def test_replicates_have_seeds_of_their_own() -> None:
    _, *replicates = runs(initialisation={"models": 3, "new_seeds": ["initialisation"]})
    assert [run.name for run in replicates] == ["initialisation-1", "initialisation-2", "initialisation-3"]
    assert len({run.seeds.initialisation for run in replicates}) == 3
    assert len({(run.seeds.order, run.seeds.augmentation, run.seeds.noise) for run in replicates}) == 1


def test_a_list_gives_each_model_its_own_value() -> None:
    _, *replicates = runs(rate={"learning_rate": [0.148, 0.149, 0.15]})
    assert [run.recipe.learning_rate for run in replicates] == [0.148, 0.149, 0.15]


def test_disjoint_parts_are_disjoint_and_leave_nothing_out() -> None:
    labels = np.repeat([0, 1, 2], [7, 8, 10])
    parts = deal(labels, 2, np.random.default_rng(1))
    assert abs((parts == 0).sum() - (parts == 1).sum()) <= 1
    for label in (0, 1, 2):
        assert abs((parts[labels == label] == 0).sum() - (parts[labels == label] == 1).sum()) <= 1
    assert [run.part for run in runs(halves={"models": 2, "parts": 2})[1:]] == [0, 1]


def test_parts_can_be_drawn_again() -> None:
    _, one, other = runs(halves={"parts": 2}, half={"parts": 2, "new_seeds": ["parts"]})
    labels = np.repeat([0, 1, 2], 10)
    dealt = [deal(labels, 2, np.random.default_rng(run.seeds.parts)).tolist() for run in (one, other)]
    assert dealt[0] != dealt[1]
    assert one.seeds.order == other.seeds.order


def test_more_epochs_are_the_same_network_later() -> None:
    base, more = runs(more={"extra_epochs": 1})
    assert base.network_identity == more.network_identity
    assert more.last_epoch == base.last_epoch + 1


def test_a_network_that_may_differ_by_chance_shares_its_course_with_no_other() -> None:
    _, one, two = runs(cuda={"models": 2, "deterministic": False})
    assert one.seeds == two.seeds
    assert one.network_identity != two.network_identity


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"learning_rat": 1}, r"\[conditions.x\] learning_rat: unknown key; did you mean `learning_rate`\?"),
        ({"learning_rate": -1}, r"\[conditions.x\] learning_rate = -1: expected more than 0"),
        ({"models": 3, "learning_rate": [1, 2]}, r"\[conditions.x\] learning_rate: 2 values for 3 models"),
        ({"models": 2, "learning_rate": 1}, r"\[conditions.x\]: model 2 would be the same as another"),
        ({}, r"\[conditions.x\]: model 1 would be the same as another, or as the base network"),
        ({"new_seeds": ["data"]}, r"\[conditions.x\] new_seeds\[0\] = \"data\": expected 'initialisation'"),
    ],
)
def test_conditions_that_make_no_sense_are_refused(condition: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        runs_of(
            read_recipe(
                TrainSettings(base=BaseRecipe.model_validate(BASE), conditions={"x": condition}), Path()
            )
            or Recipe(),
            1,
        )


def test_a_study_takes_a_recipe_and_changes_what_it_wants(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        "[base]\nepochs = 5\nbatch_size = 16\n[conditions.a]\nlearning_rate = 0.1\n"
    )
    settings = TrainSettings(
        recipe="mine.toml",
        base=BaseRecipe(epochs=3),
        conditions={
            "c": {"based_on": "b", "extra_epochs": 2},
            "b": {"based_on": "base", "extra_epochs": 1, "batch_size": 8},
            "a": {"momentum": 0.5},
        },
    )
    recipe = read_recipe(settings, tmp_path)
    assert recipe is not None
    assert (recipe.base.epochs, recipe.base.batch_size) == (3, 16)
    assert recipe.differences() == {
        "base": {},
        "a": {"momentum": 0.5},
        "c": {"batch_size": 8, "extra_epochs": 2},
        "b": {"extra_epochs": 1, "batch_size": 8},
    }


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        (
            {"learning-rates": {"learning_rate": 0.1}},
            r"\[train\.conditions\.learning-rates\]: recipe small has no such condition; did you mean "
            r"`learning-rate`\? .* based_on = \"base\", or another condition",
        ),
        ({"Order": {"models": 2}}, "did you mean `order`"),
        ({"zzz": {"epochs": 1}}, "it has one-more-epoch, ten-more-epochs"),
        (
            {"zzz": {"based_on": "ordr"}},
            r"\[conditions\.zzz\] based_on: no condition .* 'order'",
        ),
        ({"zzz": {"based_on": "zzz"}}, "based on itself"),
        ({"y": {"based_on": "z"}, "z": {"based_on": "y"}}, "based on itself"),
        ({"zzz": {"based_on": 1}}, r"\[conditions\.zzz\] based_on = 1: expected text"),
    ],
)
def test_a_condition_that_the_recipe_does_not_have_says_what_it_is_based_on(conditions, said) -> None:
    with pytest.raises(InputError, match=said) as raised:
        read_recipe(TrainSettings(recipe="small", conditions=conditions), Path())
    assert "\n" not in str(raised.value)


def test_a_study_s_own_conditions_without_a_recipe_need_not_say_it() -> None:
    recipe = read_recipe(TrainSettings(conditions={"a": {"epochs": 2}}), Path())
    assert recipe is not None
    assert recipe.differences() == {"base": {}, "a": {"epochs": 2}}


def test_a_study_without_a_recipe_has_none() -> None:
    assert read_recipe(TrainSettings(), Path()) is None


def test_a_missing_recipe_is_an_error_that_names_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such recipe; set .* to paper-.*, paper-vgg11, small"):
        read_recipe(TrainSettings(recipe="samll"), tmp_path)


@pytest.mark.parametrize("name", shipped_recipes())
def test_shipped_recipes_hold_together(name: str) -> None:
    recipe = read_recipe(TrainSettings(recipe=name), Path())
    assert recipe is not None
    assert len(runs_of(recipe, 1)) > len(recipe.conditions)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("paper-vgg11", {"network", "epochs", "decay_epochs", "batch_size"}),
        ("paper-densenet121", {"network", "epochs", "decay_epochs", "batch_size"}),
        (
            "paper-resnet18-cifar100",
            {"epochs", "decay_epochs", "input_size_px", "crop_pct", "augmentation"},
        ),
        (
            "paper-resnet18-gaussian",
            {"epochs", "decay_epochs", "learning_rate", "crop_pct", "augmentation"},
        ),
    ],
)
def test_the_papers_other_base_networks_have_the_same_conditions(name: str, changed: set[str]) -> None:
    first, other = (read_recipe(TrainSettings(recipe=each), Path()) for each in ("paper-resnet18", name))
    assert first is not None
    assert other is not None
    one, two = first.base.model_dump(), other.base.model_dump()
    assert {key for key in one if one[key] != two[key]} == changed
    assert list(other.conditions) == list(first.conditions)
    assert [run.name for run in runs_of(other, 1)] == [run.name for run in runs_of(first, 1)]
    assert {run.last_epoch for run in runs_of(other, 1)} == {30, 31, 40}
    networks = {run.condition: run.recipe.network for run in runs_of(other, 1)}
    assert networks["architecture"] == networks["combined"] != networks["base"]


def test_a_recipe_based_on_another_keeps_what_it_does_not_name(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(
        "[base]\nepochs = 3\nbatch_size = 16\n[conditions.a]\nlearning_rate = 0.1\nmodels = 1\n"
    )
    (tmp_path / "two.toml").write_text(
        'based_on = "one.toml"\n[base]\nepochs = 5\n[conditions.b]\nbased_on = "a"\nepochs = 9\n'
    )
    (tmp_path / "three.toml").write_text('based_on = "two.toml"\n[conditions.a]\nweight_decay = 0.5\n')
    recipe = read_recipe(TrainSettings(recipe="three.toml", base=BaseRecipe(batch_size=4)), tmp_path)
    assert recipe is not None
    assert (recipe.base.epochs, recipe.base.batch_size) == (5, 4)
    assert recipe.differences() == {
        "base": {},
        "a": {"weight_decay": 0.5},
        "b": {"weight_decay": 0.5, "epochs": 9},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("based_on = 3\n", r"own\.toml: based_on = 3, expected the name or the file of another recipe"),
        ('based_on = "own.toml"\n', "based_on = 'own.toml', expected the name or the file of another"),
        ('based_on = "other.toml"\n', r"other\.toml: based_on = 'own.toml', expected the name"),
        ('based_on = "none.toml"\n', r"none\.toml: no such recipe; set `recipe`"),
        ('based_on = "small"\n[base]\nepoch = 3\n', r"own\.toml: \[base\] epoch: unknown key"),
        ('based_on = "small"\nbase = 3\n', r"own\.toml: \[base\] = 3: expected a table"),
    ],
)
def test_a_recipe_that_cannot_be_based_on_another_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(text)
    (tmp_path / "other.toml").write_text('based_on = "own.toml"\n')
    with pytest.raises(InputError, match=said):
        read_recipe(TrainSettings(recipe="own.toml"), tmp_path)


def test_the_papers_recipe_has_its_thirteen_conditions_and_numbers_of_models() -> None:
    recipe = read_recipe(TrainSettings(recipe="paper-resnet18"), Path())
    assert recipe is not None
    all_runs = runs_of(recipe, 1)
    counts: dict[str, int] = {}
    for run in all_runs:
        counts[run.condition] = counts.get(run.condition, 0) + 1
    assert counts == {
        "base": 1,
        "one-more-epoch": 1,
        "ten-more-epochs": 1,
        "optimizer": 1,
        "batch-size": 1,
        "initialisation": 5,
        "learning-rate": 5,
        "cuda": 5,
        "order": 5,
        "architecture": 1,
        "halves": 2,
        "half": 2,
        "combined": 5,
    }
    assert recipe.base.seed == 1312
    assert {run.last_epoch for run in all_runs} == {90, 91, 100}
    # The base network with its further epochs is trained once.
    assert len({str(run.network_identity) for run in all_runs}) == len(all_runs) - 2
