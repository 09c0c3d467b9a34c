import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from analysis.report import style
from analysis.report.drawings import consistency_matrix, draw_crowd
from analysis.report.sections.observers import observer_accuracies
from analysis.report.style import new_axes
from analysis.statistics.accuracy import observer_accuracy, population_accuracy
from analysis.statistics.error_consistency import error_consistency


def observers_figure(n_observers):
    observer, item = (index.ravel() for index in np.indices((n_observers, 30)))
    correct = (observer + item) % 5 > 0
    return observer_accuracies(
        observer_accuracy(correct, observer), population_accuracy(correct, observer, item), chance=0.5
    )


def matrix_figure(n_subjects):
    correct = np.random.default_rng(5).random((n_subjects, 30)) < 0.8
    correct[0] = True
    names = [f"s{number:02d}" for number in range(n_subjects)]
    return consistency_matrix(pd.DataFrame(error_consistency(correct), names, names), "observers")


def bars(figure, panel=0):
    return [patch for patch in figure.axes[panel].patches if isinstance(patch, Rectangle)]


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_of_a_crowd_the_error_consistency_of_every_pair_that_has_one_is_counted():
    figure = matrix_figure(150)
    n_pairs = 149 * 148 // 2  # one is always right
    assert sum(bar.get_height() for bar in bars(figure)) == n_pairs
    assert figure.axes[0].get_ylabel() == f"pairs (n = {n_pairs:,})"


def test_shares_of_few_trials_leave_no_gaps_between_bars():
    shares = np.random.default_rng(2).binomial(150, 0.8, 1000) / 1.5
    figure, axes = new_axes(3.0)
    draw_crowd(axes, shares, "observers")
    heights = np.array([bar.get_height() for bar in bars(figure)])
    assert heights.sum() == 1000
    assert (heights[heights.cumsum() > 50][:10] > 0).all()


def test_matrix_shows_values_off_the_diagonal_and_a_dash_where_undefined():
    shown = texts(matrix_figure(4))
    assert len(shown) == 12
    assert shown.count("–") == 6


@pytest.mark.parametrize(
    "draw",
    [lambda: observers_figure(100), lambda: observers_figure(1), lambda: matrix_figure(60)],
    ids=["many observers", "one observer", "many subjects"],
)
def test_any_number_of_subjects_can_be_drawn(draw, tmp_path):
    style.save(draw(), tmp_path / "figure")
    assert (tmp_path / "figure.png").stat().st_size > 1000
