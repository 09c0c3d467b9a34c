"""``tricky online serve``, ``invite``, ``status``."""

from __future__ import annotations

from typing import Annotated

import typer

from tricky.cli.app import online_app, open_study
from tricky.cli.output import Styled, Table, say

Preview = Annotated[
    bool, typer.Option("--preview", help="Trial runs, which are kept apart from the study's data.")
]


@online_app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address of this machine to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8000,
    preview: Preview = False,
) -> None:
    """Run the server of the study's online sessions; Ctrl+C stops it, and no answer is lost."""
    open_study(context).serve_online(host, port, preview=preview, notify=say)
    say("The server is stopped; all answers that browsers sent are kept. The same command continues.")


@online_app.command()
def invite(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", min=1, max=10_000, help="Number of links.")],
    preview: Preview = False,
) -> None:
    """Make individual links for participants; works while the server runs."""
    for address in open_study(context).invite_online(number, preview=preview):
        say(address)


@online_app.command()
def status(context: typer.Context, preview: Preview = False) -> None:
    """Show how many online sessions there are, and how they go, without showing data."""
    table = Table("online sessions", "", left=("online sessions",))
    for name, value in open_study(context).online_status(preview=preview).rows:
        table.row(name, Styled(value, "bold"))
    table.show()
