"""The files of a report in a study's ``report/``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.report import style
from analysis.report.pictures import data_uri
from analysis.report.section import Section
from tricky.core.manifests import StageManifest
from tricky.core.write_tables import write_csv

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FORMULA = re.compile(r"\s*[=+\-@]|[\t\r]")
"""How text begins that spreadsheets take for a formula."""
_NUMBER = re.compile(r"\s*[+-]?[0-9.]+(e[+-]?[0-9]+)?%?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class ReportFiles:
    """Where a report is written, and what distinguishes its files from those of another report.

    Attributes
    ----------
    page, results : Path
        The HTML and the JSON file.
    manifest : type
        Form of the JSON file.
    prefix : str
        Before the names of figures and tables.
    template : str
        Of the page.
    stale : tuple of Section
        Sections whose figures and tables an earlier report may have left.
    """

    page: Path
    results: Path
    manifest: type[StageManifest[Any]]
    prefix: str
    template: str
    stale: Sequence[Section[Any, Any]] = field(repr=False)

    def write_figures(self, drawn: Mapping[str, Figure]) -> dict[str, str]:
        """Write figures as SVG and PNG, remove those of an earlier report, and return URIs for the page."""
        folder = self.page.parent / "figures"
        for name, figure in drawn.items():
            style.save(figure, folder / f"{self.prefix}{name}")
        names = {name for section in self.stale for name in section.figures}
        _remove_stale(folder, self.prefix, names, set(drawn), (".svg", ".png"))
        return {
            name: data_uri((folder / f"{self.prefix}{name}.svg").read_bytes(), "image/svg+xml")
            for name in drawn
        }

    def write_tables(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Write each table as CSV, undefined values as ``n/a``, and remove those of an earlier report."""
        folder = self.page.parent / "tables"
        for name, table in tables.items():
            write_csv(folder / f"{self.prefix}{name}.csv", without_formulas(table))
        names = {name for section in self.stale for name in section.tables}
        _remove_stale(folder, self.prefix, names, set(tables), (".csv",))


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without text that a spreadsheet would run: such text begins with an apostrophe.

    Names of classes and images, and what participants typed, come from anyone. A number stays a number, also
    where it is text.
    """

    def literal(cell: object) -> object:
        if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
            return f"'{cell}"
        return cell

    return table.rename(columns=literal).map(literal)


def _remove_stale(
    folder: Path, prefix: str, names: set[str], written: set[str], suffixes: tuple[str, ...]
) -> None:
    """Remove files of these names, numbered or not, that were not written now."""
    for path in folder.glob(f"{prefix}*") if folder.is_dir() else ():
        name = path.stem.removeprefix(prefix)
        if path.suffix in suffixes and name not in written and re.sub(r"_\d+$", "", name) in names:
            path.unlink()
