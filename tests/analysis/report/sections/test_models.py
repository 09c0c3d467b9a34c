import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from analysis.report.sections.models import model_accuracies


def test_bars_of_models_are_as_long_as_their_accuracy_and_the_best_is_on_top():
    figure = model_accuracies(pd.Series({"low": 0.55, "high": 0.81, "least": 0.05}), 100)
    axes = figure.axes[0]
    assert [bar.get_width() for bar in axes.patches if isinstance(bar, Rectangle)] == pytest.approx(
        [5, 55, 81]
    )
    assert [label.get_text() for label in axes.get_yticklabels()] == ["least", "low", "high"]
