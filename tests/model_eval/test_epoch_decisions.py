from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up import HASH, origins

from model_eval.columns import DECISION_DTYPES
from model_eval.epoch_decisions import (
    ConditionModel,
    read_conditions,
    write_conditions,
    write_epochs,
)
from model_eval.networks.decision_rows import decision_rows
from model_eval.recipe_settings import model_name
from model_eval.training_manifests import DivergedRecord
from tricky.core.errors import InputError
from tricky.core.parquet import write_parquet

LABELS = np.array([0, 1, 1])
# What the model puts first after epochs 0, 1 and 2.
PREDICTIONS = np.array([[0, 0, 0], [0, 1, 0], [0, 1, 1]], dtype=np.int32)


def rows_for(predictions: np.ndarray) -> pd.DataFrame:
    return decision_rows(["a", "b", "c"], LABELS, np.eye(2)[predictions])


ABOUT = {
    **origins(train={"training_set": None}, recipe={}),
    "images": {"n": 3, "source": "letters"},
    "training_images": {"n": 3, "source": "letters", "sha256": HASH},
    "classes": ["x", "y"],
    "device": "cpu",
}


def write(folder: Path) -> None:
    """Two models of two conditions, the second with an epoch more, and one that diverged."""
    folder.mkdir()
    images = pd.DataFrame({"image_id": list("abc"), "path": list("abc"), "label": LABELS.astype(np.int32)})
    write_parquet(folder / "images.parquet", images.assign(class_name="x", sha256=""))
    models = []
    for condition, n_epochs in (("base", 1), ("one-more-epoch", 2)):
        name = model_name(condition, 1)
        accuracies = tuple(float(x) for x in (PREDICTIONS[: n_epochs + 1] == LABELS).mean(axis=1))
        models.append(ConditionModel(name, condition, 1, "timm:x", (0.5,) * n_epochs, accuracies))
        write_epochs(folder / f"{name}.parquet", [rows_for(row) for row in PREDICTIONS[: n_epochs + 1]])
    write_conditions(
        folder,
        conditions={"base": {}, "one-more-epoch": {"extra_epochs": 1}, "rate": {"learning_rate": 9.0}},
        models=models,
        diverged=[DivergedRecord(name="rate-1", condition="rate", replicate=1, epoch=2)],
        unfinished=["rate-2"],
        about=ABOUT,
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write(tmp_path / "c")
    read = read_conditions(tmp_path / "c")
    assert [(model.name, model.last_epoch) for model in read.models] == [
        ("base-1", 1),
        ("one-more-epoch-1", 2),
    ]
    assert list(read.conditions) == ["base", "one-more-epoch", "rate"]
    assert read.conditions["one-more-epoch"] == {"extra_epochs": 1}
    assert np.array_equal(read.predictions[1], PREDICTIONS)
    assert read.correct.shape == (2, 2, 3)
    assert read.correct.tolist() == [[[True, False, False], [True, True, False]]] * 2
    assert read.correct_at_end.tolist() == [[True, True, False], [True, True, True]]


def test_rows_have_the_columns_of_decisions_and_an_epoch(tmp_path: Path) -> None:
    write(tmp_path / "c")
    rows = pd.read_parquet(tmp_path / "c/base-1.parquet")
    assert rows.dtypes.astype(str).to_dict() == DECISION_DTYPES
    assert rows["epoch"].tolist() == [0, 0, 0, 1, 1, 1]
    assert rows["image_id"].tolist() == list("abcabc")


def test_a_table_that_is_not_the_manifests_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "c")
    write_epochs(tmp_path / "c/base-1.parquet", [rows_for(row) for row in PREDICTIONS[1:]])
    with pytest.raises(InputError, match=r"base-1.parquet: changed since conditions.json"):
        read_conditions(tmp_path / "c")


def test_rows_of_other_images_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "c")
    folder = tmp_path / "c"
    model = ConditionModel("base-1", "base", 1, "timm:x", (0.5,), (0.0, 0.0))
    write_epochs(folder / "base-1.parquet", [rows_for(PREDICTIONS[0])])
    write_conditions(folder, conditions={"base": {}}, models=[model], about=ABOUT)
    with pytest.raises(InputError, match=r"not epochs × images.parquet"):
        read_conditions(folder)


def test_a_folder_without_a_trained_model_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "c")
    write_conditions(tmp_path / "c", conditions={"base": {}}, models=[], unfinished=["base-1"], about=ABOUT)
    with pytest.raises(InputError, match="no model is trained yet"):
        read_conditions(tmp_path / "c")
