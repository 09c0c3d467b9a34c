from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model_eval.columns import LEAVE_ONE_OUT, POOL_SIZE
from model_eval.label.write_labels import ImageCounts, write_labels
from model_eval.settings import LabelSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of


@pytest.fixture
def counts(tmp_path: Path) -> ImageCounts:
    """Four images, of which one was seen by too few of eleven models."""
    (tmp_path / "counts.csv").write_text("made from this")
    images = pd.DataFrame(
        {"image_id": list("dcba"), "label": -1, "class_name": "", "n_models": 11, "n_correct": [11, 10, 5, 0]}
    )
    images.loc[1, ["n_models", "n_correct"]] = 2
    unknown = {"modal_prediction": -1, "modal_share": np.nan, "modal_error": -1, "modal_error_share": np.nan}
    return ImageCounts(
        images.assign(stability_families=np.nan, **unknown),
        n_models=11,
        made_from=tmp_path / "counts.csv",
        provenance={"models": None, "seed": None, "images": None, "not_counted": {}, "near_ties": None},
    )


def test_labels_are_written_by_image_with_their_hash_and_counts(counts: ImageCounts, tmp_path: Path) -> None:
    folder = tmp_path / "difficulty"
    written = write_labels(counts, folder, LabelSettings(tolerance=1), tmp_path)
    assert written.images["image_id"].tolist() == list("abcd")
    assert written.images["difficulty"].tolist()[:2] == ["impossible", "in-between"]
    assert written.images["difficulty"].isna().tolist() == [False, False, True, False]
    manifest = written.manifest
    assert manifest.counts.by_name() == {"trivial": 1, "in-between": 1, "impossible": 1}
    assert (manifest.n_images, manifest.n_not_labelled) == (3, 1)
    assert manifest.made_from == {"counts.csv": sha256_of("made from this")}
    assert manifest.sha256 == sha256_of(folder / "difficulty.parquet")


def test_tables_of_an_earlier_pool_are_removed(counts: ImageCounts, tmp_path: Path) -> None:
    folder = tmp_path / "difficulty"
    folder.mkdir()
    for name in (POOL_SIZE, LEAVE_ONE_OUT):
        (folder / name).write_text("of an earlier pool")
    write_labels(counts, folder, LabelSettings(), tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == ["difficulty.json", "difficulty.parquet"]


def test_labels_that_no_image_would_get_are_refused_and_nothing_is_written(
    counts: ImageCounts, tmp_path: Path
) -> None:
    counts.images["n_models"] = counts.images["n_correct"] = 2
    with pytest.raises(InputError, match=r"counts\.csv: no image was seen by 6 of 11 models; lower"):
        write_labels(counts, tmp_path / "difficulty", LabelSettings(), tmp_path)
    assert not (tmp_path / "difficulty").exists()
