"""Tables and lists as text: the one reader for every CSV, TSV and list that people create or edit.

One set of rules holds for all of them.  Files are UTF-8, with or without a byte order mark, with any line
ending.  Cells may be quoted as in RFC 4180.  Every cell is text until its column declares a type, so ``007``,
``NA`` and ``1e5`` stay what they are.  A value is missing if its cell is empty or ``n/a``, never otherwise.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from tricky.core.errors import InputError
from tricky.core.files import decode_text, read_bytes
from tricky.core.names import plain
from tricky.core.tsv_cells import unescaped
from tricky.core.typed_table import TextTable

SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons"}


def read_table(
    path: Path,
    columns: Sequence[str] = (),
    *,
    separator: str | None = None,
    decimal: str = ".",
    own: bool = False,
) -> TextTable:
    """Read a table with a header.

    Parameters
    ----------
    path : Path
        A CSV file, or a TSV file if its name ends in ``.tsv``.
    columns : sequence of str
        Columns that it must have; it may have more.
    separator : str, optional
        Of cells, in place of what the file's name says.
    decimal : str
        The decimal sign.
    own : bool
        Whether tricky wrote the table: control characters in cells are then written as `write_tsv` does.

    Raises
    ------
    InputError
        The file is missing, empty or not UTF-8, its cells are separated by something else, a row has more or
        fewer cells than the header, two columns have one name, or a column is missing.
    """
    return parse_table(read_bytes(path), path, columns, separator=separator, decimal=decimal, own=own)


def parse_table(
    content: bytes,
    path: Path,
    columns: Sequence[str] = (),
    *,
    separator: str | None = None,
    decimal: str = ".",
    own: bool = False,
) -> TextTable:
    """Read a table from the bytes of `path`: see `read_table`."""
    separator = separator or ("\t" if path.suffix.lower() == ".tsv" else ",")
    rows, lines = _parse_cells(decode_text(content, path), path, separator)
    if not rows:
        raise InputError(f"{path}: empty; expected a header{_with(columns)} and one row for each entry")
    header = [plain(cell.strip()) for cell in rows.pop(0)]
    first_line = lines.pop(0)
    _check_separator(header, path, separator, [first_line, *lines])
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(header):
            quote = f"put text with {SEPARATORS.get(separator, separator)} in quotation marks"
            more = len(row) > len(header)
            raise InputError(
                f"{path}, line {line}: {len(row)} cells, where the header has {len(header)}; "
                + (f"{quote}, or remove what is too much" if more else "add the missing cells")
            )
    header, rows = _without_empty_columns(header, rows, path)
    if own and not content.isascii():
        rows = [[unescaped(cell) for cell in row] for row in rows]
    table = TextTable(path, tuple(header), rows, lines, decimal)
    table.require(*columns)
    return table


def read_entries(path: Path, column: str = "image_id") -> tuple[list[str], list[int]]:
    """Read a list of names: one on each line, or a column of a table.

    Parameters
    ----------
    path : Path
        A text file with one entry on each line, or a table whose header has the column.
    column : str
        Name of the column.

    Returns
    -------
    entries : list of str
        Without surrounding spaces.
    lines : list of int
        The line of the file in which each one begins, from 1.

    Raises
    ------
    InputError
        The file is missing, not UTF-8, or lists nothing; a line of a ``.csv`` or ``.tsv`` file without that
        column has several cells.
    """
    text = decode_text(read_bytes(path), path)
    separator = "\t" if path.suffix.lower() == ".tsv" else ","
    first = next((line for line in text.splitlines() if line.strip()), "")
    try:
        header = next(csv.reader([first], delimiter=separator, strict=True), list[str]())
    except csv.Error:
        header = []
    if column in [cell.strip() for cell in header]:
        table = read_table(path, [column])
        entries, lines = [cell.strip() for cell in table.texts(column)], table.lines
    else:
        entries, lines = _one_a_line(text, path, separator, column)
    if not entries:
        raise InputError(f"{path}: lists nothing; write one {column} on each line, or remove the setting")
    return entries, lines


def _parse_cells(text: str, path: Path, separator: str) -> tuple[list[list[str]], list[int]]:
    """Return the rows that hold anything, and the line in which each begins."""
    csv.field_size_limit(2**31 - 1)  # the default of 131,072 characters would refuse long text as malformed
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    before = 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
                lines.append(before + 1)
            before = reader.line_num
    except csv.Error:
        raise InputError(
            f"{path}, line {before + 1}: a cell that begins with a quotation mark must end with one, and "
            'double those within it ("" for ")'
        ) from None
    return rows, lines


def _check_separator(header: list[str], path: Path, separator: str, lines: list[int]) -> None:
    """Raise InputError if the header is one cell that another separator would divide."""
    others = [each for each in SEPARATORS if each != separator and len(header) == 1 and each in header[0]]
    if others:
        raise InputError(
            f"{path}, line {lines[0]}: cells are separated by {SEPARATORS[others[0]]}, expected "
            f"{SEPARATORS.get(separator, separator)}; save the table again as "
            + ("tab-separated text" if separator == "\t" else "CSV with commas (and decimal points)")
        )


def _without_empty_columns(
    header: list[str], rows: list[list[str]], path: Path
) -> tuple[list[str], list[list[str]]]:
    """Drop columns without a name that are empty, as spreadsheets leave them, or number the rows."""
    if header and not header[0] and _are_row_numbers([row[0].strip() for row in rows]):
        header, rows = header[1:], [row[1:] for row in rows]
    named = [place for place, name in enumerate(header) if name]
    for place, name in enumerate(header):
        if not name and any(row[place].strip() for row in rows):
            raise InputError(f"{path}, line 1: column {place + 1} has no name; give it one, or remove it")
    if len(named) < len(header):
        rows = [[row[place] for place in named] for row in rows]
    names = [header[place] for place in named]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{path}, line 1: two columns are called {name!r}; rename or remove one")
    return names, rows


def _are_row_numbers(cells: list[str]) -> bool:
    """Return whether a first column holds what pandas (from 0) and R (from 1) write before each row."""
    return (
        bool(cells)
        and cells[0] in ("0", "1")
        and cells == [str(number) for number in range(int(cells[0]), int(cells[0]) + len(cells))]
    )


def _one_a_line(text: str, path: Path, separator: str, column: str) -> tuple[list[str], list[int]]:
    entries: list[str] = []
    lines: list[int] = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if not (entry := line.strip()):
            continue
        if entry.startswith('"') or path.suffix.lower() in (".csv", ".tsv"):
            cells, _ = _parse_cells(entry, path, separator)
            if not cells:  # quotation marks around nothing
                continue
            if len(cells[0]) > 1:
                raise InputError(
                    f"{path}, line {number}: {len(cells[0])} cells, and no header with the column "
                    f"`{column}`; add a header, or put text with commas in quotation marks"
                )
            entry = cells[0][0].strip()
        entries.append(entry)
        lines.append(number)
    return entries, lines


def _with(columns: Sequence[str]) -> str:
    return f" with {', '.join(columns)}" if columns else ""
