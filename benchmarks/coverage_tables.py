"""Tables in the docs, generated from what the benchmarks measured.

A benchmark hands its results to `save`: everything that it measured, and the tables that the docs show of it.
They lie in ``benchmarks/results/<benchmark>.json``.  Figures of speed are kept by ``run.py`` and have the
tables of ``figures.py``.  A page shows a table between two markers, each on a line of its own::

    <!-- table: NAME -->
    <!-- end of table -->

What is between them is replaced.  A table of a new benchmark needs a call of `save` and a pair of markers.

Run ``python -P benchmarks/coverage_tables.py`` to check that the docs show what the results say (exit code 1
if not), and with ``--write`` to put the tables into the docs.  The last line is one JSON object.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tricky.core.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
DOCS = ROOT / "docs"
MARKERS = re.compile(r"(<!-- table: (?P<name>[^\n]+?) -->\n)(?P<body>.*?)(<!-- end of table -->)", re.DOTALL)


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


def tables_of_docs() -> dict[str, Table]:
    """Return all tables that the docs can show: those of benchmarks, and what they measure."""
    from benchmarks.figures import speed_tables  # modules that import this one
    from benchmarks.interval_list import table_of_intervals

    listed = table_of_intervals()
    return read_tables() | speed_tables() | {listed.name: listed}


def with_tables(text: str, tables: Mapping[str, Table]) -> str:
    """Return a page with the tables that its markers name."""

    def filled(match: re.Match[str]) -> str:
        if match["name"] not in tables:
            raise InputError(f"no benchmark has a table {match['name']}; known are {', '.join(tables)}")
        return f"{match[1]}\n{tables[match['name']].markdown()}\n{match[4]}"

    if text.count("<!-- table: ") != len(MARKERS.findall(text)):
        raise InputError("a table's marker has no end; write <!-- end of table --> below it")
    return MARKERS.sub(filled, text)


def outdated_pages() -> dict[Path, str]:
    """Return the pages that show other tables than were measured, with the text that they should have."""
    tables, found = tables_of_docs(), {}
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        new = with_tables(text, tables)
        if new != text:
            found[page] = new
    return found


def write_docs() -> list[Path]:
    """Write the tables into the docs; return the pages that changed."""
    outdated = outdated_pages()
    for page, text in outdated.items():
        page.write_text(text, encoding="utf-8")
    return list(outdated)


def main() -> None:
    """Check the docs, or write the tables into them."""
    asked_to_write = "--write" in sys.argv[1:]
    pages = write_docs() if asked_to_write else list(outdated_pages())
    for page in pages:
        print(f"{page.relative_to(ROOT)} {'is replaced' if asked_to_write else 'shows other tables'}")
    print(json.dumps({"pages that differed": len(pages)}))
    if pages and not asked_to_write:
        raise SystemExit("run python -P benchmarks/coverage_tables.py --write")


if __name__ == "__main__":
    main()
