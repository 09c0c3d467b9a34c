from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_models import report_of

from analysis.report.epoch_figures import accuracy_and_flips, decisions_by_epoch, learning
from analysis.report.sections import independent_models, training


def axes_of(figure: Any) -> list[Any]:
    return list(figure.axes)


def texts(axes: Any) -> str:
    return " ".join(text.get_text() for text in axes.texts)


def test_images_are_right_for_good_in_the_end_as_often_as_they_are_right(conditions):
    report = report_of(conditions)
    found, by_epoch = report.of(training.compute), report.models.by_epoch
    difficulty = report.of(independent_models.compute).of_image
    assert by_epoch is not None
    assert found.right_for_good is not None
    assert found.forgetting is not None
    for kind, curve in found.right_for_good.items():
        assert curve.iloc[-1] == pytest.approx(by_epoch[:, -1, difficulty == kind].mean())
        assert (curve.diff().dropna() >= 0).all()
    np.testing.assert_allclose(found.forgetting.sum(), 1)


def test_the_map_puts_the_easiest_images_on_top_whatever_order_they_come_in():
    # Three models, untrained and after two epochs; what they happen to get right untrained is no matter.
    share = np.array([[1, 0, 1, 0, 1, 0], [0, 0, 1 / 3, 1, 0, 2 / 3], [0, 1 / 3, 2 / 3, 1, 1, 1]])
    kinds = np.array(["impossible", "in-between", "in-between", "trivial", "trivial", "trivial"])
    shuffled = np.random.default_rng(0).permutation(6)
    (axes, _) = axes_of(decisions_by_epoch(share[:, shuffled], kinds[shuffled], 3))
    drawn = axes.images[0].get_array()
    np.testing.assert_allclose(drawn, share.T[[3, 5, 4, 2, 1, 0]])
    assert "trivial\n50.0%" in texts(axes)


def test_names_of_thin_bands_do_not_overlap():
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


def test_accuracy_and_flips_have_a_line_for_each_model_and_the_base_network_is_highlighted():
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
