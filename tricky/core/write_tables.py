"""Write tables as TSV or CSV text, as `tricky.core.tables` reads them back."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tricky.core.files import write_text
from tricky.core.tsv_cells import escaped

if TYPE_CHECKING:
    import pandas as pd


def write_tsv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a tab-separated table, whole or not at all; `read_table` with ``own=True`` reads it."""
    write_text(path, "".join(tsv_line(cells) for cells in [columns, *rows]))


def tsv_line(cells: Sequence[object]) -> str:
    """Return one line of a tab-separated table, with its line end: what is missing is ``n/a``."""
    return _text([[escaped(_cell(cell)) for cell in cells]], "\t")


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame's columns, without its index, as a comma-separated table, whole or not at all."""
    # Python's numbers are written many times faster than numpy's, with the same digits if they have 64 bits.
    fast = ("bool", "int64", "float64", "object")
    columns = [column.tolist() if str(column.dtype) in fast else column.array for _, column in frame.items()]
    write_text(path, csv_text([str(name) for name in frame], zip(*columns, strict=True)))


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a comma-separated table as text: what is missing is ``n/a``, line breaks in cells are quoted."""
    return _text(([_cell(cell) for cell in row] for row in [columns, *rows]), ",")


def _cell(value: object) -> str:
    """Return a value as the text of a cell: None and NaN are missing, truths are ``true`` and ``false``."""
    if isinstance(value, str):
        return value
    kind = type(value).__name__
    # NaN differs from itself; pandas' NA answers neither yes nor no.
    if value is None or kind in ("NAType", "NaTType") or value != value:
        return "n/a"
    return str(value).lower() if kind in ("bool", "bool_") else str(value)


class _Lines(list[str]):
    """Lines that `csv.writer` writes."""

    def write(self, line: str) -> None:
        self.append(line.removesuffix("\r\n") + "\n")


def _text(rows: Iterable[Sequence[str]], separator: str) -> str:
    lines = _Lines()
    # With this line terminator the writer quotes cells that contain a carriage return, too.
    csv.writer(lines, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return "".join(lines)
