"""What the script writes: figures with what differs from the paper's, numbers next to the published ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis.report.style import save
from tricky.core.files import read_bytes, write_bytes, write_json, write_text
from tricky.core.write_tables import write_csv

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Number:
    """A number: as computed here (None: `note` says why not), and as published (None: nowhere)."""

    what: str
    value: float | None
    published: float | None
    where: str
    note: str = ""

    @property
    def difference(self) -> float | None:
        """Computed minus published."""
        return None if self.value is None or self.published is None else self.value - self.published


@dataclass(frozen=True)
class FigureOfPaper:
    """A figure: its number in the paper, file, what it is drawn from, and what differs."""

    number: str
    file: str
    drawn_from: str
    differs: str


@dataclass
class Results:
    """The folder that is written."""

    folder: Path
    numbers: list[Number] = field(default_factory=list)
    figures: list[FigureOfPaper] = field(default_factory=list)

    def draw(self, number: str, figure: Figure, drawn_from: str, differs: str, name: str = "") -> None:
        """Save a figure as ``figures/figure_NN[_name].svg`` and ``.png``."""
        save(figure, self._add(number, drawn_from, differs, name))

    def copy(self, number: str, stem: Path, drawn_from: str, differs: str, name: str) -> None:
        """Copy a figure that a report has as ``stem.svg`` and ``stem.png``."""
        to = self._add(number, drawn_from, differs, name)
        for suffix in (".svg", ".png"):
            write_bytes(to.with_suffix(suffix), read_bytes(stem.with_suffix(suffix)))

    def _add(self, number: str, drawn_from: str, differs: str, name: str) -> Path:
        digits = number.rstrip("ab")
        stem = f"figure_{int(digits):02d}{number[len(digits) :]}{'_' if name else ''}{name}"
        self.figures.append(FigureOfPaper(number, f"figures/{stem}.png", drawn_from, differs))
        return self.folder / "figures" / stem

    def table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table."""
        write_csv(self.folder / "tables" / f"{name}.csv", table)

    def write(self) -> None:
        """Write ``numbers.csv``, ``numbers.json`` and ``README.md``, which shows every figure."""
        rows = [asdict(each) | {"difference": each.difference} for each in self.numbers]
        columns = ["what", "value", "published", "difference", "where", "note"]
        write_csv(self.folder / "numbers.csv", pd.DataFrame(rows, columns=columns))
        figures = [asdict(each) for each in self.figures]
        write_json(self.folder / "numbers.json", {"numbers": rows, "figures": figures})
        lines = ["# Figures and numbers of Meding et al. (2022)", ""]
        lines += ["| number | here | published | where | note |", "|---|---|---|---|---|"]
        lines += [
            f"| {each.what} | {_shown(each.value)} | {_shown(each.published)} | {each.where} | {each.note} |"
            for each in self.numbers
        ]
        for each in sorted(self.figures, key=lambda each: each.file):
            lines += ["", f"## Figure {each.number}", "", f"![Figure {each.number}]({each.file})", ""]
            lines += [f"From {each.drawn_from}. {each.differs}"]
        write_text(self.folder / "README.md", "\n".join(lines) + "\n")


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value == int(value) and value > 1 else f"{value:.4g}"
