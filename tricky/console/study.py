"""What `tricky status` and `demo` show."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tricky.console import console, plain_table
from tricky.status import StageStatus, State

if TYPE_CHECKING:
    from analysis.report.write import Results
    from model_eval.manifests import DifficultyManifest
    from tricky.study import Study

STATE_STYLES = {
    State.MISSING: "dim",
    State.CURRENT: "green",
    State.UNFINISHED: "yellow",
    State.OTHER_SETTINGS: "yellow",
    State.ORIGINS_ELSEWHERE: "yellow",
    State.OUT_OF_DATE: "bold red",
}


def print_status(root: Path, stages: Sequence[StageStatus]) -> None:
    """Print a line a stage."""
    table = plain_table("stage", "state", "what is there", numbers=False)
    for stage in stages:
        style = STATE_STYLES[stage.state]
        said = stage.holds or (f"[dim]{stage.command}[/]" if stage.state is State.MISSING else "")
        table.add_row(stage.folder, f"[{style}]{stage.state}[/]", said)
        if stage.why:
            table.add_row("", "", f"[{style}]{stage.why}[/]")
    console.print(f"[bold]{root}[/]")
    console.print(table)


def print_demo(study: Study, difficulty: DifficultyManifest, results: Results, seconds: float) -> None:
    """Close the demo: what it found, and the two things to do next."""
    table = plain_table("", "")
    for name, count in difficulty.counts.by_name().items():
        table.add_row(f"{name} images", f"{count / difficulty.n_images:.1%}")
    console.print()
    console.print(table)
    console.print(results.said)
    console.print(f"[dim]{seconds:.0f} s[/]")
    folder = shlex.quote(os.path.relpath(study.root))
    console.print("\n[bold]Look at the report[/]")
    console.print(f"  {_opener()} {shlex.quote(os.path.relpath(results.report))}", soft_wrap=True)
    stimuli = study.settings.stimuli[study.settings.experiment.stimuli]
    n_pairs = stimuli.trials + stimuli.practice_trials
    console.print(f"[bold]Sit the experiment yourself[/] ({n_pairs} pairs, a few minutes; Esc twice to stop)")
    console.print(f"  {shlex.quote(_program())} -C {folder} run --participant 07 --force", soft_wrap=True)


def _opener() -> str:
    """Return this system's command that opens a page."""
    return {"darwin": "open", "win32": "start"}.get(sys.platform, "xdg-open")


def _program() -> str:
    """Return how the user can call tricky from here: by name if it is on the path, else by its place."""
    beside = Path(sys.executable).with_name("tricky")
    return "tricky" if shutil.which("tricky") else os.path.relpath(beside)
