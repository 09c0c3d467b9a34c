"""Read a recorded session: its table, checked against the sidecar.

The hash in a complete session's sidecar tells whether the table is what was recorded.  Programs that open and
save a table change how it is written, not what it says: line ends, quotation marks, ``0.5`` for ``0.500000``.
Where undoing such changes gives the recorded hash, the table is read as it was recorded, and that is noted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from experiment.columns import LIMITED_COLUMNS, ONLINE_COLUMNS, SHARED_COLUMNS, TRUTH
from experiment.data.columns import missing_columns
from experiment.data.find_sessions import SessionFile
from experiment.data.sidecar import Sidecar, read_sidecar
from tricky.core.errors import InputError
from tricky.core.files import read_bytes, sha256_of
from tricky.core.names import MISSING
from tricky.core.tables import parse_table
from tricky.core.typed_table import TextTable
from tricky.core.write_tables import tsv_line

TIMES = frozenset(
    column.name for column in (*SHARED_COLUMNS, *LIMITED_COLUMNS, *ONLINE_COLUMNS) if column.units == "s"
)
"""Columns of times, in seconds; so are those whose sidecar says so."""
TRUTHS = frozenset(
    ["correct", *(c.name for c in SHARED_COLUMNS if c.levels and set(c.levels) == {"true", "false"})]
)
COUNTS = frozenset(
    [
        *("trial_index", "dropped_frames", "late_flips", "early_keys", "keys_together", "broken_off"),
        *("image_frames", "focus_lost", "left_full_screen"),
    ]
)
_TRUE = {"true", "wahr", "vrai", "vero", "verdadero", "verdadeiro", "waar", "sann", "sand", "prawda"}
_FALSE = {"false", "falsch", "faux", "falso", "onwaar", "falskt", "falsk", "fałsz"}
_NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]{1,2})?")


@dataclass(frozen=True)
class SessionTable:
    """A session as it was recorded so far.

    Attributes
    ----------
    file : SessionFile
    sidecar : Sidecar
    text : str
        The table as tricky writes it: the header and each whole row on a line of its own.
    n_rows : int
        Number of rows; a row that was cut off while it was written is not among them.
    note : str or None
        What was changed since the session was recorded, where that changes nothing.
    """

    file: SessionFile
    sidecar: Sidecar
    text: str
    n_rows: int
    note: str | None = None

    @property
    def header(self) -> str:
        """The first line, without its end."""
        return self.text.partition("\n")[0]

    @property
    def body(self) -> str:
        """All lines after the first."""
        return self.text.partition("\n")[2]

    @property
    def complete(self) -> bool | None:
        """Whether there is a row for each trial; None where the sidecar doesn't say how many there are."""
        n_trials = self.sidecar.stimulus_set.n_trials
        return None if n_trials is None else self.n_rows == n_trials

    @property
    def first_row_sha256(self) -> str | None:
        """Hash of the first row, by which copies of the session are recognised; None without a row."""
        return sha256_of(self.body.partition("\n")[0]) if self.n_rows else None

    def recorded_bytes(self) -> bytes:
        """Return the content of the table's file that goes with the sidecar."""
        if self.sidecar.table_sha256 in (None, sha256_of(self.text)):
            return self.text.encode()
        return read_bytes(self.file.table)

    def as_participant(self, participant: str, data_folder: Path) -> SessionTable:
        """Return the session under another id; order, sides and keys still follow from the old one."""
        file = self.file.moved(participant, data_folder)
        if participant == self.file.participant:
            return replace(self, file=file)
        sidecar = self.sidecar.with_(
            participant=participant, recorded_as=self.sidecar.drawn_for(self.file.participant)
        )
        if (consent := sidecar.consent) is not None:
            sidecar = sidecar.with_(
                consent=consent.model_copy(update={"participant_id": f"sub-{participant}"})
            )
        return replace(self, file=file, sidecar=sidecar)

    def cells(self) -> TextTable:
        """Return the table, cell by cell."""
        return parse_table(self.text.encode(), self.file.table, own=True)


def read_session_table(file: SessionFile) -> SessionTable:
    """Read a session's table and sidecar.

    An incomplete last line, of a session that is running or was killed, is ignored.

    Raises
    ------
    InputError
        A file is missing or damaged; the sidecar is another session's; the table has changed since the
        session was complete, has more rows than the session has trials, lacks a column, or a cell is not what
        a session writes there.
    """
    sidecar = read_sidecar(file.sidecar)
    _check_whose(file, sidecar)
    content = read_bytes(file.table)
    if not content:
        raise InputError(f"{file.table}: empty (a broken copy?); restore the file from a copy")
    if sidecar.table_sha256 == sha256_of(content):
        text = content.decode()
        return SessionTable(file, sidecar, text, text.count("\n") - 1)
    if sidecar.table_sha256 is not None:
        return _changed(file, sidecar, content)
    end = max(content.rfind(b"\n"), content.rfind(b"\r")) + 1
    if not end:
        raise InputError(f"{file.table}: cut off in its first line; restore the file from a copy")
    table = _parse(file, content[:end])
    _check_cells(table, sidecar)
    text = _written(table.columns, table.rows)
    n_trials = sidecar.stimulus_set.n_trials
    if n_trials is not None and len(table) > n_trials:
        raise InputError(
            f"{file.table}: {len(table)} rows, but the session has {n_trials} trials; restore the file from "
            "a copy"
        )
    note = None if text.encode() == content[:end] else "saved by another program; the cells are as they were"
    return SessionTable(file, sidecar, text, len(table), note)


