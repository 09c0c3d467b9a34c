"""``tricky import decisions``, ``sessions``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tricky.cli.app import import_app, open_study
from tricky.cli.output import Styled, progress, say

if TYPE_CHECKING:
    from experiment.import_sessions.import_sessions import ImportedSessions


class SessionFormat(StrEnum):
    """Formats of files of trials."""

    MODEL_VS_HUMAN = "model-vs-human"
    JSPSYCH = "jspsych"
    PSYCHOPY = "psychopy"
    TABLE = "table"


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


@import_app.command()
def sessions(
    context: typer.Context,
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE…", help="Files, or folders of files, of one format.")
    ],
    format_: Annotated[
        SessionFormat | None, typer.Option("--as", help="Their format; by default their columns say it.")
    ] = None,
    set_name: Annotated[
        str, typer.Option("--set", metavar="NAME", help="Name of the stimulus set that is made of them.")
    ] = "imported",
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace all sessions that were imported with this set.")
    ] = False,
) -> None:
    """Write sessions that other programs recorded into data/; the section import.sessions says how."""
    study = open_study(context)
    if format_ is not None:
        content = study.settings.import_.sessions.model_dump() | {"format": format_.value}
        study = study.with_settings(where="command line", **{"import": {"sessions": content}})
    with progress() as moved:
        done = study.import_sessions(sources, set_name, replace=replace, progress=moved)
    show_imported(done)


def show_imported(done: ImportedSessions) -> None:
    """Print what was imported, what was left out, and what to do next."""
    for note in done.notes:
        say(Styled(note, "yellow"))
    say(
        f"{done.n_files} files in the format {done.format}: {done.n_trials:,} trials of {done.n_observers} "
        f"observers on {done.n_images:,} images, {done.n_labelled:,} of them with a difficulty"
    )
    there = f"; {done.n_same} were there already" if done.n_same else ""
    say(f"{done.n_new} sessions written to data/, with the set stimuli/{done.set_name}{there}")
    say(f"Next: tricky analyse --stimuli {done.set_name}")
