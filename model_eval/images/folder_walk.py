"""Walk a folder: its files, without hidden files and those of file managers and storage systems."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path, PurePosixPath
from stat import S_ISDIR, S_ISREG

from model_eval.images.formats import SUFFIXES
from model_eval.images.uncounted_files import (
    HIDDEN,
    LINK_BACK,
    LINK_BROKEN,
    LINK_OUT,
    NAS_FOLDER,
    NO_FILE,
    SYSTEM_FOLDER,
)

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


class FolderWalk:
    """The files below a folder, without hidden files and those of file managers and storage systems.

    A link never adds a file that is already listed, and every folder is listed once, so that every walk ends.

    Parameters
    ----------
    folder : Path
    follow_links : bool
        Whether to follow symbolic links that leave the folder.

    Attributes
    ----------
    files : list of str
        Paths below the folder, sorted.
    folders : set of str
        Folders directly in it.
    kinds : dict of str to list of str
        Files that are not counted as images, by kind.
    unreachable : dict of str to str
        Folders that can't be listed and broken links of images, with the reason.
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
        """List the folder `name`, relative to `folder`, with the folders in it."""
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
                except OSError as error:  # the listing does not say, and access is not allowed
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
        """Decide about a symbolic link; `inside` are the files that are listed without links."""
        target = Path(os.path.realpath(self._folder / link))  # unlike resolve, accepts circular links
        try:
            mode = target.stat().st_mode
        except OSError as error:
            if suffix_of(link) in SUFFIXES:
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
    """Return the files below a folder whose files are not counted as images."""
    return [
        f"{name}{parent[len(place) :].replace(os.sep, '/')}/{each}"
        for parent, _, files in os.walk(place)
        for each in files
    ]


def suffix_of(name: str) -> str:
    """Return the suffix of a path, in lower case."""
    return PurePosixPath(name).suffix.lower()
