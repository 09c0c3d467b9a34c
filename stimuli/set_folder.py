"""The folder of a new set: it appears whole, or not at all."""

from __future__ import annotations

import shutil
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


_OLD = "old"
"""Name of a set that is being replaced, in the folder of the new one."""


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """Yield a new folder next to a set's own; what a killed process left there is removed first."""
    beside = folder.with_name(f".{folder.name}.part")
    _clear(beside, folder)
    try:
        part = beside / "set"
        part.mkdir(mode=0o755, parents=True)
        yield part
    finally:
        _clear(beside, folder)


def _clear(beside: Path, folder: Path) -> None:
    """Remove a folder; a set that was moved there, and that no other has replaced, gets its place back."""
    if (old := beside / _OLD).exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(beside, ignore_errors=True)


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
        folder.rename(part.with_name(_OLD))
    part.rename(folder)
