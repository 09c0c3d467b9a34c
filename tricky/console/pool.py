"""What `tricky pool` shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape

from tricky.console import console, plain_table

if TYPE_CHECKING:
    from model_eval.evaluate.check_pool import PoolCheck
    from model_eval.networks.pool_table import PoolRow


def print_rows(rows: Sequence[PoolRow]) -> None:
    """Print what is known of each model without building it."""
    table = plain_table("model", "family", "params", "px", "crop", "resized", "weights")
    for column in (0, 2, 6):
        table.columns[column].no_wrap = True
    for column in (1, 5, 6):
        table.columns[column].justify = "left"
    table.columns[1].overflow = "fold"
    for row in rows:
        table.add_row(
            row.entry.name,
            row.entry.family,
            "–" if row.n_parameters is None else f"{row.n_parameters / 1e6:.1f} M",
            "" if row.size is None else " × ".join(str(side) for side in dict.fromkeys(row.size)),
            "" if row.crop_pct is None else f"{row.crop_pct:.1%}",
            row.interpolation,
            f"get {_megabytes(row)}" if row.weights == "download" else row.weights,
        )
    console.print(table)
    n_families = len({row.entry.family or row.entry.name for row in rows})
    console.print(f"{len(rows)} models of {n_families} families; to download: {_total(rows)}")
    for row in rows:
        if row.weights == "no file":
            console.print(f"[yellow]{row.entry.name}: no file {escape(str(row.path))}[/]", soft_wrap=True)


def print_checks(checks: Sequence[PoolCheck]) -> None:
    """Print how each model did on one batch."""
    table = plain_table("model", "seconds", "")
    table.columns[2].justify = "left"
    for check in checks:
        said = f"[bold red]{escape(check.problem)}[/]" if check.problem else "[green]runs[/]"
        table.add_row(check.entry.name, f"{check.seconds:.1f}", said)
    console.print(table)
    failed, n = sum(bool(check.problem) for check in checks), len(checks)
    console.print(f"{failed} of {n} models can't be run" if failed else f"all {n} models run")


def _megabytes(row: PoolRow) -> str:
    """Return about how large a model's weights are, at four bytes a parameter."""
    return "" if row.n_parameters is None else f"{row.n_parameters * 4 / 1e6:,.0f} MB"


def _total(rows: Sequence[PoolRow]) -> str:
    found = [row.n_parameters or 0 for row in rows if row.weights == "download"]
    return f"about {sum(found) * 4 / 1e6:,.0f} MB" if found else "nothing"
