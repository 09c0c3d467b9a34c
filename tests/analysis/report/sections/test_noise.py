from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_models import make_conditions, report_of

from analysis.report.sections import noise
from analysis.report.sections.noise import accuracy_by_divergence


def axes_of(figure: Any) -> list[Any]:
    return list(figure.axes)


def texts(axes: Any) -> str:
    return " ".join(text.get_text() for text in axes.texts)


def test_classes_of_noise_have_their_divergence(tmp_path):
    models = [("base", 1, 2), ("order", 1, 2), ("order", 2, 2)]
    make_conditions(tmp_path / "conditions", models, "gaussian:3x80@32px", ["010", "020", "040"])
    report = report_of(tmp_path)
    table = report.of(noise.compute).noise
    assert table is not None
    rows = table.to_dict("records")
    assert [row["sd"] for row in rows] == [10, 20, 40]
    # ln 2 + 1/8 − 1/2 to the class of twice the SD; the last one's neighbour has half: −ln 2 + 2 − 1/2.
    assert rows[0]["divergence"] == pytest.approx(np.log(2) + 1 / 8 - 1 / 2)
    assert rows[2]["divergence"] == pytest.approx(-np.log(2) + 2 - 1 / 2)
    of_class = report.models.images["class_name"] == "020"
    assert rows[1]["accuracy"] == pytest.approx(report.models.correct[:, of_class].mean())


def test_classes_of_noise_are_drawn_by_divergence():
    classes = pd.DataFrame(
        {
            "sd": [1.0, 2.0, 3.0],
            "divergence": [0.3, 0.1, 0.05],
            "accuracy": [0.9, 0.6, 0.5],
            "accuracy_low": [0.8, 0.5, 0.4],
            "accuracy_high": [1.0, 0.7, 0.6],
        }
    )
    (axes,) = axes_of(accuracy_by_divergence(classes))
    assert axes.get_xscale() == "log"
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [90, 60, 50])
    assert "SD 3" in texts(axes)
