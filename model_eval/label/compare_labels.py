"""Two difficulty tables of the same images side by side: which images moved, and do the counts agree?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from model_eval.columns import Difficulty
from model_eval.difficulty import DifficultyTable
from model_eval.label.criterion import NOT_LABELLED
from tricky.core.errors import InputError


@dataclass(frozen=True)
class Comparison:
    """How each image's difficulty differs between two tables.

    Attributes
    ----------
    counts : DataFrame
        Images by their difficulty in one table (rows) and in the other (columns): 3 × 3, or 4 × 4 where
        images have no difficulty in one of them.
    moved : DataFrame
        `image_id`, `class_name`, `from`, `to`, and `n_correct` and `n_models` of each table, for the images
        whose difficulty differs.
    n_images : int
        Images in both tables.
    n_only_one, n_only_other : int
        Images in only one of them; ignored in all other fields.
    spearman, kendall : float
        Rank correlation of the share of models that were right (Kendall's τ_b); NaN where all images have
        the same share.
    """

    counts: pd.DataFrame
    moved: pd.DataFrame
    n_images: int
    n_only_one: int
    n_only_other: int
    spearman: float
    kendall: float


def compare(one: DifficultyTable, other: DifficultyTable) -> Comparison:
    """Compare two difficulty tables, image by image.

    Raises
    ------
    InputError
        They have no image in common, or an image has different classes in them.
    """
    columns = ["image_id", "class_name", "difficulty", "n_correct", "n_models"]
    both = one.images[columns].merge(other.images[columns], on="image_id", suffixes=("", "_other"))
    if both.empty:
        raise InputError(
            f"the two tables have no image in common ({one.images['image_id'].iloc[0]!r} …, "
            f"{other.images['image_id'].iloc[0]!r} …); compare labels of the same images"
        )
    names = both[["class_name", "class_name_other"]]
    for row in both[(names != "").all(axis=1) & (names.iloc[:, 0] != names.iloc[:, 1])].itertuples():
        raise InputError(
            f"image {row.image_id} is of class {row.class_name!r} in one table and "
            f"{row.class_name_other!r} in the other; compare labels of the same images"
        )
    both["from"] = both["difficulty"].fillna(NOT_LABELLED)
    both["to"] = both["difficulty_other"].fillna(NOT_LABELLED)
    kinds = [kind.value for kind in Difficulty]
    if ((both["from"] == NOT_LABELLED) | (both["to"] == NOT_LABELLED)).any():
        kinds.append(NOT_LABELLED)
    counts = pd.crosstab(both["from"], both["to"]).reindex(index=kinds, columns=kinds, fill_value=0)
    moved = both[both["from"] != both["to"]]
    named = ["image_id", "class_name", "from", "to", "n_correct", "n_models", "n_correct_other"]
    seen = both[(both["n_models"] > 0) & (both["n_models_other"] > 0)]
    share = (seen["n_correct"] / seen["n_models"]).to_numpy()
    share_other = (seen["n_correct_other"] / seen["n_models_other"]).to_numpy()
    vary = len(seen) > 1 and np.ptp(share) > 0 and np.ptp(share_other) > 0
    return Comparison(
        counts=counts,
        moved=moved[[*named, "n_models_other"]].reset_index(drop=True),
        n_images=len(both),
        n_only_one=len(one.images) - len(both),
        n_only_other=len(other.images) - len(both),
        spearman=_value(stats.spearmanr(share, share_other)) if vary else float("nan"),
        kendall=_value(stats.kendalltau(share, share_other)) if vary else float("nan"),
    )


def _value(result: Any) -> float:  # scipy's type stubs know no attribute of its results
    return float(result.statistic)
