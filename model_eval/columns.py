"""The columns of every table that this package writes or reads, without what reads them."""

from __future__ import annotations

IMAGE_COLUMNS = ("image_id", "path", "label", "class_name", "sha256")
"""Columns of ``decisions/images.parquet``."""

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

DIFFICULTY_COLUMNS = (
    "image_id",
    "label",
    "class_name",
    "n_models",
    "n_correct",
    "difficulty",
    "label_error",
    "stability",
    "modal_prediction",
    "modal_share",
    "modal_error",
    "modal_error_share",
    "stability_families",
    "reason",
)
"""Columns of ``difficulty/difficulty.parquet``."""

TABLES = {
    "decisions/images.parquet": IMAGE_COLUMNS,
    "decisions/<model>.parquet": tuple(DECISION_DTYPES),
    "difficulty/difficulty.parquet": DIFFICULTY_COLUMNS,
    "difficulty/pool_size.csv": ("n_models", "difficulty", "share", "sd", "low", "high", "n_pools"),
    "difficulty/leave_one_out.csv": (
        *("what", "left_out", "n_models", "trivial", "in-between", "impossible"),
        *("trivial_change", "impossible_change", "n_relabelled", "stability"),
    ),
    "difficulty/moved.csv": (
        *("image_id", "class_name", "from", "to", "n_correct", "n_models"),
        *("n_correct_other", "n_models_other"),
    ),
}
"""Table → its columns."""
