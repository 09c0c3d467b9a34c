"""``tricky calibrate``, ``doctor``, ``run``, ``simulate``, ``export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tricky.cli.app import STAGES, app, open_study
from tricky.core.errors import InputError

if TYPE_CHECKING:
    from tricky.study import Study


Windowed = Annotated[bool, typer.Option("--windowed", help="In a window, not the full screen.")]


@app.command(rich_help_panel=STAGES)
def run(
    context: typer.Context,
    participant: Annotated[
        str | None, typer.Option(help="The observer's id: letters and digits. Asked for if not given.")
    ] = None,
    session: Annotated[
        int | None, typer.Option(min=1, help="Which session, where there are several.")
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A participant field, such as age=31; may be repeated."),
    ] = None,
    no_dialog: Annotated[
        bool, typer.Option("--no-dialog", help="Ask for what isn't given in the terminal.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Start although a check failed, which is noted in the data.")
    ] = False,
    windowed: Windowed = False,
) -> None:
    """Run one person's session; the same command goes on after an interruption."""
    from tricky import stages

    done = stages.run(
        _open(context, windowed),
        participant,
        session,
        fields=_pairs(field or []),
        dialog=not no_dialog,
        force=force,
        tell=lambda line: print(line, flush=True),
    )
    if not done.agreed:
        print(f"The participant did not agree to take part; nothing was kept but that, in {done.path}")
    elif done.complete:
        print(f"Session complete: {done.n_trials} trials in {done.path}")
    else:
        print(f"Session stopped after {done.n_trials} trials, kept in {done.path}; the same command goes on.")


@app.command(rich_help_panel=STAGES)
def calibrate(
    context: typer.Context,
    distance: Annotated[
        float | None, typer.Option(min=10, max=1000, help="Eyes to screen in cm; asked for where not given.")
    ] = None,
) -> None:
    """Measure the screen with a bank card; sessions of this study then use that."""
    from tricky import stages

    study = open_study(context)
    distance_cm: float = distance or typer.prompt("Distance from the eyes to the screen in cm", type=float)
    measured, path = stages.calibrate(study, distance_cm)
    print(f"The picture is {measured.width_cm:g} cm wide, {distance_cm:g} cm from the eyes: {path}")


@app.command(rich_help_panel=STAGES)
def doctor(context: typer.Context, windowed: Windowed = False) -> None:
    """Check stimulus set, folder, screen and keyboard, as `tricky run` does before each session."""
    from tricky import stages
    from tricky.console.experiment import print_checks

    checks = stages.doctor(_open(context, windowed))
    print_checks(checks)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def _open(context: typer.Context, windowed: bool) -> Study:
    return open_study(context, experiment={"monitor": {"full_screen": False} if windowed else None})


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    for name, equals, _ in pairs:
        if not equals:
            raise InputError(f"--field {name}: no value; write --field {name}=VALUE")
    return {name.strip(): value for name, _, value in pairs}


@app.command(rich_help_panel=STAGES)
def simulate(
    context: typer.Context,
    observers: Annotated[int | None, typer.Option(help="Number of observers.")] = None,
    accuracy: Annotated[float | None, typer.Option(help="Their population's proportion correct.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of this run, in place of the study's.")] = None,
    visual: Annotated[
        bool, typer.Option("--visual", help="Before the real window, with synthetic keys, in real time.")
    ] = False,
    windowed: Windowed = False,
) -> None:
    """Run sessions of simulated observers of known ability, without a screen unless asked."""
    from tricky import console, stages

    study = open_study(
        context,
        simulate={"observers": observers, "accuracy": accuracy},
        study={"seed": seed},
        experiment={"monitor": {"full_screen": False} if windowed else None},
    )
    with console.progress() as progress:
        sessions = stages.simulate(study, progress, visual=visual)
    print(f"{len(sessions)} simulated sessions in {study.data}")


@app.command(rich_help_panel=STAGES)
def export(
    context: typer.Context,
    psych_ds: Annotated[
        Path,
        typer.Option("--psych-ds", metavar="DIR", help="Write all sessions to DIR as a Psych-DS data set."),
    ],
) -> None:
    """Write the sessions in another data standard; `data/` is valid BIDS as it stands."""
    from tricky import stages

    tables = stages.export_psych_ds(open_study(context), psych_ds)
    print(f"{len(tables) - 1} sessions in {psych_ds}")
