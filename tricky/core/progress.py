"""Types of callbacks for progress and messages, independent of how they are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[str, int, int], None]
"""Called as ``progress(what, done, total)`` while long work goes on."""


def no_progress(what: str, done: int, total: int) -> None:
    """Show nothing: the default."""


Notify = Callable[[str], None]
"""Called with one line that a person should read during long work."""


def no_notice(line: str) -> None:
    """Notify nobody: the default."""


@dataclass(frozen=True)
class Reporter:
    """Where long work reports to.

    Attributes
    ----------
    progress : Progress
        Receives counts of what is done.
    message : callable
        Receives lines that a person should read while the work goes on.
    """

    progress: Progress = no_progress
    message: Notify = no_notice


SILENT = Reporter()
"""Reports nothing."""
