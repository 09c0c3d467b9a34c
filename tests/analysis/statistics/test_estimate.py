import numpy as np
import pytest

from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.estimate import Estimate, NoResult

NAN = np.nan


@pytest.mark.parametrize(
    "values",
    [
        (0.5, 0.4, 0.6, 0.95, "t", None),
        (0.5, NAN, NAN, 0.95, None, "one observer"),
        (NAN, NAN, NAN, 0.95, None, "all alike"),
    ],
)
def test_a_result_is_a_number_or_a_stated_reason(values):
    *found, reason = values
    assert Estimate(*found, reason=reason).reason == reason


@pytest.mark.parametrize(
    "values",
    [
        (0.5, NAN, NAN, 0.95, None, None),
        (0.5, NAN, NAN, 0.95, None, ""),
        (NAN, 0.4, 0.6, 0.95, "t", None),
        (0.5, 0.4, np.inf, 0.95, None, None),
        (0.5, 0.4, 0.6, 0.95, "t", "one observer"),
        (0.5, 0.4, 0.6, 0.95, None, None),
        (0.5, NAN, NAN, 0.95, "t", "one observer"),
    ],
)
def test_nothing_can_be_missing_without_a_reason_nor_there_with_one(values):
    *found, reason = values
    with pytest.raises(ValueError, match="needs a reason"):
        Estimate(*found, reason=reason)


def test_a_result_is_printed_as_one_line_for_each_attribute_a_notebook_included():
    found = population_accuracy([True, False, True, True], list("aabb"), list("xyxy"))
    lines = str(found).splitlines()
    assert lines[:2] == ["PopulationMean", "  estimate: 0.75"]
    assert lines[2] == f"  95% interval: {found.low:.4g} to {found.high:.4g}"
    assert "  n_observers: 2" in lines
    printed = []

    class Printer:
        text = staticmethod(printed.append)

    found._repr_pretty_(Printer(), cycle=False)
    assert printed == [str(found)]


def test_what_is_missing_is_printed_with_its_reason():
    found = population_accuracy([True, False], ["a", "a"], ["x", "y"])
    assert "  missing because: an interval needs at least two observers" in str(found).splitlines()
    assert str(NoResult("answers do not vary")) == "NoResult\n  reason: answers do not vary"
