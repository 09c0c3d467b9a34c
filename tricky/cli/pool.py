"""``tricky pool show`` and ``check``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tricky.cli.app import TRUST, open_study, pool_app
from tricky.cli.output import Styled, Table, progress, say

if TYPE_CHECKING:
    from model_eval.evaluate.check_pool import PoolCheck
    from model_eval.networks.pool_table import PoolRow


@pool_app.command()
def show(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(help="A pool that ships with tricky, or a file; by default the study's pool."),
    ] = None,
) -> None:
    """List models: parameters, preprocessing, and what must be downloaded or trained first."""
    if name is None:
        show_models(open_study(context).show_pool())
    else:
        from tricky.stages.pool import show_named_pool

        show_models(show_named_pool(name, context.obj))


@pool_app.command()
def check(
    context: typer.Context,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = None,
    trust: Annotated[bool, typer.Option("--trust", help=TRUST)] = False,
) -> None:
    """Build every model and run one batch of the study's images; exit code 1 if a model fails."""
    study = open_study(context, evaluate={"device": device})
    with progress() as moved:
        checks = study.check_pool(moved, trust=trust)
    show_checks(checks)
    if any(check.problem for check in checks):
        raise typer.Exit(1)


def show_models(rows: Sequence[PoolRow]) -> None:
    """Print what is known about each model without building it."""
    table = Table(
        *("model", "family", "params", "px", "crop", "resized", "weights"),
        left=("family", "resized", "weights"),
        unfolded=("model", "params", "weights"),
    )
    for row in rows:
        table.row(
            row.entry.name,
            row.entry.family,
            "–" if row.n_parameters is None else f"{row.n_parameters / 1e6:.1f} M",
            "" if row.size is None else " × ".join(str(side) for side in dict.fromkeys(row.size)),
            "" if row.crop_pct is None else f"{row.crop_pct:.1%}",
            row.interpolation,
            f"get {_megabytes(row)}" if row.weights == "download" else row.weights,
        )
    table.show()
    n_families = len({row.entry.family or row.entry.name for row in rows})
    say(f"{len(rows)} models of {n_families} families; to download: {_total(rows)}")
    for row in rows:
        if row.weights == "no file":
            say(Styled(f"{row.entry.name}: no file {row.path}", "yellow"))


def show_checks(checks: Sequence[PoolCheck]) -> None:
    """Print for each model whether one batch ran."""
    table = Table("model", "seconds", "result", left=("result",))
    for check in checks:
        result = Styled(check.problem, "bold red") if check.problem else Styled("runs", "green")
        table.row(check.entry.name, f"{check.seconds:.1f}", result)
    table.show()
    failed, n = sum(bool(check.problem) for check in checks), len(checks)
    say(f"{failed} of {n} models can't be run" if failed else f"all {n} models run")


def _megabytes(row: PoolRow) -> str:
    """Return about how large a model's weights are, at four bytes a parameter."""
    return "" if row.n_parameters is None else f"{row.n_parameters * 4 / 1e6:,.0f} MB"


def _total(rows: Sequence[PoolRow]) -> str:
    found = [row.n_parameters or 0 for row in rows if row.weights == "download"]
    return f"about {sum(found) * 4 / 1e6:,.0f} MB" if found else "nothing"
