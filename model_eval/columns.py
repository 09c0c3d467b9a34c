"""The columns of all tables of this package, with their types."""

from __future__ import annotations

from enum import StrEnum


class Difficulty(StrEnum):
    """Dichotomous data difficulty of an image under a pool of models (Meding et al. 2022).

    The values of ``difficulty`` in ``difficulty/difficulty.parquet``.
    """

    TRIVIAL = "trivial"
    IN_BETWEEN = "in-between"
    IMPOSSIBLE = "impossible"


IMAGE_DTYPES = {"image_id": "str", "path": "str", "label": "int32", "class_name": "str", "sha256": "str"}
"""Columns of ``decisions/images.parquet``."""

IMAGE_COLUMNS = tuple(IMAGE_DTYPES)

DECISION_DTYPES = {
    "image_id": "str",
    "epoch": "Int16",
    "label": "int32",
    "prediction": "int32",
    "label_rank": "int32",
    "p_label": "float32",
    "p_prediction": "float32",
    "margin": "float32",
    "entropy": "float32",
}
"""Columns of ``decisions/<model>.parquet``: one row for each image (and epoch, where there are several)."""

DIFFICULTY_DTYPES = {
    "image_id": "str",
    "label": "int32",
    "class_name": "str",
    "n_models": "int32",
    "n_correct": "int32",
    "difficulty": "str",
    "label_error": "bool",
    "stability": "float32",
    "modal_prediction": "int32",
    "modal_share": "float32",
    "modal_error": "int32",
    "modal_error_share": "float32",
    "stability_families": "float32",
    "reason": "str",
}
"""Columns of ``difficulty/difficulty.parquet``."""

POOL_SIZE, LEAVE_ONE_OUT = "pool_size.csv", "leave_one_out.csv"
"""Tables in ``difficulty/`` about labels by parts of the pool."""

LABEL_TABLES = {
    POOL_SIZE: {"n_models": "int64", "difficulty": "str"}
    | dict.fromkeys(("share", "sd", "low", "high"), "float64")
    | {"n_pools": "int64"},
    LEAVE_ONE_OUT: {"what": "str", "left_out": "str", "n_models": "int64"}
    | dict.fromkeys(("trivial", "in-between", "impossible", "trivial_change", "impossible_change"), "float64")
    | {"n_relabelled": "Int64", "stability": "float64"},
}
"""Their columns; values of the types `float64` and `Int64` may be missing."""

MOVED_COLUMNS = (
    *("image_id", "class_name", "from", "to", "n_correct", "n_models", "n_correct_other", "n_models_other"),
)
"""Columns of ``difficulty/moved.csv``."""

TABLES = {
    "decisions/images.parquet": IMAGE_COLUMNS,
    "decisions/<model>.parquet": tuple(DECISION_DTYPES),
    "difficulty/difficulty.parquet": tuple(DIFFICULTY_DTYPES),
    **{f"difficulty/{name}": tuple(columns) for name, columns in LABEL_TABLES.items()},
    "difficulty/moved.csv": MOVED_COLUMNS,
}
"""Table → its columns."""
