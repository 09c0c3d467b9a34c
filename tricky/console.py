"""What the command line shows: progress while it works, and small tables at the end."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from model_eval.artefacts import Progress as ProgressCallback
from tricky.status import StageStatus, State

if TYPE_CHECKING:
    from analysis.report.write import Results
    from analysis.statistics.power import Plan
    from experiment.preflight import Check
    from tricky.study import Study

console = Console()

STATE_STYLES = {
    State.MISSING: "dim",
    State.CURRENT: "green",
    State.UNFINISHED: "yellow",
    State.OTHER_SETTINGS: "yellow",
    State.ORIGINS_ELSEWHERE: "yellow",
    State.OUT_OF_DATE: "bold red",
}


class _Rate(ProgressColumn):
    """How many are done in a second: images of a model, say."""

    def render(self, task: Task) -> Text:
        """Return it for one bar; nothing before it can be known."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s" if speed >= 10 else f"{speed:.1f}/s", "dim")


@contextmanager
def progress() -> Iterator[ProgressCallback]:
    """Show a bar for each thing that is under way; gives the callback that moves them.

    What is called ``NAME: DETAIL`` keeps its bar while details change, and leaves when it is done.
    """
    tasks: dict[str, TaskID] = {}
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=console,
    ) as bars:

        def move(what: str, done: int, total: int) -> None:
            name, _, detail = what.partition(": ")
            if name not in tasks:
                tasks[name] = bars.add_task(what, total=total)
            bars.update(tasks[name], completed=done, total=total, description=what)
            if detail and done == total:
                bars.remove_task(tasks.pop(name))

        yield move


def print_dynamics(content: Mapping[str, Any]) -> None:
    """Show how dichotomous the images are, and each condition beside the base network (κ is with it)."""
    found, shares = content["dichotomy"], content["difficulty"]["shares"]
    between = "" if found["low"] is None else f" ({found['low']:.2f} to {found['high']:.2f})"
    value = "undefined" if found["value"] is None else f"{found['value']:.2f}{between}"
    console.print(f"Dichotomy {value}; " + ", ".join(f"{share:.1%} {kind}" for kind, share in shares.items()))
    if content["conditions"] is None:
        return
    table = plain_table("condition", "models", "accuracy", "trivial", "impossible", "in-between", "κ")
    for row in content["conditions"]:
        shares = (f"{row[key]:.1%}" for key in ("accuracy", "trivial", "impossible", "in_between"))
        kappa = "–" if row["kappa"] is None else f"{row['kappa']:.2f}"
        table.add_row(row["condition"], str(len(row["models"])), *shares, kappa)
    console.print(table)


def tell(line: str) -> None:
    """Print what a person should know while work goes on: above the bars, and kept."""
    console.print(f"[yellow]{escape(line)}[/]", soft_wrap=True)


def plain_table(*columns: str) -> Table:
    """Return an empty table: names to the left, numbers to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 else "right")
    return table


def print_status(root: Path, stages: Sequence[StageStatus]) -> None:
    """Print a line a stage."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("stage", "state", "what is there"):
        table.add_column(column)
    for stage in stages:
        style = STATE_STYLES[stage.state]
        said = stage.holds or (f"[dim]{stage.command}[/]" if stage.state is State.MISSING else "")
        table.add_row(stage.folder, f"[{style}]{stage.state}[/]", said)
        if stage.why:
            table.add_row("", "", f"[{style}]{stage.why}[/]")
    console.print(f"[bold]{root}[/]")
    console.print(table)


def print_pool(pool: Mapping[str, Any]) -> None:
    """Print every model with its accuracy or why it has none, and what became of the images."""
    table = plain_table("model", "family", "parameters", "top-1", "near ties")
    table.columns[1].justify = "left"
    for model in pool["models"]:
        failed = "failure" in model
        cells = ["[red]failed[/]", ""] if failed else [f"{model['accuracy']:.1%}", f"{model['near_ties']:,}"]
        table.add_row(model["name"], model["family"], f"{model['n_parameters']:,}", *cells)
    console.print(table)
    for model in pool["models"]:
        if "failure" in model:
            console.print(f"[red]{model['name']} failed[/]: {escape(model['failure'])}", soft_wrap=True)
    images = pool["images"]
    console.print(f"{images['n']:,} images of {images['source']}, on {pool['device']}")
    if images["skipped"]:
        console.print(
            f"[red]{len(images['skipped']):,} images can't be read[/] and are left out for all models; "
            "`tricky images check` lists them"
        )


def print_checks(checks: Sequence[Check]) -> None:
    """Print what was checked, what was found, and what to do where it is not as it should be."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("check", "", "what was found"):
        table.add_column(column)
    for check in checks:
        verdict = "[green]ok[/]" if check.ok else "[bold red]failed[/]"
        table.add_row(check.name, verdict, escape(check.found))
        if not check.ok:
            table.add_row("", "", f"[bold red]{escape(check.advice)}[/]")
    console.print(table)


def print_conditions(manifest: Mapping[str, Any]) -> None:
    """Print every condition with what came of its models, and those that diverged."""
    table = plain_table("condition", "models", "epochs", "loss", "top-1")
    for condition in manifest["conditions"]:
        models = [each for each in manifest["models"] if each["condition"] == condition]
        if models:
            accuracies = sorted({f"{each['accuracies'][-1]:.1%}" for each in models})
            table.add_row(
                condition,
                f"{len(models)}",
                f"{len(models[0]['losses'])}",
                f"{sum(each['losses'][-1] for each in models) / len(models):.3f}",
                " to ".join(dict.fromkeys((accuracies[0], accuracies[-1]))),
            )
    console.print(table)
    for each in manifest["diverged"]:
        console.print(f"[bold red]{each['name']} diverged in epoch {each['epoch']}[/]: it has no decisions")
    console.print(
        f"{manifest['training_images']['n']:,} training images, {manifest['images']['n']:,} evaluated after "
        f"every epoch, on {manifest['device']}"
    )


def print_results(results: Results) -> None:
    """Print what each observer did, and the result in a sentence."""
    table = plain_table(*results.observers.columns)
    for row in results.observers.itertuples(index=False):
        table.add_row(*row)
    console.print(table)
    console.print(results.said)


def print_power(plan: Plan) -> None:
    """Print what studies of each size find, and which one is enough."""
    from analysis.statistics.power import recommendation

    table = plain_table("observers", "trials each", "power", "width of interval")
    for row in plan.designs.itertuples():
        table.add_row(f"{row.n_observers}", f"{row.n_trials}", f"{row.power:.0%}", f"{row.width:.1%}")
    console.print(table)
    console.print(recommendation(plan))


def print_demo(study: Study, difficulty: Mapping[str, Any], results: Results, seconds: float) -> None:
    """Close the demo: what it found, and the two things to do next."""
    table = plain_table("", "")
    for name, count in difficulty["counts"].items():
        table.add_row(f"{name} images", f"{count / difficulty['n_images']:.1%}")
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
