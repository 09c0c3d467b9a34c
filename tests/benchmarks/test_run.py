import json

import pytest

from benchmarks import run
from benchmarks.figures import Benchmark
from tricky.core.errors import InputError


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Return a function that makes a program the benchmark `counted`."""
    (tmp_path / "benchmarks").mkdir()
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "commit", lambda: "abc")

    def write(text):
        (tmp_path / "benchmarks" / "counted.py").write_text(text)
        return Benchmark("counted")

    return write


COUNTED = """
import json, pathlib
file = pathlib.Path("n.txt")
n = int(file.read_text()) + 1 if file.exists() else 1
file.write_text(str(n))
print("for people")
print(json.dumps({"n_seconds": {1: 5, 2: 1, 3: 2}[n], "name": "text"}))
"""


def test_the_median_of_runs_is_kept_with_the_machine(tmp_path, program):
    folder = tmp_path / "results"
    assert run.measure(program(COUNTED), 3, folder) == {"n_seconds": 2}
    kept = json.loads((folder / "counted.json").read_text())
    assert kept["n_seconds"] == 2
    assert kept["runs"] == [{"n_seconds": 5}, {"n_seconds": 1}, {"n_seconds": 2}]
    assert kept["machine"]["medians of"] == 3
    assert kept["machine"]["cores"] >= 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise SystemExit(3)", "counted.py ended with exit code 3"),
        ("print('no JSON')", "counted.py: its last line is no JSON object but 'no JSON'"),
        ("", "counted.py: its last line is no JSON object but ''"),
    ],
)
def test_a_benchmark_that_fails_keeps_the_results_of_before(tmp_path, program, text, message):
    before = tmp_path / "counted.json"
    before.write_text("{}")
    with pytest.raises(InputError, match=message):
        run.measure(program(text), 1, tmp_path)
    assert before.read_text() == "{}"


def test_without_names_all_run_that_need_no_gpu():
    names = [each.name for each in run.chosen([])]
    assert "desk" in names
    assert "gpu" not in names
    assert [each.name for each in run.chosen(["gpu", "demo"])] == ["gpu", "demo"]
    with pytest.raises(InputError, match="no benchmark 'none'; known are desk, demo"):
        run.chosen(["none"])
