from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from analysis.report.json_values import UNSTATED, IfKnown, Inline, LeftOut, as_json, table_with_reasons
from analysis.statistics.estimate import Estimate, NoResult


class Parts(NamedTuple):
    """A result of two parts."""

    mean: float
    rest: float


@dataclass(frozen=True)
class Record:
    """A record with every kind of field."""

    accuracy: Inline[Estimate]
    parts: Parts | NoResult
    matrix: LeftOut[np.ndarray]
    remark: IfKnown[str] = None


def record(parts: Parts | NoResult = Parts(0.5, 0.1), remark: str | None = None) -> Record:  # noqa: B008
    accuracy = Estimate(0.8, 0.7, 0.9, 0.95, "t")
    return Record(accuracy, parts, np.eye(2), remark)


def test_fields_of_a_record_are_entries_and_inline_ones_are_merged_with_them():
    found = as_json(record(remark="odd"))
    assert found["estimate"] == 0.8
    assert found["parts"] == {"reason": None, "mean": 0.5, "rest": 0.1}
    assert found["remark"] == "odd"
    assert "matrix" not in found
    assert "remark" not in as_json(record())


def test_a_result_that_there_is_not_has_the_same_keys_and_the_reason():
    assert as_json(record(NoResult("one observer")))["parts"] == {
        "mean": None,
        "rest": None,
        "reason": "one observer",
    }


@pytest.mark.parametrize("undefined", [np.nan, pd.NA, np.inf, np.float64("nan")])
def test_an_undefined_number_is_null_with_a_reason(undefined):
    assert as_json({"slope": undefined}) == {"slope": None, "slope_reason": UNSTATED}
    explained = {"slope": undefined, "slope_reason": "no answers"}
    assert as_json(explained) == {"slope": None, "slope_reason": "no answers"}
    assert as_json({"slope": None}) == {"slope": None}


def test_a_table_is_a_list_of_its_rows_with_the_index_if_that_has_a_name():
    table = pd.DataFrame({"n": [1, 2]}, index=pd.Index(["a", "b"], name="observer"))
    assert as_json(table) == [{"observer": "a", "n": 1}, {"observer": "b", "n": 2}]
    assert as_json(table.rename_axis(None)) == [{"n": 1}, {"n": 2}]


def test_a_table_with_reasons_has_a_column_of_them_after_one_with_missing_numbers():
    found = table_with_reasons(pd.DataFrame({"flips": [np.nan, 0.1], "epoch": [0, 1]}))
    assert list(found.columns) == ["flips", "flips_reason", "epoch"]
    assert found["flips_reason"][0] == UNSTATED
