"""Folders of a data set that appear and disappear in one step, so that it is valid BIDS at any time.

The rest of an interrupted call has a hidden name, which readers of the data set ignore; the next call for the
same folder removes it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tricky.core.files import sync_folder


def name_of_removed(folder: Path) -> Path:
    """Return the path that a folder has while it is removed from the disk."""
    return folder.with_name(f".{folder.name}.old.part")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty hidden folder to write to; at the end it gets its name, or nothing of it remains.

    If a folder of this name exists by then, the files are moved into it, one by one in the order of their
    names: a sidecar (.json) precedes its table (.tsv).
    """
    part = folder.with_name(f".{folder.name}.part")
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(parents=True)
    try:
        yield part
        if folder.exists():
            for path in sorted(part.iterdir()):
                path.replace(folder / path.name)
            part.rmdir()
        else:
            part.rename(folder)
        sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def remove_folder(folder: Path) -> None:
    """Remove a folder, if it exists: out of the data set in one step, then from the disk."""
    removed = name_of_removed(folder)
    for _ in range(2):  # first the rest of an interrupted call, then the folder itself
        if removed.exists():
            shutil.rmtree(removed)
        if folder.exists():
            folder.rename(removed)
