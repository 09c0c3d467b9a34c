import numpy as np
import pytest

from analysis.statistics.estimate import Estimate

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
