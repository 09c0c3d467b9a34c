"""``tricky dynamics``, ``analyse``, ``power``."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

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
    from tricky.console.analysis import print_dynamics

    study = open_study(context, label={"tolerance": tolerance})
    with console.progress() as progress:
        results = stages.dynamics(study, layers=layer or (), superclasses=superclasses, progress=progress)
    print_dynamics(results.content)
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
    beside: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="An analysed study to stand beside this one; may be given again."),
    ] = None,
) -> None:
    """Score the observers and write the report."""
    from tricky import stages
    from tricky.console.analysis import print_results

    study = open_study(context)
    if beside:
        folders = [Path(os.path.relpath(each.resolve(), study.root)).as_posix() for each in beside]
        study = open_study(context, analyse={"beside": folders})
    results = stages.analyse(study, observers.value, labels)
    print_results(results)
    print(f"Report: {study.report / 'report.html'}")


class ManyValues(TyperCommand):
    """A command whose options take several numbers: ``--observers 6 9 15``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option's name before each number that follows another."""
        spread: list[str] = []
        option = ""
        for arg in args:
            if arg.isdecimal() and spread and spread[-1].isdecimal() and option:
                spread.append(option)
            elif arg.startswith("-"):
                option = arg
            spread.append(arg)
        return super().parse_args(ctx, spread)


@app.command(rich_help_panel=STAGES, cls=ManyValues)
def power(
    context: typer.Context,
    observers: Annotated[list[int], typer.Option(help="Numbers of observers: 6 9 15.")] = [6, 9, 15],  # noqa: B006
    trials: Annotated[list[int], typer.Option(help="Numbers of trials each: 75 150 300.")] = [75, 150, 300],  # noqa: B006
    accuracy: Annotated[
        float | None, typer.Option(help="The proportion correct to detect; by default that of \\[simulate].")
    ] = None,
) -> None:
    """Say how many observers and trials a study needs."""
    from tricky import console, stages
    from tricky.console.analysis import print_power

    study = open_study(context, simulate={"accuracy": accuracy})
    with console.progress() as progress:
        plan = stages.power(study, observers, trials, progress)
    print_power(plan)
    print(f"Figure and table: {study.root / 'power'}")
