"""What `tricky doctor` shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape

from tricky.console import console, plain_table

if TYPE_CHECKING:
    from experiment.session.preflight import Check


def print_checks(checks: Sequence[Check]) -> None:
    """Print what was checked, what was found, and what to do where it is not as it should be."""
    table = plain_table("check", "", "what was found", numbers=False)
    for check in checks:
        verdict = "[green]ok[/]" if check.ok else "[bold red]failed[/]"
        table.add_row(check.name, verdict, escape(check.found))
        if not check.ok:
            table.add_row("", "", f"[bold red]{escape(check.advice)}[/]")
    console.print(table)
