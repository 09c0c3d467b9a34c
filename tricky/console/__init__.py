"""What the command line shows: progress while it works, and small tables at the end. One module a room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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

from tricky.core.progress import Progress as ProgressCallback

console = Console()


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


def tell(line: str) -> None:
    """Print what a person should know while work goes on: above the bars, and kept."""
    console.print(f"[yellow]{escape(line)}[/]", soft_wrap=True)


def plain_table(*columns: str, numbers: bool = True) -> Table:
    """Return an empty table: names to the left, `numbers` to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if numbers and place else "left")
    return table
