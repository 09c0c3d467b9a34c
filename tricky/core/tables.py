"""Tables and lists as text: the one reader for every CSV, TSV and list that people create or edit.

One set of rules holds for all of them.  Files are UTF-8, with or without a byte order mark, with any line
ending.  Cells may be quoted as in RFC 4180.  Every cell is text until its column declares a type, so ``007``,
``NA`` and ``1e5`` stay what they are.  A value is missing if its cell is empty or ``n/a``, never otherwise.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tricky.core.errors import InputError
from tricky.core.files import decode_text, read_bytes, write_text
from tricky.core.names import MISSING, plain

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons"}
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_TRUTH = {"true": True, "false": False}

# In tab-separated tables that tricky writes, one line is one row, as BIDS wants it: control characters, which
# free text may contain, are written as Unicode's pictures of them (␉ for a tab, ␊ for a line feed), and a
# picture that the text itself contains follows ␦.
_PICTURES = {chr(code): chr(0x2400 + code) for code in range(32)} | {"\x7f": "\u2421"}
_CONTROLS = {picture: control for control, picture in _PICTURES.items()}
_ESCAPE = "\u2426"
_PICTURE_OF = re.compile(f"[{''.join(map(re.escape, [*_PICTURES, *_CONTROLS, _ESCAPE]))}]")
_CONTROL_OF = re.compile(f"{_ESCAPE}(.)|([{''.join(_CONTROLS)}])", re.DOTALL)


@dataclass(frozen=True)
class TextTable:
    """A table whose cells are text; a column gets its type where it is read.

    Attributes
    ----------
    path : Path
        The file, for messages.
    columns : tuple of str
        Names, in order; no two are the same.
    rows : list of list of str
        One cell for each column.
    lines : list of int
        The line of the file in which each row begins, from 1.
    decimal : str
        The decimal sign of numbers.
    """

    path: Path
    columns: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    decimal: str = "."

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    def require(self, *columns: str) -> None:
        """Raise InputError unless the table has these columns."""
        for column in columns:
            if column not in self.columns:
                near = get_close_matches(column, self.columns, n=1, cutoff=0.6)
                hint = f"rename {near[0]!r}" if near else f"its columns are {', '.join(self.columns)}"
                raise InputError(f"{self.path}, line 1: no column `{column}`; {hint}")

    def cells(self, column: str) -> list[str]:
        """Return the cells of a column exactly as they are."""
        self.require(column)
        place = self.columns.index(column)
        return [row[place] for row in self.rows]

    def texts(self, column: str, *, unique: bool = False) -> list[str]:
        """Return a column that must have a value in every row, and each value once only if `unique`."""
        return self._present(column, self.cells(column), unique)

    def optional_texts(self, column: str) -> list[str | None]:
        """Return the cells of a column, None where a value is missing."""
        return [None if cell in MISSING else cell for cell in self.cells(column)]

    def names(self, column: str, *, unique: bool = False) -> list[str]:
        """Return a column of names as they are compared: without surrounding spaces, in composed form.

        As for `texts`, none may be missing, nor be there twice if `unique`.
        """
        return self._present(column, [plain(cell.strip()) for cell in self.cells(column)], unique)

    def optional_names(self, column: str) -> list[str | None]:
        """Return a column of names, None where one is missing."""
        cells = [plain(cell.strip()) for cell in self.cells(column)]
        return [None if cell in MISSING else cell for cell in cells]

    def whole_numbers(self, column: str, *, least: int | None = None, most: int | None = None) -> list[int]:
        """Return a column of whole numbers, none of them missing.

        Raises
        ------
        InputError
            A cell is no whole number, or one below `least` or above `most`; file, line and column are named.
        """
        return self._typed(column, _whole(least, most), f"a whole number{_bounds(least, most)}")

    def optional_whole_numbers(
        self, column: str, *, least: int | None = None, most: int | None = None
    ) -> list[int | None]:
        """Return a column of whole numbers, None where one is missing: see `whole_numbers`."""
        return self._typed(column, _whole(least, most), f"a whole number{_bounds(least, most)}", missing=True)

    def numbers(
        self, column: str, *, least: float | None = None, most: float | None = None, missing: bool = False
    ) -> list[float]:
        """Return a column of decimal numbers; where `missing` ones are allowed, they are NaN.

        Raises
        ------
        InputError
            A cell is no number, or one below `least` or above `most`; file, line and column are named.
        """
        expected = f"a number{_bounds(least, most)}"

        def value(text: str) -> float | None:
            if self.decimal != ".":
                text = text.replace(".", "_").replace(self.decimal, ".")
            found = float(text) if _DECIMAL.fullmatch(text) else None
            if found is None or not math.isfinite(found):  # 1e999 is no number that a float can hold
                return None
            return found if _within(found, least, most) else None

        found = self._typed(column, value, expected, missing=missing)
        return [float("nan") if each is None else each for each in found]

    def truths(self, column: str) -> list[bool]:
        """Return a column of ``true`` and ``false``."""
        return self._typed(column, _TRUTH.get, "true or false")

    def choices(self, column: str, allowed: Iterable[str]) -> list[str]:
        """Return a column whose cells are all among `allowed`."""
        known = {each: each for each in allowed}
        return self._typed(column, known.get, f"one of {', '.join(known)}")

    def frame(self) -> pd.DataFrame:
        """Return all cells as a frame of text, unchanged."""
        import pandas as pd

        return pd.DataFrame(self.rows, columns=list(self.columns), dtype="str")

    def error(self, row: int, column: str, expected: str) -> InputError:
        """Return an error about one cell: file, line, column, what it holds and what was expected."""
        cell = self.rows[row][self.columns.index(column)]
        hint = ""
        if "number" in expected and re.fullmatch(r"[+-]?[0-9]+,[0-9]+", cell.strip()) and self.decimal == ".":
            hint = f"; write the decimal sign as a point: {cell.strip().replace(',', '.')}"
        return InputError(
            f"{self.path}, line {self.lines[row]}, column {column}: {cell!r}, expected {expected}{hint}"
        )

    def _present(self, column: str, cells: list[str], unique: bool) -> list[str]:
        first: dict[str, int] = {}
        for row, cell in enumerate(cells):
            if cell in MISSING:
                raise self.error(row, column, "a value")
            if unique and first.setdefault(cell, row) != row:
                raise InputError(
                    f"{self.path}, line {self.lines[row]}, column {column}: {cell!r} is in line "
                    f"{self.lines[first[cell]]}, too; keep one of these rows"
                )
        return cells

    def _typed(
        self, column: str, value: Callable[[str], Any], expected: str, *, missing: bool = False
    ) -> list[Any]:
        """Return the value of each cell; None is none, and allowed only of cells that are `missing`."""
        cells = [cell.strip() for cell in self.cells(column)]
        found = [None if missing and cell in MISSING else value(cell) for cell in cells]
        for row, (cell, each) in enumerate(zip(cells, found, strict=True)):
            if each is None and not (missing and cell in MISSING):
                raise self.error(row, column, expected)
        return found


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
        header = next(csv.reader([first], delimiter=separator, strict=True), [])
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


def write_tsv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a tab-separated table, whole or not at all; `read_table` with ``own=True`` reads it."""
    write_text(path, "".join(tsv_line(cells) for cells in [columns, *rows]))


