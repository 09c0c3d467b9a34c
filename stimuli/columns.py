"""The columns of the tables of a stimulus set."""

from __future__ import annotations

from string import ascii_lowercase

FEATURES = (
    "mean_luminance",
    "rms_contrast",
    "colourfulness",
    "edge_density",
    "resolution_px",
    "file_size_bytes",
)
"""Covariates that are measured on every image."""

FEATURE_COLUMNS = ("width_px", "height_px", *FEATURES, "phash")
"""Columns of everything that is measured on images."""

ITEM_FIELDS = (
    *("item_id", "image_id", "file", "sha256", "label", "class_name", "difficulty", "n_correct", "n_models"),
)
"""The first columns of ``items.tsv``: the attributes of `stimuli.records.Item`."""

ITEM_COLUMNS = (*ITEM_FIELDS, "stability", "image_sha256", *FEATURE_COLUMNS)
"""Columns of ``items.tsv``; those of the lab's own table follow."""

TRIAL_COLUMNS = ("trial_id", "block", "item", "item_a", "item_b", "session", "catch", "repeats", "condition")
"""Columns of ``trials.tsv``: a pair has `item_a` and `item_b` in place of `item`, and only a set
of imported sessions has `condition`."""


def trial_item_columns(n_images: int) -> tuple[str, ...]:
    """Return the columns of a trial's items in ``trials.tsv``: `item`, or `item_a`, `item_b` and so on."""
    if n_images == 1:
        return ("item",)
    return tuple(f"item_{letter}" for letter in ascii_lowercase[:n_images])


CHANGE_COLUMNS = (
    *("item_id", "image_id", "change", "reason", "difficulty_before", "difficulty_after"),
    *("n_correct_before", "n_correct_after", "n_models_before", "n_models_after"),
)
"""Columns of ``changes.tsv``."""

RULE = "rule"
"""Key in the manifest's counts of excluded images, next to the names of groups."""

TABLES = {
    "stimuli/<set>/items.tsv": ITEM_COLUMNS,
    "stimuli/<set>/trials.tsv": TRIAL_COLUMNS,
    "stimuli/<set>/changes.tsv": CHANGE_COLUMNS,
    "stimuli/<set>/stimulus_set.json": (RULE,),
}
"""Table → its columns."""
