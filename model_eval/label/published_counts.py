"""Read a published table: for each image, how many models of a pool were right."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tricky.core.errors import InputError
from tricky.core.tables import read_table

LARGEST = 2**31 - 1


def read_counts(path: Path, n_models: int | None = None) -> pd.DataFrame:
    """Read and check a table of counts in CSV (commas, UTF-8).

    Parameters
    ----------
    path : Path
        Columns `image_id` and `n_correct`; optionally `n_models`, `label` (an index) and `class_name`.
        Others are not read.
    n_models : int, optional
        Size of the pool, where there is no such column.

    Returns
    -------
    DataFrame, n_images rows
        `image_id`, `label` (−1 where the table has none), `class_name` (empty where it has none),
        `n_models`, `n_correct`.  Names are in Unicode's composed form.

    Raises
    ------
    InputError
        The file or a column is missing, it has no rows, an image occurs twice, or a value is impossible.
    """
    table = read_table(path, ["image_id", "n_correct"])
    if ("n_models" in table) == (n_models is not None):
        raise InputError(
            f"{path}: has a column `n_models`, so leave out `--models`"
            if n_models is not None
            else f"{path}: no column `n_models`; give the number of models with `--models N`"
        )
    if not len(table):
        raise InputError(f"{path}: no rows, only a header; expected one row for each image")
    n_rows = len(table)
    counts = pd.DataFrame(
        {
            "image_id": table.names("image_id", unique=True),
            "label": table.whole_numbers("label", least=0, most=LARGEST) if "label" in table else -1,
            "class_name": table.optional_names("class_name") if "class_name" in table else [None] * n_rows,
            "n_models": n_models or table.whole_numbers("n_models", least=1, most=LARGEST),
            "n_correct": table.whole_numbers("n_correct", least=0, most=LARGEST),
        }
    )
    too_many = counts["n_correct"] > counts["n_models"]
    if too_many.any():
        row = int(too_many.to_numpy().argmax())
        most = counts["n_models"].iloc[row]
        raise table.error(row, "n_correct", f"at most {most}, the number of models")
    return counts.fillna({"class_name": ""})
