"""One look into a folder: which files are images, and what the others are.

Every file is either an image, or counted under one of the kinds below, or named as a problem.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Any, NamedTuple

from model_eval.images.formats import FORMATS, HEAD_BYTES, SUFFIXES, format_of, is_camera_raw
from tricky.core.copies import original_of

if TYPE_CHECKING:
    from model_eval.manifests import NotCountedRecord

N_FIRST = 10
"""Files of a kind that are named before the rest is counted."""

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

_HIDDEN_NAMES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})
_NAS_FOLDERS = frozenset(
    {
        "@eadir",
        ".@__thumb",
        "#recycle",
        "@recycle",
        "#snapshot",
        "@recently-snapshot",
        "@tmp",
        ".@upload_cache",
    }
)
_SYSTEM_FOLDERS = frozenset({"__macosx", "$recycle.bin", "system volume information", "lost+found"})
_N_SUFFIXES = 9
"""Kinds of other files that are counted one by one; there may be thousands: x.1, x.2 …"""


class NotCounted(NamedTuple):
    """Files (or classes) of one kind that don't count as images.

    Attributes
    ----------
    n : int
    first : tuple of str
        The first `N_FIRST` of them, sorted.
    """

    n: int
    first: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """What a folder holds.

    Attributes
    ----------
    class_of : dict of str to str
        Image id, the path below the folder with ``/`` → name of the class.
    not_counted : dict of str to NotCounted
        By kind.
    unreachable : dict of str to str
        Folders that can't be listed and links of images that lead nowhere, and why.
    copies : dict of str to str
        Images whose names say that they are copies → the image beside them whose copy they would be.
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
    walk = _Walk(folder, follow_links)
    images = [name for name in walk.files if _suffix(name) in SUFFIXES]
    others = [name for name in walk.files if _suffix(name) not in SUFFIXES]
    with ThreadPoolExecutor() as threads:
        formats = list(threads.map(lambda name: _format_in(folder / name), others))
    for name, found in zip(others, formats, strict=True):
        if found in FORMATS and not is_camera_raw(_suffix(name)):
            images.append(name)
        else:
            walk.kinds[_kind_of(name, found)].append(name)
    class_of = {name: name.partition("/")[0] for name in images if "/" in name}
    walk.kinds[NOT_IN_A_CLASS] = [name for name in images if "/" not in name]
    walk.kinds[EMPTY_CLASS] = [f"{name}/" for name in walk.folders - set(class_of.values())]
    copies = {name: original for name in class_of if (original := _original(name)) in class_of}
    return Listing(class_of, count(_few_suffixes(walk.kinds)), walk.unreachable, copies)


def list_flat_folder(folder: Path, name: re.Pattern[str], *, follow_links: bool) -> Listing:
    """List the images in one flat folder, where `name` matches all of an image's name; they have no class.

    Parameters
    ----------
    folder : Path
    name : Pattern
    follow_links : bool
        As for `list_class_folders`.
    """
    walk = _Walk(folder, follow_links)
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
    return _Walk(folder, follow_links=False).files


def count(names_by_kind: Mapping[str, Sequence[str]]) -> dict[str, NotCounted]:
    """Return number and first names of each kind, sorted by kind."""
    return {
        printable(kind): NotCounted(len(names), tuple(printable(name) for name in sorted(names)[:N_FIRST]))
        for kind, names in sorted(names_by_kind.items())
        if names
    }


def describe_not_counted(not_counted: Mapping[str, NotCounted | NotCountedRecord]) -> list[str]:
    """Return a line for each kind of files that don't count as images."""
    return [
        f"not counted: {each.n:,} {kind}: {', '.join(each.first)}"
        + (f" and {each.n - len(each.first):,} more" if each.n > len(each.first) else "")
        for kind, each in not_counted.items()
    ]


def record_not_counted(not_counted: Mapping[str, NotCounted]) -> dict[str, dict[str, Any]]:
    """Return what manifests hold: kind → ``{"n": …, "first": […]}``."""
    return {kind: {"n": each.n, "first": list(each.first)} for kind, each in not_counted.items()}


