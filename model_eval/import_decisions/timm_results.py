"""What timm's ``inference.py`` writes: a table for each model, as CSV, parquet or JSON.

Its columns are ``filename``, ``index`` (with ``--include-index``), ``label`` (the predicted class in words,
not the true one) and ``prob`` or ``logit``.  With ``--topk`` above 1 a cell holds all answers, the best
first, or there is a column for each (``index_0``, ``index_1`` …, with ``--results-separate-col``); the best
one counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from model_eval.import_decisions.model_table import answers_of, model_of
from model_eval.import_decisions.records import ModelAnswers, Reading
from tricky.core.foreign_tables import ForeignTable, read_tables_ahead

_FIRST = r"""^\[\s*(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<number>[^\s,\]]+))"""
"""The first element of an array as numpy prints it."""


def read_timm(paths: Sequence[Path], reading: Reading) -> Iterator[tuple[ModelAnswers, str]]:
    """Yield the answers of each model, with the hash of its file.

    Raises
    ------
    InputError
        A file is damaged or lacks a column.
    """
    for table in read_tables_ahead(paths):
        best = table.table
        for role, column in reading.columns.items():
            if role != "image" and column in table.columns:
                place = best.column_names.index(column)
                best = best.set_column(place, column, _first(table.column(column)))
        found = ForeignTable(table.path, table.sha256, best)
        yield answers_of(found, model_of(table.path), reading), table.sha256


def _first(cells: Any) -> Any:
    """Return the first of several answers in each cell."""
    import pyarrow as pa
    import pyarrow.compute

    pc: Any = pyarrow.compute
    several = pc.starts_with(cells, "[").fill_null(False)
    if not pc.any(several).as_py():
        return cells
    parts = pc.extract_regex(cells, _FIRST)
    names = [pc.struct_field(parts, name) for name in ("single", "double", "number")]
    filled = [pc.if_else(pc.equal(each, ""), pa.scalar(None, pa.string()), each) for each in names]
    return pc.if_else(several, pc.coalesce(*filled), cells)
