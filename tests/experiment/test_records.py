from __future__ import annotations

import re
from pathlib import Path

from pair_table import PAIR_TABLE

from experiment.records import Choice, Response, ScheduledTrial, Side, Timing
from stimuli.records import Block


def trial(harder: Side | None) -> ScheduledTrial:
    return ScheduledTrial(3, Block.MAIN, "t009", ("i0001", "i0002"), harder)


def test_a_response_is_written_as_the_formats_say():
    choice = Choice(Side.RIGHT, 0.81234567, 2, True, 1)
    response = Response(trial(Side.LEFT), choice, 12.5, Timing(3, 2, 0.0501, False), True, 1)
    assert PAIR_TABLE.row_of(response).split("\t") == [
        *("3", "main", "t009", "i0001", "i0002", "right", "i0002", "0.812346", "12.500000", "false"),
        *("3", "2", "0.050100", "false", "2", "true", "1", "1", "true\n"),
    ]


def test_a_simulated_screen_has_no_worst_frame():
    cells = PAIR_TABLE.row_of(Response(trial(Side.LEFT), Choice(Side.RIGHT, 0.8), 12.5)).split("\t")
    assert dict(zip(PAIR_TABLE.header.split("\t"), cells, strict=True))["worst_frame"] == "n/a"


def test_there_is_no_right_answer_where_both_items_are_equally_hard():
    response = Response(trial(None), Choice(Side.LEFT, 1.0), 0.0)
    assert response.correct is None
    assert PAIR_TABLE.row_of(response).split("\t")[9] == "n/a"


def test_the_columns_are_those_of_the_documented_format():
    formats = Path(__file__).parents[2].joinpath("docs", "formats.md").read_text()
    section = formats.split("## data/")[1].split("Rows are never")[0]
    names = [
        name for line in re.findall(r"^\| (`.*?) \|", section, re.M) for name in re.findall(r"`(\w+)`", line)
    ]
    assert names == PAIR_TABLE.header.split()


def test_every_column_is_described_and_every_time_has_its_unit():
    described = {column.name: column.describe() for column in PAIR_TABLE.columns}
    assert all(entry["Description"].endswith(".") for entry in described.values())
    assert {name for name, entry in described.items() if entry.get("Units") == "s"} == {
        "response_time",
        "onset",
        "worst_frame",
    }
