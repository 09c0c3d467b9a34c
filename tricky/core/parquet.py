"""Parquet tables that tricky wrote, read again: a damaged or foreign one is named in one line."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tricky.core.errors import InputError
from tricky.core.files import replacing

if TYPE_CHECKING:
    import pandas as pd


def write_parquet(path: Path, table: pd.DataFrame) -> None:
    """Write a table whole or not at all; the same table gives the same bytes.

    Raises
    ------
    InputError
        The folder can't be written to.
    """
    with replacing(path) as part:
        table.to_parquet(part, index=False)


def write_arrow(path: Path, table: Any, repetitive: Sequence[str]) -> None:
    """Write a pyarrow.Table whole or not at all; see `write_parquet`.

    Parameters
    ----------
    path : Path
    table : pyarrow.Table
    repetitive : sequence of str
        Columns with few different values, which are stored once; looking for such in others takes long.
    """
    pq = _pyarrow_parquet()
    with replacing(path) as part:
        pq.write_table(table, part, use_dictionary=list(repetitive))


def read_parquet(
    path: Path, columns: Mapping[str, str], made_by: str, *, others: bool = False
) -> pd.DataFrame:
    """Read a table.

    Parameters
    ----------
    path : Path
    columns : mapping of str to str
        Columns that it must have, with their types as pandas calls them; of numbers the width may differ.
    made_by : str
        The command that writes the table, which the message of an error asks to run.
    others : bool
        Whether to read the columns that it has beyond these, too.

    Raises
    ------
    InputError
        The file is missing or damaged, or lacks a column, or has one of another type.
    """
    import pandas as pd

    require_columns(path, columns, made_by)
    with _one_line_if_damaged(path, made_by):
        table = pd.read_parquet(path, columns=None if others else list(columns))
    for name, expected in columns.items():
        if table[name].dtype.kind != pd.api.types.pandas_dtype(expected).kind:
            raise InputError(
                f"{path}: column {name!r} holds {table[name].dtype}, expected {expected}; "
                f"run `{made_by}` again"
            )
    return table


def read_arrow(path: Path, columns: Sequence[str], made_by: str, **how: Any) -> Any:
    """Read some columns of a table that `read_parquet` would read, without the cost of a frame.

    Parameters
    ----------
    path, made_by
        As for `read_parquet`.
    columns : sequence of str
        Their types are not checked.
    **how
        Further arguments of ``pyarrow.parquet.ParquetFile.read``.

    Returns
    -------
    pyarrow.Table
    """
    pq = _pyarrow_parquet()
    require_columns(path, columns, made_by)
    with _one_line_if_damaged(path, made_by), pq.ParquetFile(path) as file:  # sets up faster than a dataset
        return file.read(columns=list(columns), **how)


def stored_column(path: Path, name: str, made_by: str) -> tuple[object, ...]:
    """Return a column as it is stored: where this is equal, the values are, without decoding them.

    Parameters
    ----------
    path, made_by
        As for `read_parquet`.
    name : str
        Of a column that the table has.

    Returns
    -------
    tuple
        Type, and of each row group the encoding and the bytes.
    """
    pq = _pyarrow_parquet()
    with _one_line_if_damaged(path, made_by), path.open("rb") as file:
        metadata = pq.read_metadata(file)
        place = metadata.schema.names.index(name)
        stored: list[object] = [str(metadata.schema.to_arrow_schema().field(name).type)]
        for group in range(metadata.num_row_groups):
            column = metadata.row_group(group).column(place)
            first_page = column.data_page_offset
            file.seek(column.dictionary_page_offset if column.has_dictionary_page else first_page)
            content = file.read(column.total_compressed_size)
            stored.append((column.num_values, column.compression, column.encodings, content))
    return tuple(stored)


def require_columns(path: Path, columns: Iterable[str], made_by: str) -> None:
    """Raise InputError unless a file is a parquet table with these columns."""
    pq = _pyarrow_parquet()
    if not path.is_file():
        raise InputError(f"{path}: not there; run `{made_by}` first")
    with _one_line_if_damaged(path, made_by):
        there: list[str] = pq.read_schema(path).names
    if missing := [name for name in columns if name not in there]:
        raise InputError(f"{path}: has no column {missing[0]!r}; run `{made_by}` again")


def _pyarrow_parquet() -> Any:
    """Return the library, which has no types."""
    import pyarrow.parquet  # pyright: ignore[reportMissingTypeStubs]

    return pyarrow.parquet


@contextmanager
def _one_line_if_damaged(path: Path, made_by: str) -> Generator[None, None, None]:
    try:
        yield
    except Exception as error:  # whatever the library's decoders stumble over
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: not readable as parquet ({why}); run `{made_by}` again") from None
