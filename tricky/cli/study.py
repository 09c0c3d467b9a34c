"""``tricky init``, ``status``, ``demo``: the study as a whole."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tricky.cli.app import STUDY, app, open_study
from tricky.cli.output import Styled, Table, progress, say

if TYPE_CHECKING:
    from tricky.demo import Demo
    from tricky.status import StageStatus


@app.command(rich_help_panel=STUDY)
def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The new study's folder.")] = Path(),
) -> None:
    """Create a study: write a commented study.toml."""
    from tricky.study import create_study

    study = create_study(context.obj / folder)
    say(f"{study.root / 'study.toml'} written. Edit it; `tricky status` shows what to run.")


@app.command(rich_help_panel=STUDY)
def status(context: typer.Context) -> None:
    """Show for each stage what exists and what is out of date."""
    from tricky.status import study_status

    study = open_study(context)
    say(Styled(str(study.root), "bold"))
    show_status(study_status(study))


@app.command(rich_help_panel=STUDY)
def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The study's folder.")] = Path("demo-study"),
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same numbers.")] = 1,
) -> None:
    """Run a whole study on handwritten digits, with simulated observers, in about a minute."""
    from tricky.demo import run_demo

    with progress() as moved:
        done = run_demo(context.obj / folder, seed, moved)
    show_demo(done)


def show_status(stages: Sequence[StageStatus]) -> None:
    """Print a line for each stage."""
    from tricky.status import State

    styles = {
        State.MISSING: "dim",
        State.CURRENT: "green",
        State.UNFINISHED: "yellow",
        State.OTHER_SETTINGS: "yellow",
        State.ORIGINS_ELSEWHERE: "yellow",
        State.OUT_OF_DATE: "bold red",
    }
    table = Table("stage", "state", "content", left=("state", "content"))
    for stage in stages:
        style = styles[stage.state]
        command = Styled(stage.command, "dim") if stage.state is State.MISSING else ""
        table.row(stage.folder, Styled(stage.state, style), stage.holds or command)
        if stage.why:
            table.row("", "", Styled(stage.why, style))
    table.show()


def show_demo(demo: Demo) -> None:
    """Print the results of the demo, and two things to do next."""
    table = Table("", "")
    for name, count in demo.difficulty.counts.by_name().items():
        table.row(f"{name} images", f"{count / demo.difficulty.n_images:.1%}")
    say()
    table.show()
    say(demo.results.sentence)
    say(Styled(f"{demo.seconds:.0f} s", "dim"))
    say()
    say(Styled("Open the report", "bold"))
    say(f"  {_opener()} {shlex.quote(os.path.relpath(demo.results.page))}")
    from stimuli.tasks import structure_of

    settings = demo.study.settings
    stimuli = settings.stimuli[settings.experiment.stimuli]
    n_trials = stimuli.trials + stimuli.practice_trials
    shown = structure_of(stimuli.task).title(stimuli.groups)
    say(
        Styled("Try the experiment yourself", "bold"),
        f" ({n_trials} {shown}, a few minutes; Esc twice to stop)",
    )
    folder = shlex.quote(os.path.relpath(demo.study.root))
    say(f"  {shlex.quote(_program())} -C {folder} run --participant 07 --force")


def _opener() -> str:
    """Return this system's command that opens a page."""
    return {"darwin": "open", "win32": "start"}.get(sys.platform, "xdg-open")


def _program() -> str:
    """Return how the user can call tricky: by its name if it is on the path, else by its path."""
    installed = Path(sys.executable).with_name("tricky")
    return "tricky" if shutil.which("tricky") else os.path.relpath(installed)
