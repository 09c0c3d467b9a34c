"""Tables that save time: no manifest names them, and whatever happens to them, no result changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tricky.core.parquet import write_parquet

_KEY = "tricky"
"""Under this name pandas keeps what a table says of itself among the metadata of its parquet file."""


def write_memory(path: Path, table: pd.DataFrame, about: Mapping[str, Any]) -> None:
    """Write a table that no manifest names, with what it says of itself and the hash of both.

    Parameters
    ----------
    path : Path
    table : DataFrame
    about : mapping
        In JSON's types.
    """
    rows = table.copy(deep=False)
    rows.attrs = {_KEY: {**about, "sha256": _content_sha256(rows, about)}}
    write_parquet(path, rows)


def read_memory(path: Path) -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """Return what `write_memory` wrote, or None where the file is missing or anything in it has changed.

    Such a file saves time and never changes a result: what it held is then computed again.
    """
    try:
        table = pd.read_parquet(path)
        about = table.attrs[_KEY]
        recorded = about.pop("sha256")
        if recorded == _content_sha256(table, about):
            return table, about
    except Exception:  # missing, or damaged, which may raise anything
        return None
    return None


def _content_sha256(table: pd.DataFrame, about: Mapping[str, Any]) -> str:
    """Hash what a file says: of itself, and in every column."""
    digest = hashlib.sha256(json.dumps(dict(about), sort_keys=True).encode())
    for name, column in table.items():
        digest.update(f"{name} {column.dtype}\n".encode())
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
            digest.update(column.to_numpy().tobytes())
        else:
            values = column.astype(object).where(column.notna(), None)
            digest.update(json.dumps(values.tolist(), default=str).encode())
    return digest.hexdigest()
