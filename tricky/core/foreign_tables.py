"""Tables that other programs wrote, read as text: CSV, TSV (also gzipped), parquet and JSON, of any size.

The rules are those of `tricky.core.tables`: UTF-8, cells are text, a value is missing if its cell is empty or
``n/a``.  Arrow reads what is well-formed, because there may be thousands of large files; whatever it refuses
is read by `tricky.core.tables`, whose errors name the line.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tricky.core.errors import InputError
from tricky.core.files import decode_text, parse_json_object, read_bytes, read_json_list, sha256_of
from tricky.core.names import MISSING, plain
from tricky.core.tables import parse_table

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ".json", ".jsonl")
"""How the names of such files end."""

INDEX = "filename"
"""Name of the column of keys in a JSON object that has an object for each row: timm's, which writes them."""


@dataclass(frozen=True)
class ForeignTable:
    """A table of text columns.

    Attributes
    ----------
    path : Path
    sha256 : str
        Hash of the file.
    table : pyarrow.Table
        Columns of type string, null where a value is missing.  Lists are represented by their first element.
    """

    path: Path
    sha256: str
    table: Any

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.table.column_names)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def column(self, name: str) -> Any:
        """Return a column as one array (pyarrow.StringArray)."""
        return self.table.column(name).combine_chunks()


def suffix_of(path: Path) -> str:
    """Return the suffix that says how a file is read, such as ``.csv.gz``; empty for any other file."""
    name = path.name.lower()
    return max((each for each in SUFFIXES if name.endswith(each)), key=len, default="")


def read_foreign_table(path: Path, *, header: bool = True) -> ForeignTable:
    """Read a table.

    Parameters
    ----------
    path : Path
        Its name ends in one of `SUFFIXES`.
    header : bool
        Whether the first line of a CSV file has the names of the columns; else these are ``0``, ``1`` …

    Raises
    ------
    InputError
        The file is missing, damaged, empty or not UTF-8; its cells are separated by something other than its
        name says; two columns have one name.
    """
    content = read_bytes(path)
    suffix = suffix_of(path)
    if suffix == ".parquet":
        table = _from_parquet(content, path)
    elif suffix in (".json", ".jsonl"):
        table = _from_json(content, path)
    elif suffix:
        text = _unzipped(content, path) if suffix.endswith(".gz") else content
        table = _from_csv(text, path, "\t" if suffix.startswith(".tsv") else ",", header)
    else:
        raise InputError(f"{path}: not a table; expected a name that ends in {', '.join(SUFFIXES)}")
    names = [plain(str(name).strip()) for name in table.column_names]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{path}: two columns are called {name!r}; rename or remove one")
    if not table.num_rows:
        raise InputError(f"{path}: no rows; expected one for each image")
    return ForeignTable(path, sha256_of(content), table.rename_columns(names))


def read_tables_ahead(paths: Sequence[Path]) -> Iterator[ForeignTable]:
    """Yield each table in order, see `read_foreign_table`; the next few are read meanwhile."""
    n_ahead = min(8, os.cpu_count() or 1)
    waiting: deque[Future[ForeignTable]] = deque()
    with ThreadPoolExecutor(n_ahead) as threads:
        try:
            for path in paths:
                waiting.append(threads.submit(read_foreign_table, path))
                if len(waiting) > n_ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for each in waiting:
                each.cancel()


def _unzipped(content: bytes, path: Path) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not readable as gzip ({error}); copy the file again") from None


def _from_csv(content: bytes, path: Path, separator: str, header: bool) -> Any:
    pa, csv = _pyarrow(), _pyarrow_csv()
    if not content.strip():
        raise InputError(f"{path}: empty; expected a header and one row for each image")
    first = content.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").partition(b"\n")[0]
    if header:
        parse_table(first, path, separator=separator)  # refuses another separator, two columns of one name
    parsing = csv.ParseOptions(delimiter=separator, newlines_in_values=b'"' in content)
    try:
        top = csv.read_csv(pa.BufferReader(first + b"\n"), parse_options=parsing)
        names = top.column_names if header else [str(place) for place in range(top.num_columns)]
        return csv.read_csv(
            pa.BufferReader(content),
            read_options=csv.ReadOptions(use_threads=False, column_names=None if header else names),
            parse_options=parsing,
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=list(MISSING),
                strings_can_be_null=True,
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        found = parse_table(content, path, separator=separator)
        if not header:
            raise InputError(f"{path}: not readable as a table ({str(error).splitlines()[0]})") from None
        return _of_texts({name: found.optional_texts(name) for name in found.columns})


def _from_parquet(content: bytes, path: Path) -> Any:
    pa = _pyarrow()
    import pyarrow.parquet as pq  # pyright: ignore[reportMissingTypeStubs]

    try:
        table: Any = cast("Any", pq).ParquetFile(pa.BufferReader(content)).read()
        return pa.table({name: _as_text(table.column(name)) for name in table.column_names})
    except Exception as error:  # whatever the library's decoders stumble over
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: not readable as parquet ({why}); save it again") from None


def _as_text(column: Any) -> Any:
    """Return a column of any type as text."""
    pa = _pyarrow()
    import pyarrow.compute as pc  # pyright: ignore[reportMissingTypeStubs]

    compute = cast("Any", pc)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = compute.list_element(column, 0)
    text = column.cast(pa.string())
    missing = compute.is_in(text, value_set=pa.array(list(MISSING)))
    return compute.if_else(missing, pa.scalar(None, pa.string()), text)


def _from_json(content: bytes, path: Path) -> Any:
    """Read what pandas writes: an object of rows, `columns` and `data`, a list of rows, or a row a line."""
    text = decode_text(content, path).strip()
    remedy = "save it as CSV"
    if text.startswith("["):
        rows: list[Any] = read_json_list(path, remedy)
        return _of_rows([_row(each, path) for each in rows])
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].rstrip().endswith("}"):
        places = [f"{path}, line {number}" for number in range(1, len(lines) + 1)]
        return _of_rows([parse_json_object(*each, remedy) for each in zip(lines, places, strict=True)])
    found = parse_json_object(text, str(path), remedy)
    if set(found) >= {"columns", "data"} and isinstance(found["data"], list):
        cells = cast("list[Any]", found["data"])
        return _of_rows([dict(zip(map(str, found["columns"]), row, strict=False)) for row in cells])
    return _of_rows([{INDEX: key, **_row(row, path)} for key, row in found.items()])


def _row(row: Any, path: Path) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise InputError(f"{path}: not a table in JSON (a row is no object); save it as CSV")
    return cast("dict[str, Any]", row)


def _of_rows(rows: Sequence[Mapping[str, Any]]) -> Any:
    names = dict.fromkeys(name for row in rows for name in row)
    return _of_texts({name: [_cell(row.get(name)) for row in rows] for name in names})


def _cell(value: Any) -> str | None:
    if isinstance(value, list):
        return _cell(cast("list[Any]", value)[0]) if value else None
    if value is None or isinstance(value, dict):
        return None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return None if text in MISSING else text


def _of_texts(columns: Mapping[str, Sequence[str | None]]) -> Any:
    pa = _pyarrow()
    return pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})


def _pyarrow() -> Any:
    """Return the library, which has no types."""
    import pyarrow  # pyright: ignore[reportMissingTypeStubs]

    return pyarrow


def _pyarrow_csv() -> Any:
    import pyarrow.csv  # pyright: ignore[reportMissingTypeStubs]

    return pyarrow.csv
