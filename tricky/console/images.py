"""What ``tricky images check`` shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.markup import escape

from model_eval.images.check import Inspection
from model_eval.images.listing import describe_not_counted, recorded_not_counted
from model_eval.settings import ImageSettings
from tricky.console import console, tell

N_NAMED = 10
"""Images of a conversion that are named before the rest is counted; those that can't be shown all are."""


def print_inspection(inspection: Inspection, settings: ImageSettings) -> None:
    """Print every image that can't be shown, what is changed in others, and the sum."""
    by_change: dict[str, list[str]] = {}
    for image_id, change in inspection.conversions.items():
        by_change.setdefault(change, []).append(image_id)
    for change, image_ids in by_change.items():
        more = f" and {len(image_ids) - N_NAMED:,} more" if len(image_ids) > N_NAMED else ""
        console.print(f"[bold]{escape(change)}[/]: {len(image_ids):,}")
        console.print(f"  [dim]{escape(', '.join(image_ids[:N_NAMED]))}{more}[/]", soft_wrap=True)
    for line in inspection.remarks():
        tell(line)
    for image_id, why in inspection.problems.items():
        console.print(f"[red]{escape(image_id)}[/]: {escape(why)}", soft_wrap=True, highlight=False)
    n_classes = inspection.images["class_name"].nunique()
    console.print(f"{len(inspection.images):,} images of {n_classes:,} classes can be shown", end="")
    if not inspection.problems:
        console.print(", all that there are")
        return
    what = (
        "left out for all models alike"
        if settings.on_bad_image == "skip"
        else 'repair or remove them, or set `on_bad_image = "skip"` in \\[images]'
    )
    console.print(f"; [bold red]{len(inspection.problems):,} can't[/]: {what}")


def print_not_counted(record: Any, manifest: Path) -> None:
    """Print what a manifest says of files that don't count as images."""
    for line in describe_not_counted(recorded_not_counted(record, manifest, "tricky evaluate")):
        tell(line)
