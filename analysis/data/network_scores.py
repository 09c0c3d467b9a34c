"""The certainty of each network about each image, by which it chooses when it is an observer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from model_eval.decisions import Decisions, read_rows

ENSEMBLE = "all models"


def image_scores(folder: Path, decisions: Decisions, image_ids: Sequence[str]) -> pd.DataFrame:
    """Return what each network says of each image.

    Parameters
    ----------
    folder : Path
        Folder of the decisions.
    decisions : Decisions
        Its content.
    image_ids : sequence of str
        Images of the stimulus set; one without decisions has no scores.

    Returns
    -------
    DataFrame, images × networks
        Columns (network, measure): of each model its ``confidence`` (probability of the predicted class),
        ``margin`` (between the two best logits) and ``entropy`` (of the predicted distribution, in nats, with
        a minus sign: smaller where it is less sure, as the others are); of all models together the mean
        confidence and ``agreement``, the share of models that give the most frequent answer.  What decisions
        do not contain, as imported ones may, is NaN.
    """
    wanted = decisions.images["image_id"].isin(image_ids).to_numpy()
    index = pd.Index(decisions.images.loc[wanted, "image_id"].astype(str), name="image_id")
    columns: dict[tuple[str, str], np.ndarray] = {}
    for name, seen in zip(decisions.models, decisions.seen[:, wanted], strict=True):
        rows = read_rows(folder / f"{name}.parquet", ["image_id", "p_prediction", "margin", "entropy"])
        rows = rows.set_index("image_id").reindex(index)  # a model's file may lack images
        columns[name, "confidence"] = np.where(seen, rows["p_prediction"], np.nan)
        columns[name, "margin"] = np.where(seen, rows["margin"], np.nan)
        columns[name, "entropy"] = np.where(seen, -rows["entropy"], np.nan)
    confidences = pd.DataFrame([columns[name, "confidence"] for name in decisions.models])
    columns[ENSEMBLE, "confidence"] = confidences.mean().to_numpy()
    agreement = _agreement(decisions.predictions[:, wanted])
    columns[ENSEMBLE, "agreement"] = np.where(decisions.complete[wanted], agreement, np.nan)
    table = pd.DataFrame(columns, index=index)
    table.columns = pd.MultiIndex.from_tuples(list(columns), names=["network", "measure"])
    return table.reindex(pd.Index(image_ids, name="image_id"))


def _agreement(predictions: np.ndarray) -> np.ndarray:
    """Return the share of models that give the most frequent answer, of those that saw the image (not −1)."""
    counts = pd.DataFrame(predictions).where(predictions >= 0).apply(lambda each: each.value_counts().max())
    return counts.to_numpy(float) / np.maximum((predictions >= 0).sum(axis=0), 1)
