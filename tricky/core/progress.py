"""How long work reports its progress, without knowing who shows it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called as ``progress(what, done, total)`` while long work goes on."""


def no_progress(what: str, done: int, total: int) -> None:
    """Show nothing: the default where nobody watches."""
