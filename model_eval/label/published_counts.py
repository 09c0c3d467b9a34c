"""Read a published table: for each image, how many models of a pool were right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tricky.core.errors import InputError

LARGEST = 2**31 - 1


def read_counts(path: Path, n_models: int | None = None) -> pd.DataFrame:
    """Read and check a table of counts in CSV (commas, UTF-8).

    Parameters
    ----------
    path : Path
        Columns `image_id` and `n_correct`; optionally `n_models`, `label` (an index) and `class_name`.
        Others are passed over.
    n_models : int, optional
        Size of the pool, where there is no such column.

    Returns
    -------
    DataFrame, n_images rows
        `image_id`, `label` (−1 where the table gives none), `class_name` (likewise empty), `n_models`,
        `n_correct`.

    Raises
    ------
    InputError
        No file, no rows, a column missing, an image twice, or a value that can't be.
    """
    table = _read_text(path)
    for column in ("image_id", "n_correct"):
        if column not in table:
            raise InputError(f"{path}: no column `{column}`; its columns are {', '.join(table.columns)}")
    if ("n_models" in table) == (n_models is not None):
        raise InputError(
            f"{path}: has a column `n_models`, so leave out `--models`"
            if n_models is not None
            else f"{path}: no column `n_models`; say how many models were asked with `--models N`"
        )
    if table.empty:
        raise InputError(f"{path}: no rows, only a header; expected one row an image")
    _refuse(path, table, "image_id", table["image_id"] == "", "a name")
    _refuse(path, table, "image_id", table["image_id"].duplicated(), "an image that stands only once")
    counts = pd.DataFrame(
        {
            "image_id": table["image_id"],
            "label": _whole_numbers(path, table, "label", 0) if "label" in table else -1,
            "class_name": table.get("class_name", ""),
            "n_models": _whole_numbers(path, table, "n_models", 1) if n_models is None else n_models,
            "n_correct": _whole_numbers(path, table, "n_correct", 0),
        }
    )
    for row in np.flatnonzero(counts["n_correct"] > counts["n_models"])[:1]:
        n_correct, asked = counts["n_correct"].iloc[row], counts["n_models"].iloc[row]
        raise InputError(
            f"{path}, line {_line(row)}: n_correct is {n_correct}, more than the {asked} models asked"
        )
    return counts


def _read_text(path: Path) -> pd.DataFrame:
    """Read all cells as text: ``0001`` stays a name, and ``NA`` a class."""
    try:
        return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig", index_col=False)
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: empty; expected a header with `image_id` and `n_correct`") from None
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as CSV in UTF-8 ({str(error).strip()})") from None
    except OSError as error:
        raise InputError(f"{path}: can't be opened ({error.strerror})") from None


def _whole_numbers(path: Path, table: pd.DataFrame, column: str, smallest: int) -> pd.Series:
    text = table[column].str.strip()
    numbers = pd.to_numeric(text.where(text.str.fullmatch(r"\d{1,10}"), "-1"))
    possible = numbers.between(smallest, LARGEST)
    _refuse(path, table, column, ~possible, f"a whole number, at least {smallest}")
    return numbers.astype("int64")


def _refuse(path: Path, table: pd.DataFrame, column: str, bad: pd.Series, expected: str) -> None:
    """Raise an error that names the first bad cell, if there is one."""
    for row in np.flatnonzero(bad)[:1]:
        value = table[column].iloc[row]
        raise InputError(f"{path}, line {_line(row)}: {column} is {value!r}, expected {expected}")


def _line(row: int) -> int:
    """Return the line of a row in the file, whose first line is the header."""
    return row + 2
