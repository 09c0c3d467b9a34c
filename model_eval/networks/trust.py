"""Models that run code of whoever made a study: they are built only where the user trusts that code.

A Python function is code. So is a file of TorchScript, a program, and one of `torch.export`, whose sample
inputs torch unpickles without restriction.  Weights and tables of a study hold data only.
"""

from __future__ import annotations

from pathlib import Path

from model_eval.network_source import OWN_LIBRARIES
from model_eval.settings import ModelEntry
from tricky.core.errors import InputError


def require_trust(entry: ModelEntry, root: Path) -> None:
    """Refuse a model that runs code, unless its entry is trusted (`ModelEntry.as_trusted`).

    Raises
    ------
    InputError
        The message says which code would run.
    """
    if entry.library in OWN_LIBRARIES and not entry.is_trusted:
        raise InputError(
            f"{entry.name}: {entry.source} runs code: {_code_of(entry, root)}; if you trust who wrote it, "
            "give the same command with --trust"
        )


def _code_of(entry: ModelEntry, root: Path) -> str:
    """Return in words which code a model runs; nothing is imported to find out."""
    name = entry.origin.name
    if entry.library != "python":
        return f"that in the file {root / name}"
    module = root.joinpath(*name.split("."))
    for path in (module.with_suffix(".py"), module / "__init__.py"):
        if path.is_file():
            return f"that in {path}, and what it imports"
    return f"the module {name} that is installed here"