def tsv_line(cells: Sequence[object]) -> str:
    """Return one line of a tab-separated table, with its line end: what is missing is ``n/a``."""
    return _line([_escaped(_cell(cell)) for cell in cells], "\t")


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame's columns, without its index, as a comma-separated table, whole or not at all."""
    columns = [column.array for _, column in frame.items()]
    write_text(path, csv_text([str(name) for name in frame], zip(*columns, strict=True)))


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a comma-separated table as text: what is missing is ``n/a``, line breaks in cells are quoted."""
    return "".join(_line([_cell(cell) for cell in row], ",") for row in [columns, *rows])


def _cell(value: object) -> str:
    """Return a value as the text of a cell: None and NaN are missing, truths are ``true`` and ``false``."""
    if isinstance(value, str):
        return value
    # NaN differs from itself; pandas' NA answers neither yes nor no.
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:
        return "n/a"
    return str(value).lower() if type(value).__name__ in ("bool", "bool_") else str(value)


def _line(cells: Sequence[object], separator: str) -> str:
    text = io.StringIO(newline="")
    # With this line terminator the writer quotes cells that contain a carriage return, too.
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n") + "\n"


def _escaped(cell: str) -> str:
    return _PICTURE_OF.sub(lambda found: _PICTURES.get(found[0]) or _ESCAPE + found[0], cell)


def unescaped(cell: str) -> str:
    """Return a cell of a table that tricky wrote with its control characters themselves."""
    return _CONTROL_OF.sub(lambda found: found[1] or _CONTROLS[found[2]], cell)


def _parse_cells(text: str, path: Path, separator: str) -> tuple[list[list[str]], list[int]]:
    """Return the rows that hold anything, and the line in which each begins."""
    csv.field_size_limit(2**31 - 1)  # the default of 131,072 characters would refuse long text as malformed
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows, lines, before = [], [], 0
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
    """Tell whether a first column holds what pandas (from 0) and R (from 1) write before each row."""
    return (
        bool(cells)
        and cells[0] in ("0", "1")
        and cells == [str(number) for number in range(int(cells[0]), int(cells[0]) + len(cells))]
    )


def _one_a_line(text: str, path: Path, separator: str, column: str) -> tuple[list[str], list[int]]:
    entries, lines = [], []
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


def _whole(least: int | None, most: int | None) -> Callable[[str], int | None]:
    """Return what reads a whole number from text, None from any other."""

    def read(text: str) -> int | None:
        found = int(text) if _WHOLE.fullmatch(text) else None
        return found if found is not None and _within(found, least, most) else None

    return read


def _within(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _bounds(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if least is not None:
        return f", at least {least}"
    return "" if most is None else f", at most {most}"