def _check_whose(file: SessionFile, sidecar: Sidecar) -> None:
    """Raise InputError if a sidecar names another participant, session or task than its file's name."""
    expected = {
        "Participant": (sidecar.participant, file.participant),
        "Session": (sidecar.session, file.session or None),
        "TaskName": (sidecar.task_name, file.task),
    }
    if sidecar.consent is not None:
        expected["Consent.participant_id"] = (sidecar.consent.participant_id, f"sub-{file.participant}")
    for key, (said, named) in expected.items():
        if said is not None and said != named:
            raise InputError(
                f"{file.sidecar}: {key} is {said!r}, but the file's name says {named!r}; name the files as "
                "before (`tricky merge --rename` gives a participant another id)"
            )


def _changed(file: SessionFile, sidecar: Sidecar, content: bytes) -> SessionTable:
    """Read a complete session's table that is not the file that was recorded.

    Raises
    ------
    InputError
        It says something else than the session recorded, and the lab didn't declare that.
    """
    table = _parse(file, _as_utf8(content))
    text = _written(table.columns, _as_recorded(table, sidecar))
    note = "saved by another program; what it says is as it was recorded"
    if sha256_of(text) != sidecar.table_sha256:
        digest = sha256_of(content)
        declared = sidecar.table_changed
        if declared is None or declared.sha256 != digest:
            n_trials = sidecar.stimulus_set.n_trials
            rows = f" ({len(table)} rows of {n_trials})" if n_trials not in (None, len(table)) else ""
            raise InputError(
                f"{file.table}: changed since the session was complete{rows}; restore the file from a copy, "
                f'or declare the change in {file.sidecar.name}: "TableChanged": {{"sha256": "{digest}", '
                '"reason": "…"}'
            )
        _check_cells(table, sidecar)
        text, note = _written(table.columns, table.rows), f"changed on purpose ({declared.reason})"
    return SessionTable(file, sidecar, text, len(table), note)


def _as_utf8(content: bytes) -> bytes:
    """Return text in UTF-8, whatever encoding a spreadsheet saved; the hash shows whether that is right."""
    try:
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8").encode()
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace").encode()


def _parse(file: SessionFile, content: bytes) -> TextTable:
    table = parse_table(content, file.table, own=True)
    if missing := missing_columns(table.columns):
        raise InputError(
            f"{file.table}, line 1: no column {', '.join(missing)}; restore the file from a copy"
        )
    return table


def _written(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join(tsv_line(cells) for cells in [columns, *rows])


def _as_recorded(table: TextTable, sidecar: Sidecar) -> list[list[str]]:
    """Return the cells as a session writes them, where a spreadsheet wrote numbers and truths its own way."""
    kinds = _kinds(table.columns, sidecar)
    return [
        [
            "n/a" if cell in MISSING else kind.as_recorded(cell) if kind else cell
            for kind, cell in zip(kinds, row, strict=True)
        ]
        for row in table.rows
    ]


def _check_cells(table: TextTable, sidecar: Sidecar) -> None:
    """Raise InputError unless every time, count and truth is written as a session writes it."""
    for column, kind in zip(table.columns, _kinds(table.columns, sidecar), strict=True):
        if kind is None:
            continue
        for number, cell in enumerate(table.cells(column)):
            if cell not in MISSING and not kind.pattern.fullmatch(cell):
                error = table.error(number, column, kind.expected)
                raise InputError(f"{error}; if a spreadsheet saved the table, restore it from a copy")
    for number, cell in enumerate(table.cells("trial_index")):
        if cell != str(number):
            expected = f"{number}, as rows are numbered 0, 1, 2 … and never changed"
            raise table.error(number, "trial_index", expected)
    table.texts("trial_id", unique=True)


@dataclass(frozen=True)
class _Kind:
    """The type of a column's cells."""

    pattern: re.Pattern[str]
    expected: str
    as_recorded: Callable[[str], str]


def _time(cell: str) -> str:
    return f"{float(cell.replace(',', '.')):.6f}" if _NUMBER.fullmatch(cell) else cell


def _truth(cell: str) -> str:
    word = cell.lower()
    return TRUTH[True] if word in _TRUE else TRUTH[False] if word in _FALSE else cell


_TIME = _Kind(
    # Always with a decimal point: where that is a thousands separator, spreadsheets make 512300 of 0.512300.
    re.compile(r"-?[0-9]+\.[0-9]+|-?[0-9]+(\.[0-9]+)?[eE]-[0-9]{1,2}"),
    "a number with a decimal point",
    _time,
)
_COUNT = _Kind(re.compile(r"[0-9]{1,15}"), "a whole number", lambda cell: cell)
_TRUTH = _Kind(re.compile("true|false"), "true or false", _truth)


def _kinds(columns: Sequence[str], sidecar: Sidecar) -> list[_Kind | None]:
    kinds: list[_Kind | None] = []
    for name in columns:
        about = sidecar.described(name)
        if name in TIMES or about.get("Units") == "s":
            kinds.append(_TIME)
        elif name in TRUTHS:
            kinds.append(_TRUTH)
        else:
            kinds.append(_COUNT if name in COUNTS else None)
    return kinds
