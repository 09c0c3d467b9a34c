"""``tricky analyse``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tricky.cli.app import STAGES, app, open_study


class Observers(StrEnum):
    """Whose sessions a report is about."""

    AUTO = "auto"
    PERSON = "person"
    SIMULATED = "simulated"


@app.command(rich_help_panel=STAGES)
def analyse(
    context: typer.Context,
    observers: Annotated[
        Observers, typer.Option(help="auto: people, or simulated observers where there are no people.")
    ] = Observers.AUTO,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Score by the difficulty table in DIR, and say what that changes."),
    ] = None,
) -> None:
    """Score the observers and write the report."""
    from tricky import console, stages

    study = open_study(context)
    results = stages.analyse(study, observers.value, labels)
    console.print_accuracy(results)
    print(f"Report: {study.report / 'report.html'}")
