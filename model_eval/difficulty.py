"""Read ``difficulty/``: which images are trivial, in-between or impossible.  Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from model_eval.columns import DIFFICULTY_DTYPES, LABEL_TABLES, Difficulty
from model_eval.decisions import require_unique_images
from model_eval.manifests import DifficultyManifest
from tricky.core.errors import InputError
from tricky.core.files import check_hash
from tricky.core.manifests import read_manifest
from tricky.core.parquet import read_parquet
from tricky.core.tables import read_table

LABEL = "tricky label"
"""The command that writes ``difficulty/``."""


@dataclass(frozen=True)
class DifficultyTable:
    """The difficulty of each image, with the manifest.

    Attributes
    ----------
    images : DataFrame, n_images rows
        `DIFFICULTY_COLUMNS`.
    manifest : DifficultyManifest
        The content of ``difficulty.json``.
    """

    images: pd.DataFrame
    manifest: DifficultyManifest


def read_difficulty(folder: Path) -> DifficultyTable:
    """Read ``difficulty/`` and check its hash.

    Raises
    ------
    InputError
        The folder holds no finished table, or the table has changed since it was written.
    """
    manifest_path = folder / "difficulty.json"
    manifest = read_manifest(manifest_path, DifficultyManifest, LABEL)
    path = folder / "difficulty.parquet"
    check_hash(path, manifest.sha256, manifest_path, LABEL)
    table = read_parquet(path, DIFFICULTY_DTYPES, LABEL, others=True)
    require_unique_images(table, path, LABEL)
    if strange := set(table["difficulty"].dropna()) - set(Difficulty):
        raise InputError(
            f"{path}: difficulty {min(strange)!r} is none of {', '.join(Difficulty)}; run `{LABEL}` again"
        )
    return DifficultyTable(table, manifest)


def read_label_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Read `POOL_SIZE` and `LEAVE_ONE_OUT` from ``difficulty/``; neither exists for published counts.

    Raises
    ------
    InputError
        The folder holds no finished labels, or a table has changed since it was written.
    """
    manifest_path = folder / "difficulty.json"
    tables = read_manifest(manifest_path, DifficultyManifest, LABEL).tables
    for name, digest in tables.items():
        check_hash(folder / name, digest, manifest_path, LABEL)
    return {name: _label_table(folder / name) for name in tables if name in LABEL_TABLES}


def _label_table(path: Path) -> pd.DataFrame:
    """Read a table with the types declared in `LABEL_TABLES`."""
    types = LABEL_TABLES[path.name]
    table = read_table(path, list(types))
    read: dict[str, Any] = {
        "str": table.texts,
        "int64": table.whole_numbers,
        "Int64": table.optional_whole_numbers,
        "float64": lambda name: table.numbers(name, missing=True),
    }
    return pd.DataFrame({name: pd.Series(read[dtype](name), dtype=dtype) for name, dtype in types.items()})
