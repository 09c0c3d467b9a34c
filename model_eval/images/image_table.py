"""Image files that a table lists, each with its class."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from model_eval.images.image_files import ImageFiles
from model_eval.images.listing import Listing, files_below
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError
from tricky.core.files import is_file
from tricky.core.matching import match_entries
from tricky.core.tables import read_table
from tricky.core.typed_table import TextTable


class ImageTable(ImageFiles):
    """Images that a CSV file lists: `path` (relative to the file, with ``/``), `label`, [`class_name`].

    The name of a class is its `class_name`, or `label` where there is no such column.
    """

    def __init__(self, settings: ImageSettings, path: Path) -> None:
        super().__init__(settings, f"csv:{path.name}", path.parent)
        self._path = path

    def listing(self) -> Listing:
        """Return each path with its class; all files of the table are counted.

        Raises
        ------
        InputError
            The table is missing or invalid, or image files are missing.
        """
        table = read_table(self._path, ["path", "label"])
        paths = table.texts("path", unique=True)
        labels = table.names("label")
        classes = table.names("class_name") if "class_name" in table else labels
        for row, path in enumerate(paths):
            pure = PurePosixPath(path)
            if pure.is_absolute() or ".." in pure.parts or str(pure) != path:
                raise table.error(row, "path", f"a path below {self._folder}, written like a/b.png")
        _require_one_name(table, labels, classes)
        if len(set(classes)) < 2:
            raise InputError(f"{self._path}: images of fewer than 2 classes; at least 2 are needed")
        return Listing(dict(zip(self._on_disk(paths, table.lines), classes, strict=True)))

    def _on_disk(self, paths: list[str], lines: list[int]) -> list[str]:
        """Return paths as the file system has them, possibly in another Unicode form."""
        there = {path for path in paths if is_file(self._folder / path)}
        if len(there) == len(paths):
            return paths
        known = there.union(files_below(self._folder))
        matches = match_entries(paths, known, where=str(self._path), what="file", lines=lines)
        return [matches.found[path] for path in paths]


def _require_one_name(table: TextTable, labels: list[str], classes: list[str]) -> None:
    """Refuse a label with two names, and two labels with the same name."""
    for cells, others, column, other in (
        (labels, classes, "label", "class_name"),
        (classes, labels, "class_name", "label"),
    ):
        first: dict[str, int] = {}
        for row, cell in enumerate(cells):
            before = first.setdefault(cell, row)
            if others[before] != others[row]:
                raise table.error(
                    row,
                    other,
                    f"{others[before]!r}, as {column} {cell!r} has it in line {table.lines[before]}",
                )
