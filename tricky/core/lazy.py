"""Names that a package exports but loads only when they are used (PEP 562): importing it stays fast."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def attach(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` of a package that imports its names under ``if TYPE_CHECKING:``.

    Type checkers follow these imports; here they are read from the source, and each is made when its name is
    first used.

    Parameters
    ----------
    package, file : str
        Its ``__name__`` and ``__file__``.
    """
    homes = dict(_type_checking_imports(file))

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home, original = homes[name]
        value = (
            importlib.import_module(f"{home}.{original}")
            if home == package
            else getattr(importlib.import_module(home), original)
        )
        setattr(sys.modules[package], name, value)
        return value

    return load, lambda: sorted(homes)


def _type_checking_imports(file: str) -> list[tuple[str, tuple[str, str]]]:
    """Return exported name → module, and name there, of ``from MODULE import NAME as EXPORTED``."""
    return [
        (alias.asname or alias.name, (statement.module or "", alias.name))
        for block in ast.parse(Path(file).read_text(encoding="utf-8")).body
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    ]
