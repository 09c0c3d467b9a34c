"""``tricky images check``."""

from __future__ import annotations

import typer

from tricky.cli.app import images_app, open_study


@images_app.command("check")
def images_check(context: typer.Context) -> None:
    """List every image that can't be shown, and what is changed in others, before any model runs."""
    from tricky import console, stages
    from tricky.console.images import print_inspection

    study = open_study(context)
    with console.progress() as progress:
        inspection = stages.check_images(study, progress)
    print_inspection(inspection, study.settings.images)
    if inspection.problems and study.settings.images.on_bad_image == "stop":
        raise typer.Exit(1)
