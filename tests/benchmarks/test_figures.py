import json

import pytest

from benchmarks.coverage_tables import DOCS
from benchmarks.figures import BENCHMARKS, Benchmark, Figure, number, speed_tables, table_of
from benchmarks.stored_results import ROOT

FASTER = Benchmark(
    "faster",
    (Figure("a_vs_b", "a ÷ b", at_most=0.5), Figure("busy", "share", at_least=0.9), Figure("c_ms", "c")),
)


def test_a_table_shows_each_figure_next_to_its_goal_and_the_machine():
    results = {
        "a_vs_b": 0.4512,
        "c_ms": 12,
        "new_figure": 1234.5,
        "machine": {"card": "H100", "commit": "abc"},
    }
    assert table_of(FASTER, results).markdown().splitlines() == [
        "`benchmarks/faster.py`: card H100, commit abc.",
        "",
        "| figure | what | goal | measured |  |",
        "| --- | --- | --- | --- | --- |",
        "| `a_vs_b` | a ÷ b | ≤ .5 | .451 |  |",
        "| `busy` | share | ≥ .9 | not measured |  |",
        "| `c_ms` | c | – | 12 |  |",
        "| `new_figure` |  | – | 1,234 |  |",
    ]


@pytest.mark.parametrize(("busy", "verdict"), [(0.89, "missed"), (0.9, "")])
def test_a_goal_that_is_missed_is_named(busy, verdict):
    assert table_of(FASTER, {"busy": busy}).rows[1][-1] == verdict


def test_a_benchmark_that_never_ran_has_a_table_without_values(tmp_path):
    tables = speed_tables(tmp_path)
    assert {row[3] for table in tables.values() for row in table.rows} == {"not measured"}
    (tmp_path / "labels.json").write_text(json.dumps({"label_seconds": 0.9, "machine": {"cores": 2}}))
    assert speed_tables(tmp_path)["speed-labels"].rows[0][3] == ".9"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.28, ".28"), (1.083, "1.08"), (45.81, "45.8"), (3120.4, "3,120"), (0, "0"), (-0.5, "-0.5")],
)
def test_numbers_are_written_as_in_the_docs(value, shown):
    assert number(value) == shown


def test_the_page_has_a_table_of_every_benchmark_of_speed():
    page = (DOCS / "performance.md").read_text(encoding="utf-8")
    assert [name for name in speed_tables() if f"<!-- table: {name} -->" not in page] == []


def test_every_benchmark_is_listed_so_that_it_runs():
    programs = {
        path.stem
        for path in (ROOT / "benchmarks").glob("*.py")
        if "\ndef main()" in path.read_text(encoding="utf-8") and path.stem not in ("run", "coverage_tables")
    }
    assert programs - {each.name for each in BENCHMARKS} == set()
