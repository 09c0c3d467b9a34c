import pytest

from benchmarks.interval_list import INTERVALS, intervals_in, unlisted
from benchmarks.stored_results import read_tables

CONTENT = {
    "population": {"low": 0.1, "high": 0.2, "halves": {"low": None}},
    "observers": {"observers": [{"low": 0.1, "clear_correlation_low": 0.2}]},
}


def test_every_interval_has_a_place():
    assert list(intervals_in(CONTENT)) == [
        "population",
        "population.halves",
        "observers.observers",
        "observers.observers.clear_correlation",
    ]
    assert unlisted(CONTENT) == set()


def test_an_interval_that_no_line_lists_is_found():
    assert unlisted(CONTENT | {"new": [{"share_low": 0.1}]}) == {"new.share"}


@pytest.mark.parametrize("place", INTERVALS)
def test_every_listed_interval_is_in_a_table_of_a_benchmark(place):
    measured = INTERVALS[place]
    table = read_tables()[measured.table]
    parts = [*table.columns, *(row[0] for row in table.rows)]
    assert any(part.startswith(measured.part) for part in parts)
