"""The marks of withdrawn participants, which prevent their data from being merged again.

``withdrawn.tsv`` is next to the data set, like ``consent.tsv``.  It contains the id, and for each session
a hash of its first row, which identifies copies of the session under any other id; a hash reveals no data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from tricky.core.tables import read_table
from tricky.core.write_tables import write_tsv


@dataclass(frozen=True, order=True)
class Mark:
    """One row of ``withdrawn.tsv``.

    Attributes
    ----------
    participant_id : str
        With ``sub-``.
    session_sha256 : str
        Hash of a session's first row, or ``n/a`` if the participant had none.
    """

    participant_id: str
    session_sha256: str


def withdrawn_file(data_folder: Path) -> Path:
    """Return the path of the marks: next to the data set."""
    return data_folder.parent / "withdrawn.tsv"


def read_marks(data_folder: Path) -> set[Mark]:
    """Return all marks; empty if there are none.

    Raises
    ------
    InputError
        The file is damaged.
    """
    path = withdrawn_file(data_folder)
    if not path.exists():
        return set()
    names = [field.name for field in fields(Mark)]
    table = read_table(path, names, own=True)
    return {Mark(*cells) for cells in zip(table.texts(names[0]), table.cells(names[1]), strict=True)}


def add_marks(data_folder: Path, marks: Iterable[Mark]) -> None:
    """Add marks; write nothing if none is new."""
    before = read_marks(data_folder)
    if new := set(marks) - before:
        rows = [astuple(mark) for mark in sorted(before | new)]
        write_tsv(withdrawn_file(data_folder), [field.name for field in fields(Mark)], rows)
