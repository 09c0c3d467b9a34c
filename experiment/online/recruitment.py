"""The ids that a recruitment service has given participants: ``online/recruitment.tsv``, apart from the data.

The file maps participants for payment, and can be deleted; someone who comes again afterwards is then taken
for someone else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tricky.core.tables import read_table
from tricky.core.write_tables import write_tsv

FILE = "recruitment.tsv"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")


class Recruited:
    """Participants who came through the open link.

    Parameters
    ----------
    folder : Path
        Where the file is.
    parameters : tuple of str
        Names of the parameters; the first one identifies a participant.

    Raises
    ------
    InputError
        The file is damaged.
    """

    def __init__(self, folder: Path, parameters: tuple[str, ...] = ()) -> None:
        self.path, self._parameters = folder / FILE, parameters

    def allowed(self, given: Mapping[str, str]) -> dict[str, str] | None:
        """Return the parameters of a link; None if the first is missing or one is not an id."""
        found = {name: given.get(name, "") for name in self._parameters}
        if not found[self._parameters[0]] or not all(
            not each or _ID.fullmatch(each) for each in found.values()
        ):
            return None
        return found

    def participant(self, given: Mapping[str, str]) -> str | None:
        """Return the participant id of someone who came before, without ``sub-``."""
        identity = given[self._parameters[0]]
        rows = [row for row in self._rows() if row[self._parameters[0]] == identity]
        return rows[-1]["participant_id"].removeprefix("sub-") if rows else None

    def add(self, given: Mapping[str, str], participant: str) -> None:
        """Save who got a participant id; return when it is on disk."""
        rows = self._rows()
        columns = list(dict.fromkeys(["participant_id", *self._parameters, *(rows[0] if rows else ())]))
        rows.append({**given, "participant_id": f"sub-{participant}"})
        cells = [[row.get(column) or "n/a" for column in columns] for row in rows]
        write_tsv(self.path, columns, cells)
        self.path.chmod(0o600)

    def forget(self, participant: str) -> None:
        """Remove the line of a participant who withdrew."""
        rows = self._rows()
        kept = [row for row in rows if row["participant_id"] != f"sub-{participant}"]
        if len(kept) < len(rows):
            columns = list(rows[0])
            write_tsv(self.path, columns, [[row[column] for column in columns] for row in kept])

    def _rows(self) -> list[dict[str, str]]:
        if not self.path.exists():
            return []
        table = read_table(self.path, ["participant_id", *self._parameters], own=True)
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]
