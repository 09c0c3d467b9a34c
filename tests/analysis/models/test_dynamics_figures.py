from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh

from analysis.models.dynamics_figures import (
    accuracy_beside_divergence,
    beside_base,
    difficulty_by_class,
    histogram_beside_independent,
    two_consistencies,
)
from analysis.models.epoch_figures import accuracy_and_flips, decisions_by_epoch, learning

KINDS = np.array(["impossible", "impossible", "in-between", "trivial", "trivial", "trivial"])
N_CORRECT = np.array([0, 0, 1, 2, 2, 2])


def axes_of(figure: Any) -> list[Any]:
    return list(figure.axes)


def texts(axes: Any) -> str:
    return " ".join(text.get_text() for text in axes.texts)


def test_the_histogram_counts_images_over_what_independent_models_would_give():
    independent = np.array([0.5, 2.5, 3.0])
    figure = histogram_beside_independent(N_CORRECT, KINDS, independent, np.zeros(6, bool))
    (axes,) = axes_of(figure)
    heights = np.array([patch.get_height() for patch in axes.patches]).reshape(3, 3).sum(axis=0)
    assert heights.tolist() == [2, 1, 3]
    (line,) = axes.lines
    np.testing.assert_array_equal(line.get_ydata(), independent)
    assert "impossible\n33.3% of images" in texts(axes)
    assert len(axes.get_legend().get_texts()) == 1


def test_label_errors_are_marked_within_their_bars():
    wrong = np.array([True, True, False, False, False, True])
    figure = histogram_beside_independent(N_CORRECT, KINDS, np.ones(3), wrong)
    marked = [patch.get_height() for patch in axes_of(figure)[0].patches[9:]]
    assert marked == [2, 0, 1]
    assert "labels known to be wrong" in axes_of(figure)[0].get_legend().get_texts()[0].get_text()


def test_conditions_stand_by_their_mean_with_every_model_a_dot():
    rows = pd.DataFrame(
        {
            "condition": ["far", "near", "none"],
            "values": [(0.2, 0.4), (0.9,), (np.nan,)],
            "mean": [0.3, 0.9, np.nan],
            "low": [0.25, 0.85, np.nan],
            "high": [0.35, 0.95, np.nan],
        }
    )
    (axes,) = axes_of(beside_base(rows, "κ"))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["none", "far", "near"]
    dots = [line.get_xdata().tolist() for line in axes.lines if line.get_marker() == "o"]
    assert dots == [[0.2, 0.4], [0.9]]
    assert "undefined" in texts(axes)
    assert axes.get_xlim() == pytest.approx((0.1, 1.0))


def test_each_side_of_the_diagonal_shows_its_own_consistency():
    names = ["a", "b", "c"]
    below = pd.DataFrame([[1, 0.1, 0.2], [0.1, 1, 0.3], [0.2, 0.3, 1]], index=names, columns=names)
    (mesh,) = [
        each
        for each in axes_of(two_consistencies(below, below + 0.5, ("all", "some")))[0].collections
        if isinstance(each, QuadMesh)
    ]
    values = np.ma.filled(np.ma.asarray(mesh.get_array(), float), np.nan).reshape(3, 3)
    assert values[1, 0] == 0.1
    assert values[0, 1] == pytest.approx(0.6)
    assert np.isnan(np.diag(values)).all()


def test_the_map_puts_the_easiest_images_on_top_whatever_order_they_come_in():
    # Three models, untrained and after two epochs; what they happen to get right untrained is no matter.
    share = np.array([[1, 0, 1, 0, 1, 0], [0, 0, 1 / 3, 1, 0, 2 / 3], [0, 1 / 3, 2 / 3, 1, 1, 1]])
    kinds = np.array(["impossible", "in-between", "in-between", "trivial", "trivial", "trivial"])
    shuffled = np.random.default_rng(0).permutation(6)
    (axes, _) = axes_of(decisions_by_epoch(share[:, shuffled], kinds[shuffled], 3))
    drawn = axes.images[0].get_array()
    np.testing.assert_allclose(drawn, share.T[[3, 5, 4, 2, 1, 0]])
    assert "trivial\n50.0%" in texts(axes)


def test_names_of_thin_bands_do_not_stand_on_each_other():
    kinds = np.array(["trivial"] * 97 + ["in-between"] * 2 + ["impossible"])
    (axes, _) = axes_of(decisions_by_epoch(np.ones((2, 100)), kinds, 3))
    places = [text.get_position()[1] for text in axes.texts]
    assert (np.diff(places) > 7).all()
    assert places[-1] < 100


def test_more_images_than_rows_are_averaged_and_none_is_lost():
    share = np.random.default_rng(1).random((3, 5000))
    (axes, _) = axes_of(decisions_by_epoch(share, np.full(5000, "in-between"), 7))
    drawn = np.asarray(axes.images[0].get_array())
    assert drawn.shape == (400, 3)
    np.testing.assert_allclose(np.average(drawn, axis=0, weights=[13] * 200 + [12] * 200), share.mean(axis=1))


def test_accuracy_and_flips_have_a_line_a_model_and_the_base_network_stands_out():
    accuracy = np.array([[0.1, 0.5, 0.6], [0.1, 0.4, 0.7]])
    upper, lower = axes_of(accuracy_and_flips(accuracy, np.array([[0.4, 0.2], [0.3, 0.1]]), base=1))
    assert len(upper.lines) == 2
    np.testing.assert_allclose(upper.lines[-1].get_ydata(), [10, 40, 70])
    np.testing.assert_allclose(lower.lines[-1].get_xdata(), [1, 2])  # flips end in an epoch, none in epoch 0
    np.testing.assert_allclose(lower.lines[-1].get_ydata(), [30, 10])


def test_learning_shows_a_curve_and_bars_for_each_difficulty_that_there_is():
    curves = pd.DataFrame({"trivial": [0, 0.5, 1.0], "impossible": [0, 0, 0.0]})
    events = pd.DataFrame({"trivial": [0.9, 0.1], "impossible": [1, 0.0]}, index=["0", "1"])
    left, right = axes_of(learning(curves, events))
    assert len(left.lines) == 2
    np.testing.assert_allclose([bar.get_height() for bar in right.patches], [90, 10, 100, 0])


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
    (axes,) = axes_of(accuracy_beside_divergence(classes))
    assert axes.get_xscale() == "log"
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [90, 60, 50])
    assert "SD 3" in texts(axes)


@pytest.mark.parametrize("n_classes", [3, 100])
def test_classes_are_full_bars_with_the_most_impossible_on_top(n_classes):
    rng = np.random.default_rng(2)
    shares = pd.DataFrame(
        rng.dirichlet([3, 2, 1], n_classes), columns=["trivial", "in-between", "impossible"]
    )
    (axes,) = axes_of(difficulty_by_class(shares, "classes"))
    widths = np.array([bar.get_width() for bar in axes.patches]).reshape(3, n_classes)
    np.testing.assert_allclose(widths.sum(axis=0), 100)
    assert (np.diff(widths[2]) >= 0).all()  # upwards
    assert len(axes.get_yticks()) == (n_classes if n_classes <= 40 else 0)