def printable(name: str) -> str:
    """Return a name with its bytes written out where they aren't UTF-8 (Python holds them as surrogates)."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


class _Walk:
    """The files below a folder, apart from hidden files and those of file managers and storage systems.

    A link never adds what is listed already, and every folder is listed once, so that a walk ends.

    Attributes
    ----------
    files : list of str
        Paths below the folder, sorted.
    folders : set of str
        Folders directly in it.
    kinds : dict of str to list of str
        What else there is, by kind.
    unreachable : dict of str to str
        As in `Listing`.
    """

    def __init__(self, folder: Path, follow_links: bool) -> None:
        self.files: list[str] = []
        self.folders: set[str] = set()
        self.kinds: defaultdict[str, list[str]] = defaultdict(list)
        self.unreachable: dict[str, str] = {}
        self._folder = folder
        self._root = folder.resolve()
        self._follow_links = follow_links
        self._listed = {str(self._root)}
        self._links: list[str] = []
        self._list(str(self._root), "")
        inside = set(self.files)
        while self._links:  # following one may bring others
            links, self._links = sorted(self._links), []
            for link in links:
                self._resolve(link, inside)
        self.files.sort()

    def _list(self, place: str, name: str) -> None:
        """List a folder that is called `name` below ours, with the folders in it."""
        waiting = [(place, name)]
        while waiting:
            place, name = waiting.pop()
            try:
                entries = list(os.scandir(place))
            except OSError as error:
                self.unreachable[name] = f"folder can't be listed: {error.strerror}"
                continue
            for entry in entries:
                inside = f"{name}{entry.name}"
                try:
                    is_folder = entry.is_dir(follow_symlinks=False)
                    is_file = entry.is_file(follow_symlinks=False)
                except OSError as error:  # where listing doesn't say, and looking isn't allowed
                    self.unreachable[inside] = error.strerror or str(error)
                    continue
                if entry.is_symlink() and not _is_hidden(entry.name):
                    self._links.append(inside)
                elif not is_folder:
                    self._take(inside, is_file)
                elif kind := _kind_of_folder(entry.name):
                    self.kinds[kind] += _all_files(entry.path, inside)
                elif entry.path not in self._listed:
                    self._listed.add(entry.path)
                    if not name:
                        self.folders.add(entry.name)
                    waiting.append((entry.path, f"{inside}/"))

    def _take(self, name: str, is_file: bool) -> None:
        if _is_hidden(name.rpartition("/")[2]):
            self.kinds[HIDDEN].append(name)
        elif not is_file:
            self.kinds[NO_FILE].append(name)
        else:
            self.files.append(name)

    def _resolve(self, link: str, inside: set[str]) -> None:
        """Decide about a symbolic link; `inside` are the files that are listed without one."""
        target = Path(os.path.realpath(self._folder / link))  # unlike resolve, takes links in a ring
        try:
            mode = target.stat().st_mode
        except OSError as error:
            if _suffix(link) in SUFFIXES:
                self.unreachable[link] = error.strerror or str(error)
            else:
                self.kinds[LINK_BROKEN].append(link)
            return
        leaves, is_folder = not target.is_relative_to(self._root), S_ISDIR(mode)
        if leaves:
            listed = str(target) in self._listed or self._root.is_relative_to(target)
        else:
            listed = is_folder or target.relative_to(self._root).as_posix() in inside
        if listed:
            self.kinds[LINK_BACK].append(link)
        elif leaves and not self._follow_links:
            self.kinds[LINK_OUT].append(link)
        elif is_folder:
            self._listed.add(str(target))
            if "/" not in link:
                self.folders.add(link)
            self._list(str(target), f"{link}/")
        else:
            self._take(link, S_ISREG(mode))


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _HIDDEN_NAMES


def _kind_of_folder(name: str) -> str | None:
    if name.lower() in _NAS_FOLDERS:
        return NAS_FOLDER
    return SYSTEM_FOLDER if name.startswith(".") or name.lower() in _SYSTEM_FOLDERS else None


def _all_files(place: str, name: str) -> list[str]:
    """Return the files below a folder that nothing is taken from."""
    return [
        f"{name}{parent[len(place) :].replace(os.sep, '/')}/{each}"
        for parent, _, files in os.walk(place)
        for each in files
    ]


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
    suffix = _suffix(name)
    return CAMERA_RAW if is_camera_raw(suffix) else f"{suffix} files" if suffix else "files without a suffix"


def _few_suffixes(kinds: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return kinds with the rarest of many suffixes taken together."""
    by_suffix = {kind: names for kind, names in kinds.items() if kind.startswith(".")}
    common = {kind for kind, _ in Counter({k: len(v) for k, v in by_suffix.items()}).most_common(_N_SUFFIXES)}
    few = {kind: names for kind, names in kinds.items() if kind not in by_suffix or kind in common}
    few[OTHER_FILES] = [name for kind in by_suffix.keys() - common for name in by_suffix[kind]]
    return few


def _original(name: str) -> str | None:
    """Return the path of the image beside it whose copy an image says it is."""
    folder, slash, last = name.rpartition("/")
    original = original_of(last)
    return None if original is None else f"{folder}{slash}{original}"


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
