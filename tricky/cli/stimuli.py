"""``tricky stimuli build``, ``refresh``, ``check``, ``show``, ``orders``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tricky.cli.app import open_study, stimuli_app

Name = Annotated[str, typer.Argument(help="Which set: [stimuli.NAME] in study.toml.")]


@stimuli_app.command("build")
def stimuli_build(
    context: typer.Context,
    name: Name = "main",
    replace: Annotated[bool, typer.Option("--replace", help="Let a different set of that name go.")] = False,
    reference: Annotated[
        bool, typer.Option("--reference", help="Point to the image files where they lie; copy none.")
    ] = False,
) -> None:
    """Draw, match and export the images that observers will see."""
    from tricky import console, stages
    from tricky.console.stimuli import print_set

    study = open_study(context)
    with console.progress() as progress:
        built = stages.build_stimuli(study, name, reference=reference, replace=replace, progress=progress)
    print_set(built)


@stimuli_app.command("refresh")
def stimuli_refresh(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The set that observers have seen.")] = "main",
    decisions: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Decisions of the new pool; by default the study's own labels."),
    ] = None,
    successor: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="The new set's name; by default NAME-2, NAME-3 …"),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Draw everything anew, and tell the difference.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Let a different set of that name go.")] = False,
) -> None:
    """Build the successor of a set from a new pool's labels, with the least change."""
    from tricky import console, stages
    from tricky.console.stimuli import print_changes, print_set

    study = open_study(context)
    with console.progress() as progress:
        built = stages.refresh_stimuli(
            study,
            name,
            decisions=decisions,
            successor=successor,
            full=full,
            replace=replace,
            progress=progress,
        )
    print_set(built)
    print_changes(built)


@stimuli_app.command("check")
def stimuli_check(context: typer.Context, name: Name = "main") -> None:
    """Hold a set against everything that it promises."""
    from tricky import stages
    from tricky.console.stimuli import print_checked

    checked = stages.check_stimuli(open_study(context), name)
    print_checked(checked)
    if any(each.problems for each in checked):
        raise typer.Exit(1)


@stimuli_app.command("show")
def stimuli_show(context: typer.Context, name: Name = "main") -> None:
    """Write contact sheets: every trial, every image, histogram and balance."""
    from tricky import stages

    sheet = stages.show_stimuli(open_study(context), name)
    print(f"Contact sheets: {sheet.page}, {sheet.trials.name}, {sheet.by_count.name}")


@stimuli_app.command("orders")
def stimuli_orders(
    context: typer.Context,
    name: Name = "main",
    observers: Annotated[int, typer.Option(min=1, help="Number of observers, 01, 02 …")] = 20,
) -> None:
    """Prove that sides and orders are balanced, observer by observer."""
    from tricky import stages
    from tricky.console.stimuli import print_orders

    stimulus_set, found = stages.stimuli_orders(open_study(context), name, observers)
    print_orders(stimulus_set, found)
    if any(order.problems for order in found):
        raise typer.Exit(1)
