from __future__ import annotations

import re
from pathlib import Path

from experiment.records import COLUMNS, HEADER, Response, ScheduledTrial, Side, row_of
from stimuli.records import Block


def trial(harder: Side | None) -> ScheduledTrial:
    return ScheduledTrial(3, Block.MAIN, "t009", "i0001", "i0002", harder)


def test_a_response_is_written_as_the_formats_say():
    row = row_of(Response(trial(Side.LEFT), Side.RIGHT, 0.81234567, 12.5, 2, True))
    assert row == "3\tmain\tt009\ti0001\ti0002\tright\ti0002\t0.812346\t12.500000\tfalse\t2\ttrue\n"


def test_there_is_no_right_answer_where_both_items_are_equally_hard():
    response = Response(trial(None), Side.LEFT, 1.0, 0.0, 0, False)
    assert response.correct is None
    assert row_of(response).split("\t")[9] == "n/a"


def test_the_columns_are_those_of_the_documented_format():
    formats = Path(__file__).parents[2].joinpath("docs", "formats.md").read_text()
    section = formats.split("## data/")[1].split("Rows are never")[0]
    names = [
        name for line in re.findall(r"^\| (`.*?) \|", section, re.M) for name in re.findall(r"`(\w+)`", line)
    ]
    assert names == [column.name for column in COLUMNS] == HEADER.split()


def test_every_column_is_described_and_every_time_has_its_unit():
    described = {column.name: column.describe() for column in COLUMNS}
    assert all(entry["Description"].endswith(".") for entry in described.values())
    assert {name for name, entry in described.items() if entry.get("Units") == "s"} == {
        "response_time",
        "onset",
    }
