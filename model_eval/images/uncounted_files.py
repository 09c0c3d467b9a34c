"""Files that are not counted as images: their kinds, and how they are reported and recorded."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from model_eval.manifests import NotCountedRecord

N_FIRST = 10
"""Number of files of a kind that are named; the others are only counted."""

HIDDEN = "hidden files (._x, .DS_Store, Thumbs.db)"
SYSTEM_FOLDER = "files in hidden folders"
NAS_FOLDER = "system files of a NAS (@eaDir, #recycle)"
LINK_OUT = "symbolic links that leave the folder (`follow_links = true` in [images] follows them)"
LINK_BACK = "symbolic links to what is listed already, or to a folder above"
LINK_BROKEN = "symbolic links that lead nowhere"
NOT_IN_A_CLASS = "images outside of the class folders"
NAMED_LIKE_COPIES = "files named like copies"
OTHER_NAMES = "files with other names than ILSVRC2012_val_00000001.JPEG"
SUB_FOLDERS = "files in sub-folders"
CLOSED = "files that can't be opened"
NO_FILE = "pipes and devices"
CAMERA_RAW = "raw files of a camera"
EMPTY_CLASS = "class folders without an image"
OTHER_FILES = "files of other formats"


class NotCounted(NamedTuple):
    """Files (or classes) of one kind that are not counted as images.

    Attributes
    ----------
    n : int
    first : tuple of str
        The first `N_FIRST` of them, sorted.
    """

    n: int
    first: tuple[str, ...]


def count(names_by_kind: Mapping[str, Sequence[str]]) -> dict[str, NotCounted]:
    """Return number and first names of each kind, sorted by kind."""
    return {
        printable(kind): NotCounted(len(names), tuple(printable(name) for name in sorted(names)[:N_FIRST]))
        for kind, names in sorted(names_by_kind.items())
        if names
    }


def describe_not_counted(not_counted: Mapping[str, NotCounted | NotCountedRecord]) -> list[str]:
    """Return a line for each kind of files that are not counted as images."""
    return [
        f"not counted: {each.n:,} {kind}: {', '.join(each.first)}"
        + (f" and {each.n - len(each.first):,} more" if each.n > len(each.first) else "")
        for kind, each in not_counted.items()
    ]


def record_not_counted(not_counted: Mapping[str, NotCounted]) -> dict[str, dict[str, Any]]:
    """Return the entry of manifests: kind → ``{"n": …, "first": […]}``."""
    return {kind: {"n": each.n, "first": list(each.first)} for kind, each in not_counted.items()}


def printable(name: str) -> str:
    """Return a name with bytes that are not UTF-8 (in Python: surrogates) as escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
