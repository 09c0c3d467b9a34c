"""``tricky dynamics``, ``analyse``."""

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
def dynamics(
    context: typer.Context,
    tolerance: Annotated[int | None, typer.Option(help="Number of models that may dissent.")] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(help="Compare representations too: penultimate, or a layer's name; may be given again."),
    ] = None,
    superclasses: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Superclass of each class: class_name, superclass."),
    ] = None,
) -> None:
    """Compare models decision by decision: what conditions change, and which images tell models apart."""
    from tricky import console, stages

    study = open_study(context, label={"tolerance": tolerance})
    with console.progress() as progress:
        results = stages.dynamics(study, layers=layer or (), superclasses=superclasses, progress=progress)
    console.print_dynamics(results.content)
    print(f"Page: {results.page}")


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
