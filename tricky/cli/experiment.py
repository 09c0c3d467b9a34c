"""``tricky calibrate``, ``run``, ``simulate``."""

from __future__ import annotations

from typing import Annotated

import typer

from tricky.cli.app import STAGES, app, open_study


@app.command(rich_help_panel=STAGES)
def run(
    context: typer.Context,
    participant: Annotated[str, typer.Option(help="The observer's id: letters and digits.")],
    session: Annotated[
        int | None, typer.Option(min=1, help="Which session, where there are several.")
    ] = None,
    windowed: Annotated[bool, typer.Option("--windowed", help="In a window, not the full screen.")] = False,
) -> None:
    """Run one person's session; the same command goes on after an interruption."""
    from tricky import stages

    study = open_study(context, experiment={"monitor": {"full_screen": False} if windowed else None})
    done = stages.run(study, participant, session)
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
def simulate(
    context: typer.Context,
    observers: Annotated[int | None, typer.Option(help="Number of observers.")] = None,
    accuracy: Annotated[float | None, typer.Option(help="Their population's proportion correct.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of this run, in place of the study's.")] = None,
) -> None:
    """Run sessions of simulated observers of known ability, without a screen."""
    from tricky import console, stages

    study = open_study(context, simulate={"observers": observers, "accuracy": accuracy}, study={"seed": seed})
    with console.progress() as progress:
        sessions = stages.simulate(study, progress)
    print(f"{len(sessions)} simulated sessions in {study.data}")
