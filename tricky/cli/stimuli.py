"""``tricky stimuli build``."""

from __future__ import annotations

from typing import Annotated

import typer

from tricky.cli.app import open_study, stimuli_app


@stimuli_app.command("build")
def stimuli_build(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Which set: [stimuli.NAME] in study.toml.")] = "main",
    replace: Annotated[bool, typer.Option("--replace", help="Let a different set of that name go.")] = False,
) -> None:
    """Draw, pair and export the images that observers will see."""
    from tricky import console, stages

    study = open_study(context)
    with console.progress() as progress:
        built = stages.build_stimuli(study, name, replace=replace, progress=progress)
    print(f"{len(built.trials)} trials, {len(built.items)} images in {built.folder} (id {built.set_id})")
