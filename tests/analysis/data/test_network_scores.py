import numpy as np
import pandas as pd
import pytest

from analysis.data.network_scores import image_scores
from model_eval.decisions import Decisions
from tricky.core.parquet import write_parquet


def test_scores_of_models_and_of_all_of_them_together(tmp_path):
    images = pd.DataFrame({"image_id": ["a", "b", "c"], "label": [0, 1, 2]})
    predictions = np.array([[0, 1, 2], [0, 1, 0], [0, 2, -1]], dtype=np.int32)  # z didn't see c
    confidences = np.array([[0.9, 0.5, 0.4], [0.7, 0.6, 0.5], [0.8, 0.1, 0.3]])
    for name, row in zip("xyz", confidences, strict=True):
        table = images[["image_id"]].assign(p_prediction=row, margin=10 * row, entropy=1 - row)
        write_parquet(tmp_path / f"{name}.parquet", table)
    correct, seen = predictions == images["label"].to_numpy(), predictions >= 0
    decisions = Decisions(("x", "y", "z"), ("", "", ""), images, predictions, correct, seen, None, {})
    scores = image_scores(tmp_path, decisions, ["b", "c", "unknown"])
    assert scores["x", "margin"].tolist()[:2] == pytest.approx([5, 4])
    assert scores["x", "entropy"].tolist()[:2] == pytest.approx([-0.5, -0.6])  # the surer, the larger
    assert scores["all models", "confidence"].tolist()[:2] == pytest.approx([0.4, 0.45])
    assert scores["all models", "agreement"].tolist()[:2] == pytest.approx([2 / 3, 1 / 2])
    assert bool(scores.loc[["unknown"]].isna().to_numpy().all())
