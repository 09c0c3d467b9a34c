"""Read a file of someone else's trials as a table of text: CSV, TSV, JSON, or a workbook."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

from tricky.core.errors import InputError
from tricky.core.files import decode_text, parse_json_list, read_bytes, sha256_of
from tricky.core.names import plain
from tricky.core.tables import parse_table
from tricky.core.typed_table import TextTable

WORKBOOKS = {".xlsx": "openpyxl", ".ods": "odf"}
"""Suffix of a workbook → what pandas reads it with."""
SUFFIXES = (".csv", ".tsv", ".json", *WORKBOOKS)


@dataclass(frozen=True)
class Source:
    """A file of trials.

    Attributes
    ----------
    table : TextTable
        Cells are text without surrounding spaces; the line of each row is in ``lines``.
    sha256 : str
        Of the file.
    numbers : frozenset of str
        Columns in which a workbook has numbers, so that zeros at the beginning are lost.
    """

    table: TextTable
    sha256: str
    numbers: frozenset[str] = frozenset()

    @property
    def path(self) -> Path:
        """The file."""
        return self.table.path


def find_sources(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the files to import, and the other files of the folders that were named.

    Parameters
    ----------
    paths : sequence of Path
        Files, and folders of files; hidden files are ignored.

    Raises
    ------
    InputError
        A path does not exist, is of no known kind, or a folder has no file of trials.
    """
    files: list[Path] = []
    others: list[Path] = []
    for path in paths:
        if not path.is_dir():
            if path.suffix.lower() == ".psydat":
                raise InputError(
                    f"{path}: a pickle of Python, which can run any program when it is read; import the CSV "
                    "file that PsychoPy saved with it"
                )
            if path.exists() and path.suffix.lower() not in SUFFIXES:
                raise InputError(f"{path}: expected a file that ends in {', '.join(SUFFIXES)}, or a folder")
            files.append(path)
            continue
        inside = [each for each in sorted(path.rglob("*")) if each.is_file() and not _hidden(each, path)]
        found = [each for each in inside if each.suffix.lower() in SUFFIXES]
        if not found:
            raise InputError(f"{path}: no file that ends in {', '.join(SUFFIXES)}; name another folder")
        files += found
        others += [each for each in inside if each not in found]
    return list(dict.fromkeys(files)), others


def _hidden(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    return any(part.startswith((".", "~$")) for part in parts)


def read_source(path: Path, sheet: str = "") -> Source:
    """Read a file of trials.

    Parameters
    ----------
    path : Path
        Its suffix says what it is: ``.csv``, ``.tsv``, ``.json`` (a list of objects, as jsPsych saves it),
        ``.xlsx`` or ``.ods``.
    sheet : str
        Name of the sheet, of a workbook with several.

    Raises
    ------
    InputError
        The file is missing or damaged, has no rows, or a workbook has several sheets or a cell that is
        neither text, number nor truth.
    """
    content = read_bytes(path)
    suffix = path.suffix.lower()
    numbers: frozenset[str] = frozenset()
    if suffix in WORKBOOKS:
        table, numbers = _workbook(content, path, sheet)
    elif suffix == ".json":
        table = _objects(content, path)
    else:
        table = parse_table(content, path)
    if not table.rows:
        raise InputError(f"{path}: no row below the header; remove the file, or restore it")
    rows = [[plain(cell.strip()) for cell in row] for row in table.rows]
    return Source(TextTable(path, table.columns, rows, table.lines), sha256_of(content), numbers)


def _objects(content: bytes, path: Path) -> TextTable:
    """Read a JSON list of objects: each is a row, and every key a column."""
    entries = parse_json_list(decode_text(content, path), str(path), "export the data again")
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise InputError(
                f"{path}, entry {number}: not an object with the data of a trial; export the data of each "
                "participant as one list of trials"
            )
    columns = list(dict.fromkeys(key for entry in entries for key in entry))
    rows = [[_json_cell(entry.get(column)) for column in columns] for entry in entries]
    return TextTable(path, tuple(columns), rows, list(range(1, len(rows) + 1)))


def _json_cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _workbook(content: bytes, path: Path, sheet: str) -> tuple[TextTable, frozenset[str]]:
    """Read the sheet of a workbook that has cells."""
    import pandas as pd

    engine: Any = WORKBOOKS[path.suffix.lower()]
    try:
        sheets = pd.read_excel(
            io.BytesIO(content),
            sheet_name=None,
            header=None,
            dtype=object,
            engine=engine,
            keep_default_na=False,
            na_filter=False,
        )
    except ImportError as error:
        raise InputError(
            f"{path}: reading workbooks needs {error.name}; install it with "
            '`pip install "tricky-images[import]"`, or save the table as CSV'
        ) from None
    except Exception as error:  # a damaged archive of XML may raise anything
        raise InputError(f"{path}: not readable as a workbook ({error}); save it again, or as CSV") from None
    filled = {name: frame for name, frame in sheets.items() if not frame.empty}
    if not filled:
        raise InputError(f"{path}: no cell holds anything; restore the file")
    if sheet and sheet not in filled:
        raise InputError(f"{path}: no sheet {sheet!r} with cells; there is {', '.join(filled)}")
    if not sheet and len(filled) > 1:
        raise InputError(
            f"{path}: several sheets ({', '.join(filled)}); name one of them: [import.sessions] sheet in "
            "study.toml"
        )
    return _sheet(filled[sheet or next(iter(filled))], path)


def _sheet(frame: Any, path: Path) -> tuple[TextTable, frozenset[str]]:
    cells = frame.to_numpy(dtype=object)
    header = [_text(cell, path, 1, place) for place, cell in enumerate(cells[0])]
    named = [place for place, name in enumerate(header) if name]
    columns = [plain(header[place].strip()) for place in named]
    rows: list[list[str]] = []
    lines: list[int] = []
    numbers: set[str] = set()
    for line, row in enumerate(cells[1:], start=2):
        texts = [_text(cell, path, line, place) for place, cell in enumerate(row)]
        if not any(texts):
            continue
        if stray := [place for place, text in enumerate(texts) if text and place not in named]:
            raise InputError(f"{path}, line {line}: column {stray[0] + 1} has no name in line 1; give it one")
        rows.append([texts[place] for place in named])
        lines.append(line)
        numbers |= {
            column
            for column, place in zip(columns, named, strict=True)
            if isinstance(row[place], int | float) and not isinstance(row[place], bool)
        }
    for name in columns:
        if columns.count(name) > 1:
            raise InputError(f"{path}, line 1: two columns are called {name!r}; rename or remove one")
    return TextTable(path, tuple(columns), rows, lines), frozenset(numbers)


def _text(cell: Any, path: Path, line: int, place: int) -> str:
    """Return what a cell of a workbook says.

    Raises
    ------
    InputError
        It is a date or a time: a spreadsheet has made it of something else, such as ``3-2``.
    """
    if cell is None or (isinstance(cell, float) and cell != cell):
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, date | time):
        raise InputError(
            f"{path}, line {line}, column {place + 1}: a date or time ({cell}), which spreadsheets make of "
            "other text; format the column as text, and type the cell again"
        )
    if isinstance(cell, bool):
        return str(cell).lower()
    number = float(cell)
    return str(int(number)) if number.is_integer() else repr(number)
