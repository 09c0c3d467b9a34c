"""Every reader reads damaged files or refuses them in one line."""

import ast
from pathlib import Path

import pytest
from fuzz.__main__ import examine, files_of, try_reader
from fuzz.readers import NOT_READERS, READERS, fingerprint

ROOT = Path(__file__).parents[2]
PACKAGES = ("tricky", "model_eval", "stimuli", "experiment", "analysis")


def functions_that_read() -> set[str]:
    found = set()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            module = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and node.name.startswith("read_"):
                    found.add(f"{module}:{node.name}")
    return found


def test_every_reader_is_given_damaged_files():
    named = {name for name in READERS if ": " not in name}
    assert functions_that_read() == named | set(NOT_READERS)


@pytest.mark.parametrize("name", READERS)
def test_a_reader_reads_damaged_files_or_refuses_them_in_one_line(name, lab):
    found = []
    assert files_of(READERS[name], lab), "no file to damage"
    try_reader(
        name, lab, 2 if READERS[name].slow else 6, 1, lambda kind, what: found.append(f"{kind}\n{what}")
    )
    assert not found, "\n".join(found)


def test_a_reader_without_its_files_refuses_in_one_line(lab):
    for name in ("model_eval.decisions:read_decisions", "stimuli.records:read_any_set"):
        reader = READERS[name]
        for path in files_of(reader, lab):
            content = path.read_bytes()
            path.unlink()
            assert examine(reader, lab, None) == "refused", path
            path.mkdir()
            assert examine(reader, lab, None) == "refused", path
            path.rmdir()
            path.write_bytes(content)


def test_a_change_that_no_reader_notices_is_found(lab):
    reader = READERS["tricky.core.tables:read_table"]
    before = fingerprint(reader.call(lab))
    path = lab / "own.csv"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"CC0", b"CC1", 1))
    assert examine(reader, lab, before) == "other content without an error"
    path.write_bytes(content)
    assert examine(reader, lab, before) == ""
