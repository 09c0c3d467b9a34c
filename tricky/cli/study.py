"""``tricky init``, ``status``, ``demo``: the study as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tricky.cli.app import STUDY, app, open_study


@app.command(rich_help_panel=STUDY)
def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The new study's folder.")] = Path(),
) -> None:
    """Begin a study: write a commented study.toml."""
    from tricky.study import create_study

    study = create_study(context.obj / folder)
    print(f"{study.root / 'study.toml'} written. Edit it; `tricky status` says what to run.")


@app.command(rich_help_panel=STUDY)
def status(context: typer.Context) -> None:
    """Say for each stage what is there, and what is out of date."""
    from tricky.console.study import print_status
    from tricky.status import study_status

    study = open_study(context)
    print_status(study.root, study_status(study))


@app.command(rich_help_panel=STUDY)
def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The study's folder.")] = Path("demo-study"),
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same numbers.")] = 1,
) -> None:
    """Do a whole study on handwritten digits, with simulated observers, in about a minute."""
    from tricky.demo import run_demo

    run_demo(context.obj / folder, seed)
