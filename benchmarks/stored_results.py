"""What benchmarks measured, as they store it, with the tables that the docs show of it.

A benchmark hands its results to `save`: everything that it measured, and its tables.  They lie in
``benchmarks/results/<benchmark>.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tricky.core.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"


@dataclass(frozen=True)
class Table:
    """A table for the docs.

    Attributes
    ----------
    name : str
        What the marker in the docs calls it; unique over all benchmarks.
    caption : str
        One sentence or two above the table: what was simulated, how often, how precise a figure is.
    columns : sequence of str
    rows : sequence of sequence of str
        One cell a column, formatted.
    """

    name: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return the caption and the table."""
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        if any(len(line) != len(self.columns) for line in lines):
            raise InputError(f"table {self.name}: a row has more or fewer cells than there are columns")
        return f"{self.caption}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def save(benchmark: str, results: Mapping[str, Any], tables: Sequence[Table], folder: Path = RESULTS) -> Path:
    """Write what a benchmark measured, with the tables that the docs show of it.

    Parameters
    ----------
    benchmark : str
        The benchmark's file without its suffix.
    results : mapping
        Everything measured, with number of studies and seed; of types that JSON knows.
    tables : sequence of Table
    folder : Path
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{benchmark}.json"
    content = {"benchmark": benchmark, "tables": [asdict(table) for table in tables], **results}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def read(benchmark: str, folder: Path = RESULTS) -> dict[str, Any]:
    """Return what a benchmark measured, as `save` wrote it."""
    return json.loads((folder / f"{benchmark}.json").read_text(encoding="utf-8"))


def read_tables(folder: Path = RESULTS) -> dict[str, Table]:
    """Return the tables of all benchmarks by name."""
    tables: dict[str, Table] = {}
    for path in sorted(folder.glob("*.json")):
        for fields in json.loads(path.read_text(encoding="utf-8")).get("tables", ()):
            table = Table(**fields)
            if table.name in tables:
                raise InputError(f"{path.name}: another benchmark has a table {table.name}; rename one")
            tables[table.name] = table
    return tables
