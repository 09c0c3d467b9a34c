"""A long table: a row for each model and image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from model_eval.import_decisions.model_table import answers_of
from model_eval.import_decisions.records import ModelAnswers, Reading
from tricky.core.errors import InputError
from tricky.core.foreign_tables import ForeignTable, read_tables_ahead


def read_long(paths: Sequence[Path], reading: Reading) -> Iterator[tuple[ModelAnswers, str]]:
    """Yield the answers of each model of long tables, with the hash of the file.

    Raises
    ------
    InputError
        A file is damaged, lacks a column, or has a row without a model.
    """
    for table in read_tables_ahead(paths):
        for answers in split_models(table, reading):
            yield answers, table.sha256


def split_models(table: ForeignTable, reading: Reading) -> Iterator[ModelAnswers]:
    """Yield the answers of each model of a table, in the order in which models first occur.

    Raises
    ------
    InputError
        The table lacks a column, or a row has no model.
    """
    column = reading.columns["model"]
    if column not in table.columns:
        raise InputError(f"{table.path}: no column {column!r}; its columns are {', '.join(table.columns)}")
    models = table.column(column)
    if models.null_count:
        row = int(np.flatnonzero(models.is_null().to_numpy(zero_copy_only=False))[0])
        raise InputError(f"{table.path}, column {column}: no model in row {row + 1}")
    encoded = models.dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    by_model = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    for name, rows in zip(encoded.dictionary.to_pylist(), by_model, strict=True):
        part = ForeignTable(table.path, table.sha256, table.table.take(pa.array(rows)))
        yield answers_of(part, name.strip(), reading)
