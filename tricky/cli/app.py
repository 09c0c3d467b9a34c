"""The command `tricky`, which all others belong to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from tricky.cli.output import say, say_error
from tricky.stages import declared

if TYPE_CHECKING:
    from tricky.study import Study

STUDY = "Study"
STAGES = "Stages"
TOLERANCE = "Number of models that may be wrong about a trivial image, or right about an impossible one."
"""Help of the option ``--tolerance``."""
TRUST = "Run code of the study: models from python:, torchscript: and export:."
"""Help of the option ``--trust``."""


_OF_STAGES = dict.fromkeys(name for stage in declared.STAGES for name in stage.commands)

ORDER = ("init", "status", "demo", *_OF_STAGES)
"""Order in which `tricky --help` lists the commands: the study first, then the stages as data flow."""


class InOrder(TyperGroup):
    """Lists commands in the order `ORDER`, not in that of imports."""

    def list_commands(self, ctx: Any) -> list[str]:  # typer's own Context has moved between versions
        """Return the names of all commands, in order."""
        return sorted(super().list_commands(ctx), key=ORDER.index)


app = typer.Typer(
    name="tricky",
    cls=InOrder,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Which images are trivial and which impossible for CNNs, and can people tell?",
)
images_app = typer.Typer(no_args_is_help=True, help="Check the images of a study.")
app.add_typer(images_app, name="images", rich_help_panel=STAGES)
stimuli_app = typer.Typer(no_args_is_help=True, help="Build, check and show stimulus sets.")
app.add_typer(stimuli_app, name="stimuli", rich_help_panel=STAGES)
pool_app = typer.Typer(no_args_is_help=True, help="List and check the models of a study.")
app.add_typer(pool_app, name="pool", rich_help_panel=STAGES)
import_app = typer.Typer(no_args_is_help=True, help="Import what others have measured.")
app.add_typer(import_app, name="import", rich_help_panel=STAGES)

online_app = typer.Typer(no_args_is_help=True, help="Run sessions in the browsers of participants.")
app.add_typer(online_app, name="online", rich_help_panel=STAGES)


def open_study(context: typer.Context, **flags: dict[str, Any]) -> Study:
    """Open the study of the command; options of this run override its settings."""
    from tricky import study

    opened = study.open_study(context.obj).with_settings(where="command line", **flags)
    for warning in opened.warnings():
        say_error(f"warning: {warning}")
    return opened


def _version(given: bool) -> None:
    if given:
        from importlib.metadata import version

        say(f"tricky {version('tricky-images')}")
        raise typer.Exit


@app.callback()
def _choose_study(
    context: typer.Context,
    directory: Annotated[
        Path, typer.Option("-C", metavar="DIR", help="Use the study in DIR, or in a folder above it.")
    ] = Path(),
    version: Annotated[  # noqa: ARG001 - typer calls _version
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = directory
