"""Functions are short and take few parameters, so that each can be read at once."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES, MOST_PARAMETERS = 60, 7
FOLDERS = ("analysis", "benchmarks", "experiment", "model_eval", "stimuli", "tricky")


def lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef, source: list[str]) -> int:
    """Count lines that hold code: without docstring, comments and empty lines."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body:
        return 0
    lines = source[body[0].lineno - 1 : function.end_lineno]
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in lines)


def functions(folder: str):
    for path in sorted((ROOT / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node, text.splitlines()


def parameters_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count parameters apart from self and cls."""
    arguments = function.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


@pytest.mark.parametrize("folder", FOLDERS)
def test_functions_are_short_and_take_few_parameters(folder):
    found = list(functions(folder))
    assert found
    long = {name: n for name, node, source in found if (n := lines_of_code(node, source)) > MOST_LINES}
    wide = {
        name: n
        for name, node, _ in found
        # Parameters of a command are its options.
        if (n := parameters_of(node)) > MOST_PARAMETERS and not name.startswith("tricky/cli/")
    }
    assert (long, wide) == ({}, {})
