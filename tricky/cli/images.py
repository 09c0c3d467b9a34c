"""``tricky images check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tricky.cli.app import images_app, open_study
from tricky.cli.output import Styled, notify, progress, say

if TYPE_CHECKING:
    from model_eval.images.check import Inspection
    from model_eval.manifests import DifficultyManifest
    from model_eval.settings import ImageSettings

N_NAMED = 10
"""Number of images that are named for each conversion; images that cannot be shown are all named."""


@images_app.command("check")
def images_check(context: typer.Context) -> None:
    """List all images that cannot be shown, and all changes that are made to others."""
    study = open_study(context)
    with progress() as moved:
        inspection = study.check_images(moved)
    show_inspection(inspection, study.settings.images)
    if inspection.problems and study.settings.images.on_bad_image == "stop":
        raise typer.Exit(1)


def show_inspection(inspection: Inspection, settings: ImageSettings) -> None:
    """Print all images that cannot be shown, the changes made to others, and the total."""
    by_change: dict[str, list[str]] = {}
    for image_id, change in inspection.conversions.items():
        by_change.setdefault(change, []).append(image_id)
    for change, image_ids in by_change.items():
        more = f" and {len(image_ids) - N_NAMED:,} more" if len(image_ids) > N_NAMED else ""
        say(Styled(change, "bold"), f": {len(image_ids):,}")
        say("  ", Styled(", ".join(image_ids[:N_NAMED]) + more, "dim"))
    for line in inspection.remarks():
        notify(line)
    for image_id, why in inspection.problems.items():
        say(Styled(image_id, "red"), f": {why}")
    n_classes = inspection.images["class_name"].nunique()
    total = f"{len(inspection.images):,} images of {n_classes:,} classes can be shown"
    if not inspection.problems:
        say(f"{total}, which is all of them")
        return
    consequence = (
        "left out for all models"
        if settings.on_bad_image == "skip"
        else 'repair or remove them, or set `on_bad_image = "skip"` in [images]'
    )
    say(f"{total}; ", Styled(f"{len(inspection.problems):,} can't", "bold red"), f": {consequence}")


def show_not_counted(manifest: DifficultyManifest) -> None:
    """Print how many files were not counted as images, by kind."""
    from model_eval.images.uncounted_files import describe_not_counted

    for line in describe_not_counted(manifest.not_counted):
        notify(line)
