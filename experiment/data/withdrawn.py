"""Which participants were withdrawn: the mark that keeps their data from coming back.

``withdrawn.tsv`` is next to the data set, like ``consent.tsv``.  It contains the id, and of each session a
hash of its first row, by which a copy of the session is recognised under any other id; nothing can be read
from a hash.
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
        Hash of a session's first row, or ``n/a`` where the participant had none.
    """

    participant_id: str
    session_sha256: str


def withdrawn_file(data_folder: Path) -> Path:
    """Return where the marks are kept: next to the data set."""
    return data_folder.parent / "withdrawn.tsv"


def read_marks(data_folder: Path) -> set[Mark]:
    """Return all marks; none where nobody was withdrawn.

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
    """Add marks; those that are there stay, and nothing is written where none is new."""
    before = read_marks(data_folder)
    if new := set(marks) - before:
        rows = [astuple(mark) for mark in sorted(before | new)]
        write_tsv(withdrawn_file(data_folder), [field.name for field in fields(Mark)], rows)
