"""The consents of a study, ``consent.tsv``: time, participant, text and answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from tricky.core.tables import read_table
from tricky.core.write_tables import write_tsv


@dataclass(frozen=True)
class Consent:
    """One line of ``consent.tsv``.

    Attributes
    ----------
    time : str
        Time of the answer (UTC); ``n/a`` if ``[experiment.privacy]`` leaves times out.
    participant_id, session : str
        Participant, and session that followed; ``n/a`` if there is only one.
    answer : str
        ``agreed`` or ``not agreed``.
    file, sha256 : str
        File with the information text, and its hash.
    """

    time: str
    participant_id: str
    session: str
    answer: str
    file: str
    sha256: str


COLUMNS = tuple(field.name for field in fields(Consent))


@dataclass(frozen=True)
class Consents:
    """The lines of ``consent.tsv``.

    Attributes
    ----------
    path : Path
    columns : tuple of str
        Those of `Consent`, and columns that the lab added.
    rows : tuple of tuple of str
        Cells in the order of the columns.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def participants(self) -> list[str]:
        """Return the participant of each line, without ``sub-``."""
        place = self.columns.index("participant_id")
        return [row[place].removeprefix("sub-") for row in self.rows]

    def write(self, rows: Sequence[Sequence[str]]) -> None:
        """Write the file with other rows, atomically."""
        write_tsv(self.path, self.columns, rows)


def consent_file(data_folder: Path) -> Path:
    """Return the path of the consents: next to the data set, which must not name people who did not agree."""
    return data_folder.parent / "consent.tsv"


def read_consents(data_folder: Path) -> Consents:
    """Read ``consent.tsv``; without the file there are no consents.

    Raises
    ------
    InputError
        The file is damaged, or lacks a column.
    """
    path = consent_file(data_folder)
    if not path.exists():
        return Consents(path, COLUMNS, ())
    table = read_table(path, COLUMNS, own=True)
    return Consents(path, table.columns, tuple(map(tuple, table.rows)))


def keep_consent(data_folder: Path, consent: Consent) -> None:
    """Add a line to ``consent.tsv``."""
    before = read_consents(data_folder)
    cells = dict(zip(COLUMNS, astuple(consent), strict=True))
    before.write([*before.rows, [cells.get(column, "n/a") for column in before.columns]])
