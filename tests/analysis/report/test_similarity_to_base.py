from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.report.similarity_to_base import similarity_to_base


def axes_of(figure: Any) -> list[Any]:
    return list(figure.axes)


def texts(axes: Any) -> str:
    return " ".join(text.get_text() for text in axes.texts)


def test_conditions_are_sorted_by_their_mean_with_a_dot_for_every_model():
    rows = pd.DataFrame(
        {
            "condition": ["far", "near", "none"],
            "values": [(0.2, 0.4), (0.9,), (np.nan,)],
            "mean": [0.3, 0.9, np.nan],
            "low": [0.25, 0.85, np.nan],
            "high": [0.35, 0.95, np.nan],
        }
    )
    (axes,) = axes_of(similarity_to_base(rows, "κ"))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["none", "far", "near"]
    dots = [line.get_xdata().tolist() for line in axes.lines if line.get_marker() == "o"]
    assert dots == [[0.2, 0.4], [0.9]]
    assert "undefined" in texts(axes)
    assert axes.get_xlim() == pytest.approx((0.1, 1.0))
