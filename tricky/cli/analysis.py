"""``tricky dynamics``, ``analyse``, ``power``."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from tricky.cli.app import STAGES, TOLERANCE, app, open_study
from tricky.cli.output import Styled, Table, progress, say

if TYPE_CHECKING:
    from analysis.report.build import Results
    from analysis.report.task import StudyReport
    from analysis.statistics.power import Plan


class Observers(StrEnum):
    """Whose sessions a report is about."""

    AUTO = "auto"
    PERSON = "person"
    SIMULATED = "simulated"


class Where(StrEnum):
    """Where the sessions of a report took place."""

    AUTO = "auto"
    LAB = "lab"
    ONLINE = "online"


NEW_OBJECTS = 50_000
"""After so many new objects Python looks for cycles: libraries and figures create millions that stay."""


@app.command(rich_help_panel=STAGES)
def dynamics(
    context: typer.Context,
    tolerance: Annotated[int | None, typer.Option(help=TOLERANCE)] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            help="Also compare representations: penultimate, or the name of a layer; may be repeated."
        ),
    ] = None,
    superclasses: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Superclass of each class (columns class_name, superclass)."),
    ] = None,
) -> None:
    """Compare models decision by decision: what conditions change, and which images distinguish models."""
    gc.set_threshold(NEW_OBJECTS)
    study = open_study(context, label={"tolerance": tolerance})
    with progress() as moved:
        results = study.dynamics(layers=layer or (), superclasses=superclasses, progress=moved)
    show_dynamics(results.content)
    say(f"Page: {results.page}")


@app.command(rich_help_panel=STAGES)
def analyse(
    context: typer.Context,
    observers: Annotated[
        Observers, typer.Option(help="auto: people, or simulated observers where there are no people.")
    ] = Observers.AUTO,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Score by the difficulty table in DIR, and report what that changes."
        ),
    ] = None,
    setting: Annotated[
        Where, typer.Option(help="auto: sessions in the lab, or online where there are none in the lab.")
    ] = Where.AUTO,
    stimuli: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The stimulus set whose sessions are scored; by default that of \\[experiment].",
        ),
    ] = None,
    compare_with: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="An analysed study to compare with; may be repeated."),
    ] = None,
) -> None:
    """Score the observers and write the report."""
    gc.set_threshold(NEW_OBJECTS)
    study = open_study(context)
    if compare_with:
        folders = [Path(os.path.relpath(each.resolve(), study.root)).as_posix() for each in compare_with]
        study = study.with_settings(where="command line", analyse={"compare_with": folders})
    results = study.analyse(observers.value, labels, setting.value, stimuli)
    show_results(results)
    for note in results.content["sessions"]["notes"]:
        say(Styled(note, "yellow"))
    say(f"Report: {study.report / 'report.html'}")


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
    observers: Annotated[list[int], typer.Option(help="Numbers of observers (6 9 15).")] = [6, 9, 15],  # noqa: B006
    trials: Annotated[list[int], typer.Option(help="Trials per observer (75 150 300).")] = [75, 150, 300],  # noqa: B006
    accuracy: Annotated[
        float | None, typer.Option(help="Proportion correct to detect; by default that of \\[simulate].")
    ] = None,
) -> None:
    """Estimate how many observers and trials a study needs."""
    study = open_study(context, simulate={"accuracy": accuracy})
    with progress() as moved:
        plan = study.power(observers, trials, moved)
    show_power(plan)
    say(f"Figure and table: {study.root / 'power'}")


def show_dynamics(content: Mapping[str, Any]) -> None:
    """Print the dichotomy of the images, and κ of each condition with the base network."""
    from tricky.core.matching import describe_matches

    found, shares = content["dichotomy"], content["difficulty"]["shares"]
    between = "" if found["low"] is None else f" ({found['low']:.2f} to {found['high']:.2f})"
    value = "undefined" if found["estimate"] is None else f"{found['estimate']:.2f}{between}"
    say(f"Dichotomy {value}; " + ", ".join(f"{share:.1%} {kind}" for kind, share in shares.items()))
    for line in describe_matches(content["matched"]):
        say(line)
    if content["conditions"] is None:
        return
    table = Table("condition", "models", "accuracy", "trivial", "impossible", "in-between", "κ")
    for row in content["conditions"]:
        shares = (f"{row[key]:.1%}" for key in ("accuracy", "trivial", "impossible", "in_between"))
        kappa = "–" if row["kappa"] is None else f"{row['kappa']:.2f}"
        table.row(row["condition"], str(len(row["models"])), *shares, kappa)
    table.show()


def show_results(results: Results[StudyReport]) -> None:
    """Print the results of each observer, and the main result in a sentence."""
    table = Table(*results.observers.columns)
    for row in results.observers.itertuples(index=False):
        table.row(*row)
    table.show()
    say(results.sentence)


def show_power(plan: Plan) -> None:
    """Print the power and precision of each design, and which one is sufficient."""
    from analysis.statistics.power import recommendation

    table = Table("observers", "trials each", "power", "width of interval")
    for row in plan.designs.itertuples():
        table.row(f"{row.n_observers}", f"{row.n_trials}", f"{row.power:.0%}", f"{row.width:.1%}")
    table.show()
    say(recommendation(plan))
