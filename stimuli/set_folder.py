"""The folder of a new set: it appears whole, or not at all."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from stimuli.records import MADE_BY, set_id_in
from tricky.core.errors import InputError
from tricky.core.whole_folder import whole_folder


@dataclass(frozen=True)
class NewSet:
    """The stimulus set to build.

    Attributes
    ----------
    name : str
        Name of the set in the study.
    folder : Path
        Folder of the set.
    seed : int
        Seed of the study.
    replace : bool
        Whether a different set in `folder` may be replaced.
    """

    name: str
    folder: Path
    seed: int
    replace: bool = False

    def written(self) -> AbstractContextManager[Path]:
        """Yield an empty folder for the set's files, which takes its place at the end.

        The same set may be written again, which repairs a damaged one and updates its origins.

        Raises
        ------
        InputError
            At the end: `folder` contains another set, and `replace` is False.
        """
        return whole_folder(self.folder, self._check)

    def _check(self, part: Path) -> None:
        if self.folder.exists() and not self.replace and set_id_in(self.folder) != set_id_in(part):
            raise InputError(
                f"{self.folder}: contains another stimulus set, which observers may have seen; give the new "
                "one a name of its own in study.toml ([stimuli.NAME]), or replace the old one: "
                f"`{MADE_BY} --replace`"
            )
