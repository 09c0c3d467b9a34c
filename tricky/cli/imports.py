"""``tricky import decisions``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tricky.cli.app import import_app, open_study
from tricky.cli.output import say


@import_app.command()
def decisions(
    context: typer.Context,
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE…", help="Files, or folders of files, of one format.")
    ],
) -> None:
    """Write decisions/ from the decisions that others have published or measured."""
    study = open_study(context)
    study.import_decisions(sources)
    say(f"Decisions in {study.decisions}. Next: tricky label")
