"""Tables in the docs, generated from what the benchmarks measured.

Tables of coverage are stored with the results of their benchmark (``stored_results.py``), those of speed are
made by ``figures.py``.  A page shows a table between two markers, each on a line of its own::

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
from collections.abc import Mapping
from pathlib import Path

if __name__ == "__main__":  # started as a file, the repository's folder is not where modules are looked for
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.figures import speed_tables
from benchmarks.interval_list import table_of_intervals
from benchmarks.stored_results import ROOT, Table, read_tables
from tricky.core.errors import InputError

DOCS = ROOT / "docs"
MARKERS = re.compile(r"(<!-- table: (?P<name>[^\n]+?) -->\n)(?P<body>.*?)(<!-- end of table -->)", re.DOTALL)


def tables_of_docs() -> dict[str, Table]:
    """Return all tables that the docs can show: those of benchmarks, and what they measure."""
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
