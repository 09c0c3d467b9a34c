"""What the names and answers that a lab chooses may be: they become cells, columns, keys and file names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

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

_CONTROLS = {"\t": "a tab", "\n": "a line break", "\r": "a line break", "\b": "a backspace"}
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}


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
    if found := _control_in(name):
        return f"it contains {found}"
    return None


def _control_in(text: str) -> str | None:
    """Return in words the first control character of a text, or None."""
    for character in text:
        # Cc: tabs, line breaks and other control characters; Cs: half of a character; Zl, Zp: line breaks.
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            return _CONTROLS.get(character, f"a control character (U+{ord(character):04X})")
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


def check_column(name: str) -> str:
    """Return a name that is a column of a table, too; see `check_name`.

    Raises
    ------
    ValueError
        It isn't made of ASCII letters, digits and ``_``, beginning with a letter, as programs expect it.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise ValueError("the name of a column: letters (a to z), digits and _, beginning with a letter")
    return name


def check_file_name(name: str) -> str:
    """Return a name that is part of the names of files and folders, too.

    Raises
    ------
    ValueError
        It isn't made of ASCII letters, digits, ``_`` and ``-``, beginning with a letter or digit, or Windows
        has a device of this name.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise ValueError(
            "a name for files: letters (a to z), digits, _ and -, beginning with a letter or digit"
        )
    return _no_device(name)


def check_dotted_file_name(name: str) -> str:
    """Return a name that is part of the names of files, with points as names of networks have them.

    Raises
    ------
    ValueError
        It contains something other than `check_file_name` allows and points within it.
    """
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_-])?", name):
        raise ValueError(
            "a name for files: letters (a to z), digits, _, - and points, beginning with a letter or digit "
            "and not ending with a point"
        )
    return _no_device(name)


def _no_device(name: str) -> str:
    if name.partition(".")[0].upper() in _DEVICES:
        raise ValueError(f"a name for files other than {name}, which is a device on Windows")
    return name


def check_line(text: str) -> str:
    """Return a text of one line.

    Raises
    ------
    ValueError
        It contains a line break, a tab or another control character.
    """
    if found := _control_in(text):
        raise ValueError(f"one line of text: it contains {found}")
    return text


def check_wording(text: str) -> str:
    """Return a text for people: it may have several lines.

    Raises
    ------
    ValueError
        It is empty, or contains a control character other than a tab or a line break.
    """
    if not text.strip():
        raise ValueError("some text")
    if found := _control_in(text.translate({9: " ", 10: " ", 13: " "})):
        raise ValueError(f"text: it contains {found}")
    return text


def check_path(path: Any) -> Any:
    r"""Return a path as it is, unless it holds what a backslash in TOML makes of it.

    Raises
    ------
    ValueError
        It contains a control character: ``"C:\temp"`` is ``C:``, a tab, and ``emp``.
    """
    if isinstance(path, str) and (found := _control_in(path)):
        raise ValueError(
            f"a path: it contains {found}, which a backslash within double quotation marks makes of the "
            "letter after it; write / for \\, or put the path in single quotation marks"
        )
    return path


Name = Annotated[str, AfterValidator(check_name)]
"""A name or an answer in a study file: a cell of tables."""

ColumnName = Annotated[str, AfterValidator(check_column)]
"""A name in a study file that becomes a column of tables."""

FileName = Annotated[str, AfterValidator(check_file_name)]
"""A name in a study file that becomes part of the names of files and folders."""

DottedFileName = Annotated[str, AfterValidator(check_dotted_file_name)]
"""The same with points within it."""

Line = Annotated[str, AfterValidator(check_line)]
"""A text in a study file that is shown or stored as one line."""

Wording = Annotated[str, AfterValidator(check_wording)]
"""A text in a study file that people read as it is: a question."""

PathSetting = Annotated[Path, BeforeValidator(check_path)]
"""A path in a study file."""

PathText = Annotated[str, BeforeValidator(check_path)]
"""A text in a study file that is, or may be, a path."""


def first_duplicate(names: Iterable[str]) -> str | None:
    """Return the first name that is there twice, capitals and Unicode forms aside, or None."""
    seen: set[str] = set()
    for name in names:
        key = plain(name).casefold()
        if key in seen:
            return name
        seen.add(key)
    return None


def check_different(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names of which no two are the same, capitals and Unicode forms aside.

    Raises
    ------
    ValueError
        Two are.
    """
    if (name := first_duplicate(names)) is not None:
        raise ValueError(f"entries that differ (capitals aside): {name!r} is there twice")
    return names


DifferentNames = Annotated[tuple[Name, ...], AfterValidator(check_different)]
"""Names or answers in a study file, each one once."""
