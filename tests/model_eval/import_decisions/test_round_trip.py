"""Decisions that are written in a format and imported are the same decisions."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_eval.decisions import Decisions, read_decisions
from model_eval.import_decisions.import_decisions import Target, import_decisions
from model_eval.settings import ImageSettings, ImportDecisionsSettings

Pool = tuple[list[str], list[str], np.ndarray, np.ndarray]
"""Names of images and classes, labels, and predictions (models × images; −1: not seen)."""

FORMATS = ("long", "per-model", "timm", "npy", "epochs", "model-vs-human")

NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs", "Cn", "Co", "Cf")),
    min_size=1,
    max_size=8,
).filter(lambda text: text.lower() != "n/a" and not text.isdigit())


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    """Draw the decisions of a pool, of which every model saw the first image."""
    from tricky.core.names import plain

    images = draw(st.lists(NAMES, min_size=2, max_size=8, unique_by=plain))
    classes = draw(st.lists(NAMES, min_size=2, max_size=4, unique_by=plain))
    n_models = draw(st.integers(1, 4))
    one_class = st.integers(0, len(classes) - 1)
    labels = np.array(draw(st.lists(one_class, min_size=len(images), max_size=len(images))))
    row = st.lists(st.integers(-1, len(classes) - 1), min_size=len(images), max_size=len(images))
    predictions = np.array(draw(st.lists(row, min_size=n_models, max_size=n_models)))
    predictions[:, 0] = labels[0]  # every model saw an image, and one is right
    return [plain(each) for each in images], [plain(each) for each in classes], labels, predictions


def export(root: Path, how: str, pool: Pool) -> dict[str, str]:
    """Write decisions in a format, with plain pandas and numpy; return the settings to import them with."""
    images, classes, labels, predictions = pool
    rows = pd.DataFrame(
        [
            (image, f"m{model}", classes[predictions[model, place]], classes[labels[place]])
            for model in range(len(predictions))
            for place, image in enumerate(images)
            if predictions[model, place] >= 0
        ],
        columns=["image", "model", "prediction", "label"],
    )
    folder = root / "source"
    folder.mkdir()
    if how == "long":
        rows.to_csv(folder / "long.csv", index=False)
    elif how == "model-vs-human":
        rows = rows.rename(columns={"image": "imagename", "model": "subj", "prediction": "object_response"})
        rows = rows.rename(columns={"label": "category"}).assign(rt=np.nan, session=1, trial=1, condition="0")
        rows.to_csv(folder / "raw.csv", index=False)
    elif how in ("per-model", "timm"):
        for name, part in rows.groupby("model"):
            if how == "per-model":
                part.drop(columns="model").to_csv(folder / f"{name}.csv", index=False)
            else:
                table = {"filename": part["image"], "label": part["prediction"], "prob": 0.5}
                pd.DataFrame(table).to_parquet(folder / f"{name}.parquet", index=False)
        if how == "timm":
            truth = {"image": images, "label": [classes[each] for each in labels]}
            pd.DataFrame(truth).to_csv(root / "labels.csv", index=False)
            return {"labels": "labels.csv", "format": "timm"}
    elif how == "npy":
        np.save(folder / "predicted.npy", predictions)
        np.save(root / "labels.npy", labels)
        pd.DataFrame({"image_id": images}).to_csv(root / "order.csv", index=False)
        models = "".join(f"m{model}\n" for model in range(len(predictions)))
        (root / "models.txt").write_text(models, encoding="utf-8")
        lists = {"images": "order.csv", "models": "models.txt", "labels": "labels.npy"}
        return lists | {"rows": "models", "predictions": "index"}
    return {}


def imported(pool: Pool, how: str) -> Decisions:
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        given = ImportDecisionsSettings.model_validate(export(root, how, pool))
        target = Target(root, root / "decisions", ImageSettings(source="none"), given)
        import_decisions([root / "source"], given, target, None)
        return read_decisions(root / "decisions")


@pytest.mark.parametrize("how", [each for each in FORMATS if each != "epochs"])
@settings(max_examples=25, deadline=None)
@given(pool=pools())
def test_what_was_exported_is_imported(how, pool):
    images, classes, labels, predictions = pool
    found = imported(pool, how)
    assert found.models == tuple(f"m{model}" for model in range(len(predictions)))
    kept = found.images["image_id"].tolist()
    seen = (predictions >= 0).any(axis=0) | (how == "npy")
    assert set(kept) == {image for image, there in zip(images, seen, strict=True) if there}
    order = [images.index(image) for image in kept]
    assert found.seen.tolist() == (predictions[:, order] >= 0).tolist()
    right = (predictions == labels)[:, order]
    assert found.correct.tolist() == right.tolist()
    if how == "npy":
        assert np.where(found.seen, found.predictions, -1).tolist() == predictions[:, order].tolist()
    else:
        assert found.images["class_name"].tolist() == [classes[labels[place]] for place in order]


@settings(max_examples=25, deadline=None)
@given(pool=pools())
def test_decisions_of_the_last_epoch_are_imported(pool):
    images, _, labels, predictions = pool
    predictions = np.abs(predictions)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for model, row in enumerate(predictions):
            folder = root / "results" / "base" / f"NUM{model}"
            folder.mkdir(parents=True)
            for epoch, answers in ((0, np.zeros_like(row)), (3, row)):
                table = pd.DataFrame({"predicted": answers, "true": labels})
                table.to_csv(folder / f"RESULTS_EP{epoch}.csv", index=False, header=False)
        given = ImportDecisionsSettings()
        target = Target(root, root / "decisions", ImageSettings(source="none"), given)
        import_decisions([root / "results"], given, target, None)
        found = read_decisions(root / "decisions")
    assert found.predictions.tolist() == predictions.tolist()
    assert found.correct.tolist() == (predictions == labels).tolist()
    assert len(found.images) == len(images)
