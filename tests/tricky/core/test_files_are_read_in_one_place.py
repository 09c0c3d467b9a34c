"""Files are read by the readers of `tricky.core`, which name what is wrong with them in one line."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("tricky", "model_eval", "stimuli", "experiment", "analysis")

READING = {
    *("json.load", "json.loads", "tomllib.load", "tomllib.loads", "csv.reader", "csv.DictReader", "np.load"),
    *("pd.read_csv", "pd.read_parquet", "pd.read_json", "pd.read_table", "pq.read_table", "pq.read_schema"),
    *("torch.load", "torch.jit.load", "torch.export.load", "loadmat", "safe_open", "open", "pickle.load"),
}
METHODS = {"read_text", "read_bytes", "open"}

ALLOWED = {
    "analysis/data/sessions.py": "pd.read_csv: text that `read_session_table` has checked",
    "analysis/models/dynamics.py": "read_bytes: a figure that was written just before",
    "analysis/report/page.py": "read_text: ships with tricky",
    "analysis/report/write.py": "read_bytes: a figure that was written just before",
    "experiment/data/journal.py": "open: the table of a running session, written and checked row by row",
    "experiment/keys.py": "json.loads, read_text: ships with tricky",
    "experiment/screen/psychopy_gamma.py": "open: PsychoPy's own format, whose errors are caught there",
    "experiment/session/participant.py": "read_bytes: counts rows; the session itself checks the file",
    "experiment/session/simulate.py": "read_bytes: compares a session with one that was simulated again",
    "model_eval/images/arrays.py": "open, np.load: whose errors are caught there",
    "model_eval/images/check.py": "read_bytes: an image, whose problem is recorded",
    "model_eval/images/image_files.py": "read_bytes: an image, whose errors are caught there",
    "model_eval/images/imagenet_classes.py": "read_text: ships with tricky",
    "model_eval/images/imagenet_val.py": "loadmat: whose errors are caught there",
    "model_eval/images/listing.py": "open: the first bytes of an image, whose problem is recorded",
    "model_eval/networks/custom.py": "torch.jit.load, torch.export.load: whose errors are caught there",
    "model_eval/networks/preprocessing.py": "json.loads: of what json.dumps gave",
    "model_eval/networks/weights.py": "safe_open: whose errors are caught there",
    "model_eval/train/checkpoints.py": "read_bytes, torch.load: a checkpoint, whose hash is checked",
    "model_eval/train/data_loading.py": "open: writes",
    "stimuli/contact_sheet.py": "read_text: ships with tricky",
    "tricky/study.py": "read_text: ships with tricky",
}
"""Modules that read files themselves, and why that is right; `tricky.core` is the place for all others."""


def reading_calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            method = name.rpartition(".")[2]
            own = method in METHODS and "." in name and name not in ("Image.open", "os.open")
            if name in READING or own:
                yield name


def modules() -> list[str]:
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return [path.relative_to(ROOT).as_posix() for path in paths]


@pytest.mark.parametrize("module", [each for each in modules() if not each.startswith("tricky/core/")])
def test_only_the_readers_of_core_read_files(module):
    calls = sorted(set(reading_calls(ROOT / module)))
    assert not calls or module in ALLOWED, f"{module} calls {', '.join(calls)}: use a reader of tricky.core"


def test_modules_that_may_read_files_themselves_do():
    assert [module for module in ALLOWED if not any(reading_calls(ROOT / module))] == []
