"""Labels from the command line: what hangs on which model, with and without label errors, and compared."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
from made_up import write_pool

from model_eval.decision_rows import decision_rows
from tricky.core.parquet import write_parquet


def one_line(said: str) -> str:
    """Undo what a terminal's width has folded."""
    return re.sub(r"\s+", " ", said)


def write_study(folder: Path, predictions: list[list[int]], settings: str = "") -> Path:
    """Write a study whose models, v w x y z, of which v and w are kin, answered about images of class 1."""
    (folder / "decisions").mkdir(parents=True)
    (folder / "study.toml").write_text(settings)
    labels = np.ones(len(predictions[0]), dtype="int32")
    ids = [f"{index}.png" for index in range(len(labels))]
    images = pd.DataFrame({"image_id": ids, "path": ids, "label": labels, "class_name": "cat", "sha256": "-"})
    write_parquet(folder / "decisions" / "images.parquet", images)
    models = []
    for name, answers in zip("vwxyz", predictions, strict=True):
        path = folder / "decisions" / f"{name}.parquet"
        write_parquet(path, decision_rows(ids, labels, np.eye(3)[answers]))
        models.append({"name": name, "family": "kin" if name in "vw" else name})
    write_pool(folder / "decisions", models, {"n": len(ids)})
    return folder


def test_labels_are_printed_with_what_they_depend_on_and_compared_with_others(tmp_path, succeed):
    predictions = [[1, 0, 0, 1], [1, 0, 0, 1], [1, 0, 1, 1], [1, 2, 1, 0], [1, 0, 1, 0]]
    errors = '[label]\nlabel_errors = "errors.txt"\n'
    study = write_study(tmp_path / "study", predictions, errors)
    (study / "errors.txt").write_text("1.png\n")
    said = one_line(succeed("label", cwd=study))
    # Correct models: 5, 0, 3, 3.
    assert "without label errors" in said
    assert "trivial 25.000% 1 33.333% 1" in said
    assert "in-between 50.000% 2 66.667% 2" in said
    assert "impossible 25.000% 1 0.000% 0" in said
    assert "4 images, 5 models, tolerance 1" in said
    assert "impossible: 1 wrong label" in said
    # Without one of the kin, 3 of 4 are right about 2.png; without both, all are, and 3.png has 1 of 3 right.
    assert "without the model v: 1 images get another label, trivial +25.0, impossible +0.0 points" in said
    assert (
        "without the family kin: 2 images get another label, trivial +25.0, impossible +25.0 points" in said
    )

    other = write_study(tmp_path / "other", [[1, 0, 1, 1], *predictions[1:]])
    succeed("label", cwd=other)
    said = one_line(succeed("label", "--compare", "../other", cwd=study))
    assert "trivial 1 0 0 in-between 1 1 0 impossible 0 0 1" in said
    assert "1 of 4 images have another label" in said
    moved = pd.read_csv(study / "difficulty" / "moved.csv")
    assert moved[["image_id", "from", "to"]].to_numpy().tolist() == [["2.png", "in-between", "trivial"]]
