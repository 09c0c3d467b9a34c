"""A table whose cells are text, and its columns with the types that their readers declare."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tricky.core.errors import InputError
from tricky.core.names import MISSING, plain

if TYPE_CHECKING:
    import pandas as pd

_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_TRUTH = {"true": True, "false": False}


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
            if found is None or not math.isfinite(found):  # 1e999 is more than a float can hold
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
