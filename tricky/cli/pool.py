"""``tricky pool show`` and ``check``."""

from __future__ import annotations

from typing import Annotated

import typer

from tricky.cli.app import open_study, pool_app


@pool_app.command()
def show(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(help="A pool that ships with tricky, or a file; without it, the study's own."),
    ] = None,
) -> None:
    """List models: parameters, preprocessing, and what must be downloaded or trained first."""
    from tricky import stages
    from tricky.console.pool import print_rows

    if name is None:
        print_rows(stages.show_pool(open_study(context)))
    else:
        print_rows(stages.show_named_pool(name, context.obj))


@pool_app.command()
def check(
    context: typer.Context,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = None,
) -> None:
    """Build every model and run one batch of the study's images; ends with 1 where one can't."""
    from tricky import console, stages
    from tricky.console.pool import print_checks

    study = open_study(context, evaluate={"device": device})
    with console.progress() as progress:
        checks = stages.check_pool(study, progress)
    print_checks(checks)
    if any(check.problem for check in checks):
        raise typer.Exit(1)
