"""What the names and answers that a lab chooses may be: they become cells, columns, keys and file names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator

MISSING = ("", "n/a")
"""The only two spellings of a missing value, in every table that tricky reads or writes."""

READ_AS_MISSING = frozenset(
    [
        "#N/A",
        "#N/A N/A",
        "#NA",
        "-1.#IND",
        "-1.#QNAN",
        "-NaN",
        "-nan",
        "1.#IND",
        "1.#QNAN",
        "<NA>",
        "N/A",
        "NA",
        "NULL",
        "NaN",
        "None",
        "nan",
        "null",
    ]
)
"""Texts that pandas (`read_csv`) or R read as missing unless they are told otherwise.  Here they are text."""


def plain(text: str) -> str:
    """Return a text in Unicode's composed form (NFC): macOS writes ``é`` as two characters, others as one."""
    return unicodedata.normalize("NFC", text)


def find_file(folder: Path, name: str) -> Path:
    """Return the file that a name in Unicode's composed form is for.

    macOS writes ``é`` in file names as two characters, other systems as one, so a folder that was copied from
    one to the other may have either.

    Parameters
    ----------
    folder : Path
    name : str
        Path relative to `folder` with ``/``.

    Returns
    -------
    Path
        ``folder/name``, or the path below `folder` that is the same text in another form; the former where
        there is neither.
    """
    path = folder / name
    if name.isascii() or path.exists():
        return path
    found = folder
    for part in PurePosixPath(name).parts:
        if not (found / part).exists():
            others = (each.name for each in found.iterdir()) if found.is_dir() else ()
            part = next((each for each in others if plain(each) == plain(part)), None)
            if part is None:
                return path
        found = found / part
    return found


def problem_with(name: str) -> str | None:
    """Return why a text can't be a name or an answer, or None.

    Names become cells and columns of tables, where an empty cell and ``n/a`` mean that a value is missing and
    a line break or a tab ends the cell.
    """
    if not name.strip():
        return "it is empty"
    if name.strip().lower() == "n/a":
        return "`n/a` means that a value is missing; choose a word, such as `does not apply`"
    if name != name.strip():
        return "it begins or ends with a space"
    for character in name:
        # Cc: tabs, line breaks and other control characters; Cs: half of a character; Zl, Zp: line breaks.
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            return f"it contains a line break, a tab or another control character (U+{ord(character):04X})"
    return None


def check_name(name: str) -> str:
    """Return the name in composed form.

    Raises
    ------
    ValueError
        `problem_with` names a problem.
    """
    if problem := problem_with(name):
        raise ValueError(f"a name that tables can hold: {problem}")
    return plain(name)


Name = Annotated[str, AfterValidator(check_name)]
"""A name or an answer in a study file, as a type of pydantic's."""


def first_duplicate(names: Iterable[str]) -> str | None:
    """Return the first name that is there twice, capitals and Unicode forms aside, or None."""
    seen = set()
    for name in names:
        key = plain(name).casefold()
        if key in seen:
            return name
        seen.add(key)
    return None
