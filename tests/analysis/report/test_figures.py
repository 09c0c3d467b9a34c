import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from analysis.report import figures, figures_items, figures_people
from analysis.statistics.accuracy import observer_accuracy, population_accuracy
from analysis.statistics.error_consistency import error_consistency

PUBLISHED = [3522, 2230, 1893, 1851, 2088, 2243, 2444, 2878, 3409, 4442, 7081, 15919]
"""Images by number of correct models, 0 to 11 (Meding et al. 2022)."""


def observers_figure(n_observers):
    observer, item = (index.ravel() for index in np.indices((n_observers, 30)))
    correct = (observer + item) % 5 > 0
    return figures.observer_accuracies(
        observer_accuracy(correct, observer), population_accuracy(correct, observer, item), chance=0.5
    )


def matrix_figure(n_subjects):
    correct = np.random.default_rng(5).random((n_subjects, 30)) < 0.8
    correct[0] = True
    names = [f"s{number:02d}" for number in range(n_subjects)]
    return figures.consistency_matrix(pd.DataFrame(error_consistency(correct), names, names), "observers")


def histogram_figure():
    n_correct = np.repeat(np.arange(12), PUBLISHED)
    difficulty = np.where(n_correct <= 1, "impossible", np.where(n_correct >= 10, "trivial", "in-between"))
    return figures.correct_model_histogram(n_correct, difficulty, 11)


def bars(figure, panel=0):
    return [patch for patch in figure.axes[panel].patches if isinstance(patch, Rectangle)]


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_histogram_draws_every_count_and_names_the_published_shares():
    figure = histogram_figure()
    heights = np.zeros(12)
    for bar in bars(figure):
        heights[round(bar.get_x() + bar.get_width() / 2)] += bar.get_height()
    assert heights.tolist() == PUBLISHED
    assert texts(figure) == [
        "impossible\n11.5% of images",
        "in-between\n42.5% of images",
        "trivial\n46.0% of images",
    ]


def test_bars_of_models_are_as_long_as_their_accuracy_and_the_best_is_on_top():
    figure = figures.model_accuracies(pd.Series({"low": 0.55, "high": 0.81, "least": 0.05}), 100)
    axes = figure.axes[0]
    assert [bar.get_width() for bar in bars(figure)] == pytest.approx([5, 55, 81])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["least", "low", "high"]


def test_a_crowd_of_observers_is_counted_in_bars_that_hold_every_one_of_them():
    figure = observers_figure(200)
    axes = figure.axes[0]
    heights = [bar.get_height() for bar in bars(figure)[1:]]  # the first is the population's band
    assert sum(heights) == 200
    assert axes.get_ylabel() == "observers (n = 200)"


def test_of_a_crowd_the_error_consistency_of_every_pair_that_has_one_is_counted():
    figure = matrix_figure(150)
    n_pairs = 149 * 148 // 2  # one is always right
    assert sum(bar.get_height() for bar in bars(figure)) == n_pairs
    assert figure.axes[0].get_ylabel() == f"pairs (n = {n_pairs:,})"


def test_shares_of_few_trials_leave_no_gaps_between_bars():
    shares = np.random.default_rng(2).binomial(150, 0.8, 1000) / 1.5
    figure, axes = figures._axes(3.0)
    figures.draw_crowd(axes, shares, "observers")
    heights = np.array([bar.get_height() for bar in bars(figure)])
    assert heights.sum() == 1000
    assert (heights[heights.cumsum() > 50][:10] > 0).all()


def test_of_a_crowd_each_measure_is_counted():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"d_prime": rng.standard_normal(130), "criterion": np.r_[np.nan, np.ones(129)]})
    figure = figures_people.observer_details(table, 0.95)
    assert [sum(bar.get_height() for bar in bars(figure, panel)) for panel in (0, 1)] == [130, 129]


def test_observers_are_drawn_with_chance_and_the_population():
    figure = observers_figure(5)
    assert texts(figure) == ["chance", "population 80.0%"]
    assert "accuracy (%), with 95% intervals" in figure.axes[0].get_xlabel()


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
    figures.save(draw(), tmp_path / "figure")
    assert (tmp_path / "figure.png").stat().st_size > 1000


def test_the_same_figure_is_the_same_file_without_a_date(tmp_path):
    for name in ("one", "two"):
        figures.save(matrix_figure(4), tmp_path / name)
    for suffix in (".svg", ".png"):
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()
    assert "<dc:date>" not in (tmp_path / "one.svg").read_text()


def test_the_users_own_style_neither_shows_in_a_figure_nor_is_lost(tmp_path):
    figures.save(histogram_figure(), tmp_path / "plain")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black"}):
        figures.save(histogram_figure(), tmp_path / "loud")
        assert mpl.rcParams["font.size"] == 30
    assert (tmp_path / "plain.svg").read_bytes() == (tmp_path / "loud.svg").read_bytes()


def test_importing_the_room_loads_neither_matplotlib_nor_statsmodels_nor_jinja():
    heavy = "matplotlib", "statsmodels", "jinja2", "torch", "psychopy"
    code = f"import sys, analysis, analysis.report.write; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("n_pairs", [7, 60, 149])
def test_a_machine_that_is_always_right_is_drawn_though_its_limit_misses_1_by_a_last_digit(n_pairs):
    observer, item = (index.ravel() for index in np.indices((6, n_pairs)))
    people = population_accuracy((observer + item) % 5 > 0, observer, item)
    perfect = observer_accuracy(np.ones(n_pairs, bool), np.full(n_pairs, "m"))
    row = perfect.loc["m", ["accuracy", "low", "high"]].to_dict()
    nothing = dict.fromkeys(("kappa", "kappa_low", "kappa_high"), np.nan)
    machines = pd.DataFrame([{"machine": "m", "measure": "entropy", **row, **nothing}])
    figures_items.machine_accuracies(machines, people, 0.5, chance=0.5, noun="observers")


def test_error_bars_reach_as_far_as_intervals_and_never_backwards():
    found = figures.reach([0.5, 1, 0.3], [0.4, 0.9, np.nan], [0.8, 1 - 1e-16, np.nan])
    np.testing.assert_allclose(found, [[0.1, 0.1, 0], [0.3, 0, 0]])
    assert (found >= 0).all()
