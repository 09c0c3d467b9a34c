import numpy as np
import pandas as pd
import pytest
from made_up_answers import answers_of
from matplotlib.patches import Rectangle

from analysis.report.response_bias import side_preference
from analysis.report.sections.observers import measure_observers, observer_accuracies
from analysis.statistics.accuracy import observer_accuracy, population_accuracy


def observers_figure(n_observers):
    observer, item = (index.ravel() for index in np.indices((n_observers, 30)))
    correct = (observer + item) % 5 > 0
    return observer_accuracies(
        observer_accuracy(correct, observer), population_accuracy(correct, observer, item), chance=0.5
    )


def test_each_observers_side_halves_and_times_are_those_of_its_own_answers():
    right = np.ones((3, 40), dtype=bool)
    right[1, 1::2] = False  # where the right image was on the right: this one always says left
    sessions = answers_of(right)
    late = (sessions["participant"] == "02") & (sessions["trial_index"] >= 20)
    sessions.loc[late, "correct"] = False
    sessions.loc[late, "response"] = sessions.loc[late, "response"].map({"left": "right", "right": "left"})
    table = measure_observers(
        sessions, sessions, pd.Index(["02", "00", "01"]), side_preference(sessions, None, 0.95), 0.95
    )
    assert list(table.index) == ["02", "00", "01"]
    assert table["side_bias"]["01"] == 1
    assert table["side_bias"]["00"] == 0
    assert table["criterion"]["01"] < -1
    assert table["half_change"]["00"] == 0
    halves = table[["first_half", "second_half", "half_change"]]
    assert [halves[name]["02"] for name in halves] == [1, 0, -1]
    assert table["time_ratio"]["01"] == pytest.approx(2, rel=0.02)
    assert "repeat_agreement" not in table


def test_a_crowd_of_observers_is_counted_in_bars_that_hold_every_one_of_them():
    figure = observers_figure(200)
    axes = figure.axes[0]
    heights = [bar.get_height() for bar in axes.patches if isinstance(bar, Rectangle)][1:]
    assert sum(heights) == 200
    assert axes.get_ylabel() == "observers (n = 200)"


def test_observers_are_drawn_with_chance_and_the_population():
    figure = observers_figure(5)
    assert [text.get_text() for text in figure.axes[0].texts] == ["chance", "population 80.0%"]
    assert "accuracy (%), with 95% intervals" in figure.axes[0].get_xlabel()
