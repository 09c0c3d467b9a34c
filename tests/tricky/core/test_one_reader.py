"""Files are opened, and text is parsed, in one place for each format: what goes round that is found here.

A table that is read with pandas in some module would take ``NA`` for missing, lose the zeros of ``007``, and
end in a traceback where it is damaged.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGES = ("model_eval", "stimuli", "experiment", "analysis", "tricky")

OF_ANY_OWNER = frozenset(
    [
        *("open", "read_text", "read_bytes", "write_text", "write_bytes", "fdopen"),
        *("read_csv", "read_excel", "read_json", "read_parquet", "read_schema", "to_csv", "to_json"),
        *("to_parquet", "loadmat", "loadtxt", "genfromtxt", "fromfile", "memmap", "safe_open"),
        *("DictReader", "DictWriter"),
    ]
)
"""Functions and methods that read, write or parse files, whatever they are called on."""

OF_ONE_OWNER = {
    "csv": {"reader", "writer"},
    "json": {"load", "loads", "dump"},
    "json_tricks": {"load", "loads"},
    "np": {"load", "save", "savez"},
    "numpy": {"load", "save", "savez"},
    "pd": {"read_table"},
    "pickle": {"load", "loads"},
    "pq": {"read_table"},
    "tomllib": {"load", "loads"},
    "torch": {"load"},
    "yaml": {"load", "safe_load"},
}
"""Functions with common names, by what they are called on."""

ALLOWED: dict[str, tuple[set[str], str]] = {
    "tricky/core/files.py": (
        {"Path.open", "Path.read_bytes", "Path.write_text", "os.open", "json.loads"},
        "the one place that opens files and parses JSON",
    ),
}
"""Module → what it may call, and why."""


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of each call that reads, writes or parses a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in ("open", "loadmat", "safe_open"):
            yield node.lineno, node.func.id
        elif isinstance(node.func, ast.Attribute):
            owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            name = node.func.attr
            if name in OF_ONE_OWNER.get(owner, ()):
                yield node.lineno, f"{owner}.{name}"
            elif name in OF_ANY_OWNER:
                yield node.lineno, f"{owner}.{name}" if owner in OWNERS else name


OWNERS = frozenset([*OF_ONE_OWNER, "os", "Image", "parquet"])


def modules() -> list[str]:
    found = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return [path.relative_to(ROOT).as_posix() for path in found]
