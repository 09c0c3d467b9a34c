"""The tasks that a stimulus set can be made for, and where each package declares them.

No package branches on the name of a task.  Each asks this registry for its own declaration, which is imported
when it is first needed.  A task of the lab's own is registered in the same way as those below.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

Package = Literal["stimuli", "experiment", "analysis"]


@dataclass(frozen=True)
class TaskEntry:
    """A task: its name, and the object that declares it in each package, as ``module:OBJECT``.

    Attributes
    ----------
    name : str
        As study files and stimulus sets have it.
    stimuli : str
        `stimuli.tasks.TrialStructure`: which images a trial is made of.
    experiment : str
        `experiment.tasks.TaskKind`: what is shown, asked and recorded.
    analysis : str
        `analysis.report.task.ReportTask`: what the report contains.
    places : tuple of str
        Names of the images of a trial in the columns of the analysis, such as ``harder`` and ``easier``.
    imported_only : bool
        Whether sessions of the task are imported and analysed, but not run.
    """

    name: str
    stimuli: str
    experiment: str
    analysis: str
    places: tuple[str, ...]
    imported_only: bool = False


DEFAULT_TASK = "2afc"

_ENTRIES: dict[str, TaskEntry] = {}


def register(entry: TaskEntry) -> None:
    """Make a task known.

    Raises
    ------
    ValueError
        Another task has this name.
    """
    if _ENTRIES.setdefault(entry.name, entry) != entry:
        raise ValueError(f"there is another task {entry.name!r}")


def known_tasks() -> tuple[str, ...]:
    """Return the names of all tasks, in the order in which they were registered."""
    return tuple(_ENTRIES)


def known_places() -> tuple[str, ...]:
    """Return the places of the images of a trial in all tasks, each once."""
    return tuple(dict.fromkeys(place for entry in _ENTRIES.values() for place in entry.places))


def is_imported_only(task: str) -> bool:
    """Return whether sessions of a task are imported and analysed, but not run."""
    return _ENTRIES[task].imported_only


def declaration(task: str, package: Package) -> Any:
    """Return what a package declares about a task.

    Raises
    ------
    KeyError
        There is no such task; `check_task` says so to people.
    """
    module, _, name = getattr(_ENTRIES[task], package).partition(":")
    return getattr(import_module(module), name)


def check_task(name: str) -> str:
    """Return the name of a task.

    Raises
    ------
    ValueError
        There is no such task; those that sessions are run for are named.
    """
    return _check(name, [each for each in _ENTRIES if not _ENTRIES[each].imported_only])


def check_imported_task(name: str) -> str:
    """Return the name of a task of imported sessions.

    Raises
    ------
    ValueError
        There is no such task.
    """
    return _check(name, list(_ENTRIES))


def _check(name: str, named: list[str]) -> str:
    if name not in _ENTRIES:
        near = difflib.get_close_matches(name, named, n=1, cutoff=0.5)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise ValueError(f"the name of a task ({', '.join(named)}){hint}")
    return name


TaskName = Annotated[str, AfterValidator(check_task)]
"""The name of a task in settings and manifests."""

ImportedTaskName = Annotated[str, AfterValidator(check_imported_task)]
"""The name of a task whose sessions are imported."""

register(
    TaskEntry(
        DEFAULT_TASK,
        "stimuli.tasks.pair:PAIR",
        "experiment.tasks.pair:PAIR",
        "analysis.report.tasks:PAIR",
        places=("harder", "easier"),
    )
)
register(
    TaskEntry(
        "single",
        "stimuli.tasks.single:SINGLE",
        "experiment.tasks.single:SINGLE",
        "analysis.report.tasks:SINGLE",
        places=("image",),
    )
)
register(
    TaskEntry(
        "rating",
        "stimuli.tasks.rating:RATING",
        "experiment.tasks.rating:RATING",
        "analysis.report.tasks:RATING",
        places=("image",),
    )
)
register(
    TaskEntry(
        "naming",
        "stimuli.tasks.naming:NAMING",
        "experiment.tasks.naming:NAMING",
        "analysis.report.tasks:NAMING",
        places=("image",),
        imported_only=True,
    )
)
