"""List a folder: its images, and the kinds of its other files.

Every file is either an image, or counted under one of the kinds in `not_counted`, or named as a problem.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from model_eval.images.folder_walk import FolderWalk, suffix_of
from model_eval.images.formats import FORMATS, HEAD_BYTES, SUFFIXES, format_of, is_camera_raw
from model_eval.images.uncounted_files import (
    CAMERA_RAW,
    CLOSED,
    EMPTY_CLASS,
    NAMED_LIKE_COPIES,
    NOT_IN_A_CLASS,
    OTHER_FILES,
    OTHER_NAMES,
    SUB_FOLDERS,
    NotCounted,
    count,
)
from tricky.core.copies import original_of

N_SUFFIXES = 9
"""Number of kinds (suffixes) that are counted separately; there may be thousands: x.1, x.2 …"""


@dataclass(frozen=True)
class Listing:
    """The content of a folder.

    Attributes
    ----------
    class_of : dict of str to str
        Image id, the path below the folder with ``/`` → name of the class.
    not_counted : dict of str to NotCounted
        By kind.
    unreachable : dict of str to str
        Folders that can't be listed and broken links of images, with the reason.
    copies : dict of str to str
        Images whose names say that they are copies → the image in the same folder that they would copy.
    """

    class_of: dict[str, str]
    not_counted: dict[str, NotCounted] = field(default_factory=dict)
    unreachable: dict[str, str] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)


def list_class_folders(folder: Path, *, follow_links: bool) -> Listing:
    """List the images in a folder of class folders, ``CLASS/…/IMAGE``, recognised by content.

    A file is an image if its suffix is that of one (`SUFFIXES`; its content is checked when it is read), or
    if its first bytes are those of one.

    Parameters
    ----------
    folder : Path
    follow_links : bool
        Whether to follow symbolic links that leave the folder.
    """
    walk = FolderWalk(folder, follow_links)
    images = [name for name in walk.files if suffix_of(name) in SUFFIXES]
    others = [name for name in walk.files if suffix_of(name) not in SUFFIXES]
    with ThreadPoolExecutor() as threads:
        formats = list(threads.map(lambda name: _format_in(folder / name), others))
    for name, found in zip(others, formats, strict=True):
        if found in FORMATS and not is_camera_raw(suffix_of(name)):
            images.append(name)
        else:
            walk.kinds[_kind_of(name, found)].append(name)
    class_of = {name: name.partition("/")[0] for name in images if "/" in name}
    walk.kinds[NOT_IN_A_CLASS] = [name for name in images if "/" not in name]
    walk.kinds[EMPTY_CLASS] = [f"{name}/" for name in walk.folders - set(class_of.values())]
    copies = {name: original for name in class_of if (original := _original(name)) in class_of}
    return Listing(class_of, count(_few_suffixes(walk.kinds)), walk.unreachable, copies)


def list_flat_folder(folder: Path, name: re.Pattern[str], *, follow_links: bool) -> Listing:
    """List the images in one flat folder, whose names `name` matches completely; they have no class.

    Parameters
    ----------
    folder : Path
    name : Pattern
    follow_links : bool
        As for `list_class_folders`.
    """
    walk = FolderWalk(folder, follow_links)
    class_of = {}
    for each in walk.files:
        if name.fullmatch(each):
            class_of[each] = ""
        elif "/" in each:
            walk.kinds[SUB_FOLDERS].append(each)
        else:
            walk.kinds[NAMED_LIKE_COPIES if original_of(each) else OTHER_NAMES].append(each)
    return Listing(class_of, count(walk.kinds), walk.unreachable)


def files_below(folder: Path) -> list[str]:
    """Return the paths of the files below a folder, without hidden ones, links and a NAS's own."""
    return FolderWalk(folder, follow_links=False).files


def _format_in(path: Path) -> str | None:
    """Return a file's format as `format_of` does, or `CLOSED`."""
    try:
        with path.open("rb") as file:
            return format_of(file.read(HEAD_BYTES))
    except OSError:
        return CLOSED


def _kind_of(name: str, found: str | None) -> str:
    if found == CLOSED:
        return CLOSED
    suffix = suffix_of(name)
    return CAMERA_RAW if is_camera_raw(suffix) else f"{suffix} files" if suffix else "files without a suffix"


def _few_suffixes(kinds: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return kinds; if there are many suffixes, the rarest are combined."""
    by_suffix = {kind: names for kind, names in kinds.items() if kind.startswith(".")}
    common = {kind for kind, _ in Counter({k: len(v) for k, v in by_suffix.items()}).most_common(N_SUFFIXES)}
    few = {kind: names for kind, names in kinds.items() if kind not in by_suffix or kind in common}
    few[OTHER_FILES] = [name for kind in by_suffix.keys() - common for name in by_suffix[kind]]
    return few


def _original(name: str) -> str | None:
    """Return the path of the image that an image is a copy of, according to its name."""
    folder, slash, last = name.rpartition("/")
    original = original_of(last)
    return None if original is None else f"{folder}{slash}{original}"
