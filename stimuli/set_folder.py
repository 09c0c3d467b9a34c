"""The folder of a new set: it appears whole, or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stimuli.records import MADE_BY, set_id_in
from tricky.core.errors import InputError


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


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """Yield an empty folder next to the one to write; it disappears at the end, unless it was moved."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        part = Path(scratch) / "set"
        part.mkdir(mode=0o755)
        yield part


def move_into_place(part: Path, folder: Path, *, replace: bool) -> None:
    """Move the finished set `part` to `folder`, unless another set is there.

    The same set is written again, which repairs a damaged one and updates its origins.

    Raises
    ------
    InputError
        `folder` contains something else, and `replace` is False.
    """
    if folder.exists():
        if not replace and set_id_in(folder) != set_id_in(part):
            raise InputError(
                f"{folder}: contains another stimulus set, which observers may have seen; give the new one "
                "a name of its own in study.toml ([stimuli.NAME]), or replace the old one: "
                f"`{MADE_BY} --replace`"
            )
        folder.rename(part.with_name("old"))
    part.rename(folder)
