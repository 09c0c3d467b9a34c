"""A folder that appears whole or not at all, in place of an earlier one if there is one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_folder(folder: Path, check: Callable[[Path], None] = lambda _: None) -> Generator[Path, None, None]:
    """Yield an empty folder to write to; at the end it takes the place of `folder`.

    What a killed process left is removed by the next call for the same folder; if the earlier folder had been
    moved away and no new one was in its place yet, it gets its place back first.

    Parameters
    ----------
    folder : Path
        Its parent is created if it is missing.
    check : callable
        Takes the finished folder before it replaces `folder`; raises if it must not.
    """
    beside = folder.with_name(f".{folder.name}.part")
    part, earlier = beside / "new", beside / "earlier"
    _clear(beside, earlier, folder)
    try:
        part.mkdir(mode=0o755, parents=True)
        yield part
        check(part)
        if folder.exists():
            folder.rename(earlier)
        part.rename(folder)
    finally:
        _clear(beside, earlier, folder)


def _clear(beside: Path, earlier: Path, folder: Path) -> None:
    if earlier.exists() and not folder.exists():
        earlier.rename(folder)
    shutil.rmtree(beside, ignore_errors=True)
