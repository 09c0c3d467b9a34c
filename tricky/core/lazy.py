"""Names that a package exports but loads only when they are used (PEP 562): importing it stays fast."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def attach(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` of a package.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    homes : mapping of str to str
        Exported name → module that defines it, or ``module:name`` where it has another name there; a name
        whose home is ``package.name`` is that module itself.
    """

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home, _, there = homes[name].partition(":")
        module = importlib.import_module(home)
        value = module if home == f"{package}.{name}" else getattr(module, there or name)
        setattr(sys.modules[package], name, value)
        return value

    return load, lambda: sorted(homes)
